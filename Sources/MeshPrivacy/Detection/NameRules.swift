/// Names: behind titles and cues, by lists of given and family names, and those that the conversation has named before.
enum NameRules {
    /// How much a cue says.
    private enum Strength {
        /// A name stands here.
        case sure
        /// A name, if something separates the two.
        case label
        /// A name, if it is two words or a known one.
        case likely
        /// A name, if it is a known one.
        case weak
    }

    static func search(_ searched: SearchedText, known: Set<UInt64>, _ findings: inout Findings) {
        let kinds: [(CueKind, Strength)] = [
            (.name, .sure), (.greeting, .sure), (.label, .label), (.introduction, .likely), (.hint, .weak),
        ]
        for (kind, strength) in kinds {
            for cue in searched.all(kind) {
                if let range = name(searched, behind: cue, strength) { findings.add(.person, range) }
            }
        }
        var free = 0
        for index in searched.words.indices {
            let (word, meaning) = (searched.words[index], searched.meanings[index])
            if meaning.contains(.title), isTitle(searched, index), let range = titled(searched, index) {
                findings.add(.person, range)
                free = max(free, range.upperBound)
            }
            guard word.start >= free, word.isCapitalised else { continue }
            if let range = listed(searched, index) {
                findings.add(.person, range)
                free = range.upperBound
            } else if known.contains(word.hash), !meaning.contains(.common), !meaning.contains(.notName) {
                let range = knownName(searched, index, known, from: free)
                findings.add(.person, range)
                free = range.upperBound
            }
        }
    }

    /// A word that is known as a name's, with those beside it that are, also where they are words like others: "Grace".
    private static func knownName(
        _ searched: SearchedText,
        _ index: Int,
        _ known: Set<UInt64>,
        from start: Int
    ) -> Range<Int> {
        func isPart(_ index: Int) -> Bool {
            searched.words.indices.contains(index) && searched.words[index].start >= start
                && searched.words[index].isCapitalised && known.contains(searched.words[index].hash)
        }
        var (first, last) = (index, index)
        while isPart(first - 1), isJoint(searched, first - 1, first) { first -= 1 }
        while isPart(last + 1), isJoint(searched, last, last + 1) { last += 1 }
        return searched.words[first].start..<searched.words[last].end
    }

    /// The name behind a title, with nothing but a space or a dot between them, and perhaps further titles.
    private static func titled(_ searched: SearchedText, _ title: Int) -> Range<Int>? {
        var index = title
        while index + 1 < searched.words.count, index - title < 4 {
            let gap = searched.words[index].end..<searched.words[index + 1].start
            guard gap.count <= 2, gap.allSatisfy({ [0x20, UInt8(ascii: "."), 0xC2, 0xA0].contains(searched.text[$0]) })
            else { return nil }
            index += 1
            guard searched.meanings[index].contains(.title), !searched.meanings[index].contains(.family) else { break }
        }
        guard index > title, isBeginning(searched, index) else { return nil }
        return extended(searched, from: index)
    }

    /// Whether a name may begin with a word: a capital, or a particle before one.
    private static func isBeginning(_ searched: SearchedText, _ index: Int) -> Bool {
        let (word, meaning) = (searched.words[index], searched.meanings[index])
        if meaning.contains(.particle) { return true }
        return word.isCapitalised && !word.hasDigits && !meaning.contains(.notName)
    }

    /// Whether it is more than a word: short titles need their dot or their capital, as in "Pan Kowalski".
    private static func isTitle(_ searched: SearchedText, _ index: Int) -> Bool {
        let word = searched.words[index]
        let hasDot = searched.text[word.end] == UInt8(ascii: ".")
        if word.count == 1 { return hasDot && word.isCapitalised }
        return word.isCapitalised || hasDot || word.count > 3 && !searched.meanings[index].contains(.common)
    }

    // MARK: Behind a cue

    /// The name behind a cue; titles, verbs and quotation marks before it are skipped.
    private static func name(_ searched: SearchedText, behind cue: SearchedText.Cue, _ strength: Strength) -> Range<
        Int
    >? {
        var index = cue.next
        var end = cue.range.upperBound
        // "From: …" says more than "from …".
        let strength = strength == .weak && searched.text[end] == UInt8(ascii: ":") ? .label : strength
        while index < searched.words.count, index - cue.next < 4, isSkipped(searched, index) {
            guard isBridge(searched.text, end, searched.words[index].start, strength) else { return nil }
            end = searched.words[index].end
            index += 1
        }
        guard index < searched.words.count, isBridge(searched.text, end, searched.words[index].start, strength) else {
            return nil
        }
        guard isBeginning(searched, index) else {
            let isSure = strength == .sure && cue.range.count > 8 || strength == .likely
            return isSure ? small(searched, from: index) : nil
        }
        guard let range = extended(searched, from: index) else { return nil }
        let isKnown = !searched.meanings[index].isDisjoint(with: [.given, .family])
        let isTwo = searched.words[index].end < range.upperBound
        let isShouted = searched.words[index].isAllCapitals && searched.words[index].count > 1
        switch strength {
        case .sure: return isTwo || searched.words[index].count > 1 ? range : nil
        case .label:
            let hasSign = (end..<searched.words[index].start).contains { searched.text[$0] == UInt8(ascii: ":") }
            let isVerb = index > cue.next
            return isKnown || (isTwo || hasSign) && !isShouted || isVerb ? range : nil
        case .likely: return isKnown || isTwo && !isShouted ? range : nil
        case .weak:
            let isListed = isKnown && !searched.meanings[index].contains(.common)
            return isListed || isTwo && listed(searched, index) != nil ? range : nil
        }
    }

    private static func isSkipped(_ searched: SearchedText, _ index: Int) -> Bool {
        let word = searched.words[index]
        let isVerb =
            !word.isCapitalised
            && ["is", "ist", "est", "es", "è", "jest", "é"].contains { (verb: StaticString) in
                word.count == verb.utf8CodeUnitCount && searched.text.has(verb, at: word.start)
            }
        return isVerb || searched.meanings[index].contains(.title)
    }

    /// Whether nothing but spaces, quotation marks and the like stand between a cue and a name; behind a weak cue one
    /// space alone.
    private static func isBridge(_ text: ScannedText, _ start: Int, _ end: Int, _ strength: Strength) -> Bool {
        let isLoose = strength == .sure || strength == .label
        guard end - start <= (isLoose ? 8 : 2) else { return false }
        let isApart = (start..<end).contains { text[$0] != UInt8(ascii: "_") && text[$0] != UInt8(ascii: "-") }
        return isApart
            && (start..<end).allSatisfy { index in
                switch text[index] {
                case 0x20, 0x09, UInt8(ascii: "\""), UInt8(ascii: "*"): true
                case 0x0A, 0x0D, UInt8(ascii: ":"), UInt8(ascii: "'"), UInt8(ascii: ","), UInt8(ascii: "."),
                    UInt8(ascii: "="), UInt8(ascii: ">"), UInt8(ascii: "-"), UInt8(ascii: "`"), UInt8(ascii: "_"),
                    UInt8(ascii: "\\"), 0x80...0xFF:
                    isLoose
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
        guard let range = extended(searched, from: index) else { return nil }
        let isShouted = searched.words[index].isAllCapitals && searched.words[index].count > 1
        if meaning.contains(.given), !meaning.contains(.common), !isShouted { return range }
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
            searched.words[next].isCapitalised, !searched.words[next].isAllCapitals, isJoint(searched, index, next)
        else { return nil }
        return extended(searched, from: index)
    }

    private static func isInitial(_ searched: SearchedText, _ index: Int) -> Bool {
        let word = searched.words[index]
        return word.count == 1 && word.isCapitalised && searched.text[word.end] == UInt8(ascii: ".")
    }

    // MARK: Words that belong together

    /// The words of a name from its first one on: capitals, initials and particles before capitals.
    private static func extended(_ searched: SearchedText, from first: Int) -> Range<Int>? {
        var last: Int?
        var index = first
        while index < searched.words.count, index - first < 7 {
            let (word, meaning) = (searched.words[index], searched.meanings[index])
            if index > first, !isJoint(searched, index - 1, index) { break }
            if word.isCapitalised, !word.hasDigits {
                let isHyphened = index > first && searched.text[searched.words[index - 1].end] == UInt8(ascii: "-")
                let hasDay = index + 1 < searched.words.count && searched.words[index + 1].hasDigits
                let isMonth = meaning.contains(.month) && hasDay
                let isNoName = (meaning.contains(.notName) || isMonth) && !isHyphened
                if index > first, isNoName, meaning.isDisjoint(with: [.family, .given, .particle]) { break }
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
            let isDutch = text[start] == 0x20 && text[start + 1] == UInt8(ascii: "'")
            return isInitial && searched.words[left].count <= 2 || isDutch
                || text[start] == 0xC2 && text[start + 1] == 0xA0
        case 3: return text[start] == 0xE2 && text[start + 1] == 0x80
        default: return false
        }
    }
}
