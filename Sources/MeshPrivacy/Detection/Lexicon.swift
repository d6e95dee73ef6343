internal import MeshJSON

/// Words that rules know: names, titles, cues in the languages that are spoken here.
///
/// From `data/privacy-*.json5`.
struct Lexicon: Sendable {
    /// What is known of a word.
    struct Meaning: OptionSet, Sendable {
        let rawValue: UInt16

        /// A given name.
        static let given = Meaning(rawValue: 1)
        /// A family name.
        static let family = Meaning(rawValue: 2)
        /// A name that is a word or a place as well.
        static let common = Meaning(rawValue: 4)
        /// No name, although it stands where names do: "Sir", "Customer".
        static let notName = Meaning(rawValue: 8)
        /// Comes before a name: "Mrs".
        static let title = Meaning(rawValue: 16)
        /// Stands inside names: "van".
        static let particle = Meaning(rawValue: 32)
        /// A month.
        static let month = Meaning(rawValue: 64)
        /// Ends the name of a street: "Road".
        static let street = Meaning(rawValue: 128)
        /// Begins the name of a street: "rue".
        static let streetStart = Meaning(rawValue: 256)
        /// Belongs to an address: "Apt".
        static let addressPart = Meaning(rawValue: 512)
        /// The last word of a cue.
        static let endsCue = Meaning(rawValue: 1_024)
    }

    /// A cue, as the hashes of its words.
    private struct Phrase {
        let words: [UInt64]
        let kind: CueKind
    }

    private var meanings: [UInt64: Meaning] = [:]
    private var phrases: [UInt64: [Phrase]] = [:]

    /// The one that ships.
    static let standard = Lexicon(names: PrivacyNamesFile.text, words: PrivacyWordsFile.text)

    /// The lexicon in two documents of ours; another form of them is our own mistake and traps.
    init(names: String, words: String) {
        guard let names = try? JSONReader.read(names, as: .json5)["names"]?.array,
            let document = try? JSONReader.read(words, as: .json5)
        else { preconditionFailure("data/privacy-*.json5 cannot be read") }
        for locale in names {
            add(locale["given"]?.text, .given)
            add(locale["family"]?.text, .family)
        }
        for (key, meaning) in Self.lists { add(document[key]?.text, meaning) }
        for (key, kind) in Self.cueLists {
            for cue in document["cues"]?[key]?.array ?? [] { add(cue: cue.text ?? "", kind) }
        }
    }

    private mutating func add(_ list: String?, _ meaning: Meaning) {
        for word in ScannedText(list ?? "").unfolded.words() { meanings[word.hash, default: []].insert(meaning) }
    }

    private mutating func add(cue: String, _ kind: CueKind) {
        let words = ScannedText(cue).unfolded.words().map(\.hash)
        guard let last = words.last else { return }
        phrases[last, default: []].append(Phrase(words: words, kind: kind))
        meanings[last, default: []].insert(.endsCue)
    }

    func meaning(of hash: UInt64) -> Meaning { meanings[hash] ?? [] }

    /// The cues that end with a word, and how many words each has; the longest of a kind.
    func cues(endingAt index: Int, of words: [Word], in text: ScannedText) -> [(CueKind, Int)] {
        var found: [(kind: CueKind, length: Int)] = []
        for phrase in phrases[words[index].hash] ?? [] where phrase.words.count <= index + 1 {
            let first = index + 1 - phrase.words.count
            let isHere = phrase.words.indices.allSatisfy { offset in
                let word = words[first + offset]
                return word.hash == phrase.words[offset]
                    && (offset == 0 || word.start - words[first + offset - 1].end <= Self.longestGap)
            }
            guard isHere else { continue }
            if let known = found.firstIndex(where: { $0.kind == phrase.kind }) {
                found[known].length = max(found[known].length, phrase.words.count)
            } else {
                found.append((phrase.kind, phrase.words.count))
            }
        }
        return found
    }

    /// Bytes between the words of a cue: a space, a hyphen, an apostrophe of three bytes.
    private static let longestGap = 3

    private static let lists: [(String, Meaning)] = [
        ("common", .common), ("notNames", .notName), ("titles", .title), ("particles", .particle), ("months", .month),
        ("streets", .street), ("streetStarts", .streetStart), ("addressParts", .addressPart),
    ]

    private static let cueLists: [(String, CueKind)] = [
        ("name", .name), ("label", .label), ("self", .introduction), ("hint", .hint), ("greeting", .greeting),
        ("phone", .phone), ("birth", .birth), ("id", .id),
        ("passport", .passport), ("address", .address), ("card", .card), ("iban", .iban), ("secret", .secret),
        ("harmless", .harmless), ("version", .version),
    ]
}
