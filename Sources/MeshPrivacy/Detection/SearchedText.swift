/// A text with all that the rules look for in common: its words, what is known of them, its cues and its numbers.
struct SearchedText {
    let text: ScannedText
    let words: [Word]

    /// What is known of each word.
    let meanings: [Lexicon.Meaning]

    /// Runs of digits, in order.
    let groups: [Range<Int>]

    /// By kind, in order of their ends.
    private let cues: [[Cue]]

    /// A phrase that says what stands beside it.
    struct Cue {
        let range: Range<Int>
        /// The word behind it.
        let next: Int
    }

    init(_ text: ScannedText, _ lexicon: Lexicon) {
        self.text = text
        let words = text.words()
        self.words = words
        let meanings = words.map { lexicon.meaning(of: $0.hash) }
        self.meanings = meanings
        groups = Self.groups(of: text)
        var cues: [[Cue]] = Array(repeating: [], count: CueKind.allCases.count)
        for (index, meaning) in meanings.enumerated() where meaning.contains(.endsCue) {
            for (kind, length) in lexicon.cues(endingAt: index, of: words, in: text) {
                let range = words[index + 1 - length].start..<words[index].end
                cues[kind.rawValue].append(Cue(range: range, next: index + 1))
            }
        }
        self.cues = cues
    }

    private static func groups(of text: ScannedText) -> [Range<Int>] {
        var groups: [Range<Int>] = []
        var index = 0
        while index < text.count {
            guard text[index].isDigit else {
                index += 1
                continue
            }
            let start = index
            while text[index].isDigit { index += 1 }
            groups.append(start..<index)
        }
        return groups
    }

    func all(_ kind: CueKind) -> [Cue] { cues[kind.rawValue] }

    /// The last cue of a kind that ends before an offset and no further away than so many bytes.
    func cue(_ kind: CueKind, before offset: Int, within distance: Int) -> Cue? {
        let cues = cues[kind.rawValue]
        var (low, high) = (0, cues.count)
        while low < high {
            let middle = (low + high) / 2
            if cues[middle].range.upperBound <= offset { low = middle + 1 } else { high = middle }
        }
        guard low > 0, offset - cues[low - 1].range.upperBound <= distance else { return nil }
        return cues[low - 1]
    }

    /// The first cue of a kind that begins behind an offset and no further away than so many bytes.
    func cue(_ kind: CueKind, behind offset: Int, within distance: Int) -> Cue? {
        let cues = cues[kind.rawValue]
        var (low, high) = (0, cues.count)
        while low < high {
            let middle = (low + high) / 2
            if cues[middle].range.lowerBound < offset { low = middle + 1 } else { high = middle }
        }
        guard low < cues.count, cues[low].range.lowerBound - offset <= distance else { return nil }
        return cues[low]
    }

    /// Whether a cue of a kind stands before an offset, with no number between them.
    func isCued(_ kind: CueKind, _ offset: Int, within distance: Int = 40) -> Bool {
        guard let cue = cue(kind, before: offset, within: distance) else { return false }
        return !(cue.range.upperBound..<offset).contains { text[$0].isDigit }
    }

    /// The digits of some groups that follow each other.
    func digits(_ range: Range<Int>) -> [Int] {
        range.compactMap { text[$0].isDigit ? Int(text[$0]) - 0x30 : nil }
    }

    /// The index of the first word that begins at or behind an offset.
    func word(from offset: Int) -> Int {
        var (low, high) = (0, words.count)
        while low < high {
            let middle = (low + high) / 2
            if words[middle].start < offset { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// What a phrase says of what stands beside it.
enum CueKind: Int, CaseIterable {
    /// Somebody's name follows: "my name is", "dear".
    case name
    /// A name follows where a colon or the like stands between: "name".
    case label
    /// A name follows if it is two words, or one that is known: "I am".
    case introduction
    /// A name follows if it is known: "from".
    case hint
    /// A name follows on the same or the next line, or none: "regards".
    case greeting
    case phone
    case birth
    /// A number that tells somebody apart.
    case id
    case passport
    case address
    case card
    case iban
    /// What follows opens something: "password".
    case secret
    /// What follows is an order, a page, an amount: no personal number.
    case harmless
    /// What follows is a version, however much it looks like an address.
    case version
}
