internal import MeshCore

/// How a session gets its title without a model: it is the beginning of the first question.
///
/// The first line that says something, without the marks of Markdown in front of it and with single spaces; of it the
/// first sentence where that is short enough, and else as many whole words as fit, and `…`. Placeholders stay as they
/// are: the edge puts the data back where it shows a title.
package enum SessionTitle {
    /// The title of a session that begins with `text`; nil where that says nothing.
    package static func title(of text: String) -> String? {
        for line in text.split(whereSeparator: \.isNewline) {
            let words = Self.words(of: line)
            if !words.isEmpty { return title(of: words) }
        }
        return nil
    }

    private static func words(of line: Substring) -> [Substring] {
        let visible = line.split { $0.isWhitespace || $0.unicodeScalars.allSatisfy(isInvisible) }
        let marks = visible.prefix { word in word.allSatisfy { "#>*-+=`~_|".contains($0) } }
        return Array(visible.dropFirst(marks.count))
    }

    /// Control characters, and those that turn the direction of the text around them.
    private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .unassigned, .privateUse: true
        default: false
        }
    }

    private static func title(of words: [Substring]) -> String {
        let limit = Limits.Sessions.maximumTitleCharacters
        var (title, shorter) = ("", "")
        for (index, word) in words.enumerated() {
            let longer = title.isEmpty ? String(word) : "\(title) \(word)"
            guard longer.count <= limit else {
                // A single word that is too long is cut.
                let kept = shorter.isEmpty ? String(longer.prefix(limit - 1)) : shorter
                return "\(kept)…".cut(toBytes: Limits.Sessions.maximumTitleBytes)
            }
            title = longer
            if title.count < limit { shorter = title }
            let endsSentence = word.last.map { ".?!。？！".contains($0) } ?? false
            // `e.g.` and `1.` end no sentence worth a title.
            if endsSentence, title.count >= 12, index + 1 < words.count { break }
        }
        return title.cut(toBytes: Limits.Sessions.maximumTitleBytes)
    }
}
