internal import MeshCommandLine

/// Facts below each other: a name and what it is, wrapped beside its name.
struct FactSheet {
    private enum Entry {
        case heading(String)
        case fact(name: String, words: String, paint: Paint)
    }

    private var entries: [Entry] = []

    /// Begins a part; without facts it is left out.
    mutating func part(_ heading: String) { entries.append(.heading(heading)) }

    /// Adds a fact; nothing where it is not known.
    mutating func fact(_ name: String, _ words: String?, _ paint: Paint = .plain) {
        if let words { entries.append(.fact(name: name, words: words.printable, paint: paint)) }
    }

    /// The lines, for a screen of `width` columns or one without end.
    func lines(_ screen: Screen) -> [String] {
        let names = entries.compactMap { if case .fact(let name, _, _) = $0 { name.count } else { nil } }
        let column = names.max() ?? 0
        var lines: [String] = []
        for (index, entry) in entries.enumerated() {
            switch entry {
            case .heading(let text):
                let next = entries.dropFirst(index + 1).first
                guard case .fact = next else { continue }
                if !lines.isEmpty { lines.append("") }
                lines.append(screen.paint(text, .bold))
            case .fact(let name, let words, let paint):
                let padding = String(repeating: " ", count: column - name.count)
                let first = "  " + screen.paint(name, .dim) + padding + "  "
                let indent = String(repeating: " ", count: column + 4)
                let room = screen.width.map { max(10, $0 - column - 4) }
                for (number, text) in words.wrapped(to: room).enumerated() {
                    lines.append((number == 0 ? first : indent) + screen.paint(text, paint))
                }
            }
        }
        return lines
    }
}
