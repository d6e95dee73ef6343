internal import MeshCommandLine

extension DoctorDocument {
    /// Whether a node runs so: nothing has failed.
    package var isWell: Bool { worst != .failure }

    /// A line for each check with a mark, its advice below it, and a line that counts; wrapped at `width` columns.
    ///
    /// With `onlyUnwell` nothing is said of what is well, nor counted.
    package func text(width: Int, isColoured: Bool = false, onlyUnwell: Bool = false) -> String {
        let shown = onlyUnwell ? checks.filter { $0.status == .warning || $0.status == .failure } : checks
        let layout = Layout(names: shown.map(\.name), width: width)
        let lines = shown.flatMap { layout.lines(of: $0, isColoured: isColoured) } + (onlyUnwell ? [] : ["", summary])
        return lines.map { $0 + "\n" }.joined()
    }

    /// `1 failure, 2 warnings, 14 well, 1 not looked at`.
    package var summary: String {
        let words: [(Check.Status, String, String)] = [
            (.failure, "failure", "failures"), (.warning, "warning", "warnings"), (.ok, "well", "well"),
            (.skipped, "not looked at", "not looked at"),
        ]
        let counted = words.compactMap { status, one, several -> String? in
            let count = checks.count { $0.status == status }
            return count == 0 ? nil : "\(count) \(count == 1 ? one : several)"
        }
        return counted.isEmpty ? "nothing to look at" : counted.joined(separator: ", ")
    }

    /// Where details stand: beside the names where there is room, else below them.
    private struct Layout {
        let column: Int
        let isBeside: Bool
        let width: Int

        init(names: [String], width: Int) {
            let beside = 2 + (names.map(\.count).max() ?? 0) + 2
            self.width = width
            isBeside = width - beside >= 24
            column = isBeside ? beside : 4
        }

        func lines(of check: Check, isColoured: Bool) -> [String] {
            let mark = isColoured ? "\(check.status.colour)\(check.status.mark)\u{1B}[0m" : check.status.mark
            let name = check.name.printable
            let padding = String(repeating: " ", count: isBeside ? max(0, column - 2 - name.count) : 0)
            var lines = wrapped(check.detail.printable, width - column).map { indented($0, column) }
            if isBeside {
                lines[0] = "\(mark) \(name)\(padding)\(lines[0].dropFirst(column))"
            } else {
                lines.insert("\(mark) \(name)", at: 0)
            }
            guard let advice = check.advice else { return lines }
            return lines + wrapped("→ " + advice.printable, width - column - 2).map { indented($0, column + 2) }
        }

        private func wrapped(_ text: String, _ width: Int) -> [String] { text.wrapped(to: max(width, 20)) }

        private func indented(_ text: String, _ count: Int) -> String { String(repeating: " ", count: count) + text }
    }
}

extension DoctorDocument.Check.Status {
    /// The mark before a line.
    fileprivate var mark: String {
        switch self {
        case .ok: "✓"
        case .warning: "!"
        case .failure: "✗"
        case .skipped: "-"
        }
    }

    /// The escape that colours it.
    fileprivate var colour: String {
        switch self {
        case .ok: "\u{1B}[32m"
        case .warning: "\u{1B}[33m"
        case .failure: "\u{1B}[31m"
        case .skipped: "\u{1B}[2m"
        }
    }
}
