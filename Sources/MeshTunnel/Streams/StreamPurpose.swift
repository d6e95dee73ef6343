internal import MeshCore

/// What content is called between two nodes: 1 to 55 letters of ASCII, digits, dots, hyphens and underscores.
package struct StreamName: Hashable, Sendable {
    /// The name.
    package let text: String

    /// The name that `text` spells.
    package init(_ text: String) throws(StreamError) {
        guard Self.isName(text) else {
            let limit = Limits.Streams.maximumNameBytes
            throw StreamError(.malformedName, "a name has 1 to \(limit) letters, digits, dots, hyphens or underscores")
        }
        self.text = text
    }

    private static func isName(_ text: String) -> Bool {
        (1...Limits.Streams.maximumNameBytes).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }
}

/// What a resumable stream is for: `get/<name>`, `put/<name>`, `progress/<name>`.
package struct StreamPurpose: Hashable, Sendable {
    /// The word before the slash, by which a node finds who serves the stream.
    package enum Word: String, CaseIterable, Sendable {
        /// The receiver sends the content from the offset on.
        case get
        /// The opener sends the content from the offset on.
        case put
        /// The receiver says how much of an upload it has.
        case progress
    }

    /// The word.
    package let word: Word

    /// Of which content.
    package let name: StreamName

    /// `word` for the content `name`.
    package init(_ word: Word, _ name: StreamName) {
        self.word = word
        self.name = name
    }

    /// The purpose that `text` spells; nil where it is none of these.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let word = Word(rawValue: String(parts[0])),
            let name = try? StreamName(String(parts[1]))
        else { return nil }
        self.init(word, name)
    }

    /// As it travels.
    package var text: String { "\(word.rawValue)/\(name.text)" }
}
