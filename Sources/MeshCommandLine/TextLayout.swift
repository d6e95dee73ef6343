/// Plain text in a given number of columns, counted in characters.
struct TextLayout {
    let width: Int
    private(set) var text = ""

    init(width: Int) {
        self.width = width
    }

    mutating func line(_ line: String = "") {
        text += line + "\n"
    }

    /// Paragraphs parted by empty lines, wrapped.
    mutating func paragraphs(_ source: String, indent: Int) {
        var words: [Substring] = []
        let lines = (source + "\n").split(separator: "\n", omittingEmptySubsequences: false)
        for line in lines {
            let added = line.split(separator: " ")
            words += added
            guard added.isEmpty, !words.isEmpty else { continue }
            if !text.isEmpty { self.line() }
            wrapped(words.map(String.init), first: spaces(indent), indent: indent)
            words = []
        }
    }

    /// Two columns: a label, and text that wraps beside it.
    ///
    /// A label too long for its column stands on its own line.
    mutating func row(_ label: String, _ source: String, labelWidth: Int) {
        let indent = 2 + labelWidth + 2
        var first = "  " + label
        if label.count > labelWidth {
            line(first)
            first = ""
        }
        first += spaces(indent - first.count)
        wrapped(source.split(whereSeparator: \.isWhitespace).map(String.init), first: first, indent: indent)
    }

    /// Words that follow a beginning, and as many lines more as they need.
    mutating func wrapped(_ words: [String], first: String, indent: Int) {
        var current = first
        var isEmpty = true
        for word in words {
            if !isEmpty, current.count + 1 + word.count > width {
                line(current)
                current = spaces(indent)
                isEmpty = true
            }
            current += (isEmpty ? "" : " ") + word
            isEmpty = false
        }
        line(current)
    }

    private func spaces(_ count: Int) -> String {
        String(repeating: " ", count: Swift.max(0, count))
    }
}
