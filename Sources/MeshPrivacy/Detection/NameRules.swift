/// Names: behind titles and cues, by lists of given and family names, and those that the conversation has named before.
enum NameRules {
    static func search(_ searched: SearchedText, known: Set<UInt64>, _ findings: inout Findings) {
        var free = 0
        for cue in searched.all(.name) {
            let isIntroduction = cue.range.count > 8
            if let range = name(searched, from: cue.next, behind: cue.range.upperBound, isIntroduction) {
                findings.add(.person, range)
            }
        }
        for cue in searched.all(.greeting) {
            guard let range = name(searched, from: cue.next, behind: cue.range.upperBound, false) else { continue }
            findings.add(.person, range)
        }
        for index in searched.words.indices {
            let (word, meaning) = (searched.words[index], searched.meanings[index])
            if meaning.contains(.title), isTitle(searched, index),
                let range = name(searched, from: index + 1, behind: word.end, false)
            {
                findings.add(.person, range)
                free = max(free, range.upperBound)
            }
            guard word.start >= free, word.isCapitalised else { continue }
            if let range = listed(searched, index) {
                findings.add(.person, range)
                free = range.upperBound
            } else if known.contains(word.hash), !meaning.contains(.common), !meaning.contains(.notName) {
                findings.add(.person, word.range)
            }
        }
    }

    /// Short titles that are words as well need their dot or their capital: "M. Petit", "Pan Kowalski".
    private static func isTitle(_ searched: SearchedText, _ index: Int) -> Bool {
        let word = searched.words[index]
        let hasDot = searched.text[word.end] == UInt8(ascii: ".")
        if word.count == 1 { return hasDot && word.isCapitalised }
        return word.isCapitalised || hasDot || !searched.meanings[index].contains(.common)
    }

    // MARK: Behind a cue

    /// The name whose first word is one of those from `first` on; titles and quotation marks before it are skipped.
    private static func name(
        _ searched: SearchedText,
        from first: Int,
        behind end: Int,
        _ isIntroduction: Bool
    ) -> Range<Int>? {
        var index = first
        var end = end
        while index < searched.words.count, index - first < 4, isBridge(searched.text, end, searched.words[index].start),
            isSkipped(searched, index)
        {
            end = searched.words[index].end
            index += 1
        }
        guard index < searched.words.count, isBridge(searched.text, end, searched.words[index].start) else { return nil }
        let meaning = searched.meanings[index]
        guard !meaning.contains(.notName) else { return nil }
        if searched.words[index].isCapitalised, searched.words[index].hasDigits == false {
            return extended(searched, from: index, isCued: true)
        }
        if meaning.contains(.particle) { return extended(searched, from: index, isCued: true) }
        return isIntroduction ? small(searched, from: index) : nil
    }

    private static func isSkipped(_ searched: SearchedText, _ index: Int) -> Bool {
        searched.meanings[index].contains(.title)
    }

    /// Whether nothing but spaces, quotation marks and the like stand between a cue and a name.
    private static func isBridge(_ text: ScannedText, _ start: Int, _ end: Int) -> Bool {
        guard end - start <= 8 else { return false }
        return (start..<end).allSatisfy { index in
            switch text[index] {
            case 0x20, 0x09, 0x0A, 0x0D, UInt8(ascii: ":"), UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: ","),
                UInt8(ascii: "."), UInt8(ascii: "("), UInt8(ascii: "*"), UInt8(ascii: "="), UInt8(ascii: ">"),
                UInt8(ascii: "-"), UInt8(ascii: "`"), UInt8(ascii: "_"), UInt8(ascii: "\\"), UInt8(ascii: "["),
                0x80...0xFF:
                true
            default: false
            }
        }
    }

    /// "my name is anna smith": words in small letters that the lists know.
    private static func small(_ searched: SearchedText, from first: Int) -> Range<Int>? {
        var last: Int?
        for index in first..<min(first + 3, searched.words.count) {
            let meaning = searched.meanings[index]
            guard meaning.contains(.given) || meaning.contains(.family) else { break }
            if index > first, searched.words[index].start - searched.words[index - 1].end != 1 { break }
            last = index
        }
        guard let last, !searched.meanings[first].contains(.common) || last > first else { return nil }
        return searched.words[first].start..<searched.words[last].end
    }

    // MARK: By lists

    /// A name that begins with a word and that the lists know well enough.
    private static func listed(_ searched: SearchedText, _ index: Int) -> Range<Int>? {
        let meaning = searched.meanings[index]
        guard meaning.contains(.given) || meaning.contains(.family) || isInitial(searched, index) else {
            return familyBehind(searched, index)
        }
        guard let range = extended(searched, from: index, isCued: false) else { return nil }
        if meaning.contains(.given), !meaning.contains(.common) { return range }
        // A word that is a name as well counts only before a family name that is none.
        let next = index + 1
        guard next < searched.words.count, searched.words[next].start < range.upperBound else { return nil }
        let following = searched.meanings[next]
        let isFamily = following.contains(.family) && (!following.contains(.common) || isInitial(searched, index))
        let isGiven = following.contains(.given) && !following.contains(.common)
        return isFamily || (isGiven && meaning.contains(.family)) ? range : nil
    }

    /// An unknown word in capitals before a family name that is no word: "Zbyszko Kowalski".
    private static func familyBehind(_ searched: SearchedText, _ index: Int) -> Range<Int>? {
        let next = index + 1
        let meaning = searched.meanings[index]
        guard next < searched.words.count, !meaning.contains(.notName), !meaning.contains(.common),
            !meaning.contains(.month), !meaning.contains(.title), !meaning.contains(.streetStart),
            searched.words[index].count > 2, !searched.words[index].isAllCapitals,
            searched.meanings[next].contains(.family), !searched.meanings[next].contains(.common),
            searched.words[next].isCapitalised, isJoint(searched, index, next)
        else { return nil }
        return extended(searched, from: index, isCued: false)
    }

    private static func isInitial(_ searched: SearchedText, _ index: Int) -> Bool {
        let word = searched.words[index]
        return word.count == 1 && word.isCapitalised && searched.text[word.end] == UInt8(ascii: ".")
    }

    // MARK: Words that belong together

    /// The words of a name from its first one on: capitals, initials and particles before capitals.
    private static func extended(_ searched: SearchedText, from first: Int, isCued: Bool) -> Range<Int>? {
        var last: Int?
        var index = first
        while index < searched.words.count, index - first < 7 {
            let (word, meaning) = (searched.words[index], searched.meanings[index])
            if index > first, !isJoint(searched, index - 1, index) { break }
            if word.isCapitalised, !word.hasDigits {
                if index > first, meaning.contains(.notName) || meaning.contains(.month) { break }
                last = index
            } else if !meaning.contains(.particle) {
                break
            }
            index += 1
        }
        guard let last else { return nil }
        return searched.words[first].start..<searched.words[last].end
    }

    /// Whether two words stand as in a name: a space, a hyphen, an apostrophe, the dot of an initial between them.
    private static func isJoint(_ searched: SearchedText, _ left: Int, _ right: Int) -> Bool {
        let text = searched.text
        let (start, end) = (searched.words[left].end, searched.words[right].start)
        switch end - start {
        case 1:
            return text[start] == 0x20 || text[start] == UInt8(ascii: "-") || text[start] == UInt8(ascii: "'")
                || (text[start] == UInt8(ascii: ".") && searched.words[left].count == 1)
        case 2:
            let isInitial = text[start] == UInt8(ascii: ".") && text[start + 1] == 0x20
            return isInitial && searched.words[left].count <= 2 || text[start] == 0xC2 && text[start + 1] == 0xA0
        case 3: return text[start] == 0xE2 && text[start + 1] == 0x80
        default: return false
        }
    }
}
