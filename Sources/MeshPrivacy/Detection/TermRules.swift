/// The user's own terms, in any case, where they stand as words of their own.
struct TermRules: Sendable {
    /// A term by the hashes of its words.
    private struct Entry {
        let words: [UInt64]
        let kind: PersonalKind
    }

    private var entries: [UInt64: [Entry]] = [:]

    init(_ terms: OwnTerms) {
        for term in terms.terms {
            let words = ScannedText(term.text).unfolded.words().map(\.hash)
            guard let first = words.first else { continue }
            entries[first, default: []].append(Entry(words: words, kind: term.kind))
        }
        for key in entries.keys { entries[key]?.sort { $0.words.count > $1.words.count } }
    }

    func search(_ searched: SearchedText, _ findings: inout Findings) {
        guard !entries.isEmpty else { return }
        for index in searched.words.indices {
            guard let entries = entries[searched.words[index].hash] else { continue }
            for entry in entries where isHere(entry, searched.words, index) {
                let last = searched.words[index + entry.words.count - 1]
                findings.add(entry.kind, searched.words[index].start..<last.end)
                break
            }
        }
    }

    private func isHere(_ entry: Entry, _ words: [Word], _ first: Int) -> Bool {
        guard first + entry.words.count <= words.count else { return false }
        return entry.words.indices.allSatisfy { offset in
            let word = words[first + offset]
            return word.hash == entry.words[offset]
                && (offset == 0 || word.start - words[first + offset - 1].end <= 3)
        }
    }
}
