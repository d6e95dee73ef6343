/// Postal addresses: a street with a number, a postal code with a town, both together, and what a cue announces.
enum AddressRules {
    static func search(_ searched: SearchedText, _ findings: inout Findings) {
        var free = 0
        for (index, word) in searched.words.enumerated() where word.start >= free {
            guard let street = street(searched, index) else { continue }
            let end = withTown(searched, behind: street.upperBound)
            findings.add(.address, beginning(searched, index)..<end)
            free = end
        }
        for cue in searched.all(.address) {
            if let range = announced(searched, cue) { findings.add(.address, range) }
        }
    }

    /// Where an address begins whose street begins with a word: "Flat 7" before it belongs to it.
    private static func beginning(_ searched: SearchedText, _ first: Int) -> Int {
        var index = first
        if index > 1, searched.words[index - 1].hasDigits, gap(searched, index - 1, index) <= 2 { index -= 1 }
        let hasPart =
            index > 0 && searched.words[index - 1].isCapitalised && gap(searched, index - 1, index) == 1
            && searched.meanings[index - 1].contains(.addressPart)
        return searched.words[hasPart ? index - 1 : first].start
    }

    // MARK: Streets

    /// A street and a house number that begin with a word.
    private static func street(_ searched: SearchedText, _ first: Int) -> Range<Int>? {
        let word = searched.words[first]
        if searched.text[word.start].isDigit { return numberFirst(searched, first) }
        let meaning = searched.meanings[first]
        // Letters that shorten a word have their dot: "C. de Olegario", "ul. Pogodna".
        let isShort = word.count <= 2 && !searched.text.hasExactly(". ", at: word.end)
        if meaning.contains(.streetStart), !isShort { return startFirst(searched, first) }
        guard word.isCapitalised, !meaning.contains(.notName) else { return nil }
        return streetFirst(searched, first)
    }

    /// `4269 Anderson Points`, `31, chemin Daniel Brun`, `Flat 7, 8 Carol Passage`.
    private static func numberFirst(_ searched: SearchedText, _ first: Int) -> Range<Int>? {
        guard isHouseNumber(searched, first) else { return nil }
        let next = first + 1
        guard next < searched.words.count, isTidy(searched, first, next) else { return nil }
        let isShort = searched.words[next].count <= 2 && !searched.text.hasExactly(". ", at: searched.words[next].end)
        if searched.meanings[next].contains(.streetStart), !isShort,
            let range = startFirst(searched, next, needsNumber: false)
        {
            return searched.words[first].start..<range.upperBound
        }
        var index = next
        var end: Int?
        while index < searched.words.count, index - next < 5 {
            guard index == next || isSpace(searched, index - 1, index) else { break }
            let (word, meaning) = (searched.words[index], searched.meanings[index])
            guard word.isCapitalised else { break }
            if meaning.contains(.street), index > next { end = word.end }
            index += 1
        }
        return end.map { searched.words[first].start..<$0 }
    }

    /// `rue Langlois 87`, `Calle de Atocha, 12`, `ul. Pogodna 70`.
    private static func startFirst(_ searched: SearchedText, _ first: Int, needsNumber: Bool = true) -> Range<Int>? {
        var index = first + 1
        var names = 0
        while index < searched.words.count, index - first < 8, isTidy(searched, index - 1, index),
            !hasLineEnd(searched, index - 1, index)
        {
            let (word, meaning) = (searched.words[index], searched.meanings[index])
            if isHouseNumber(searched, index) {
                guard needsNumber else { break }
                let end = houseNumberEnd(searched, index)
                return names > 0 ? searched.words[first].start..<end : nil
            }
            guard word.isCapitalised || meaning.contains(.particle) else { break }
            if word.isCapitalised { names += 1 }
            index += 1
        }
        guard !needsNumber, names > 0 else { return nil }
        return searched.words[first].start..<searched.words[index - 1].end
    }

    /// `Geißlerallee 6`, `Hendrik-Bähr-Straße 802`, `Loïshof 148`: a name that ends like a street, and a number.
    private static func streetFirst(_ searched: SearchedText, _ first: Int) -> Range<Int>? {
        var index = first
        while index < searched.words.count, index - first < 5 {
            if index > first, !isSpace(searched, index - 1, index), !isHyphen(searched, index - 1, index) { return nil }
            let (word, meaning) = (searched.words[index], searched.meanings[index])
            guard !word.hasDigits, word.isCapitalised || meaning.contains(.particle) || meaning.contains(.street) else {
                return nil
            }
            let next = index + 1
            if endsLikeStreet(searched.text, word, isAlone: index == first) {
                guard next < searched.words.count, isTidy(searched, index, next), isHouseNumber(searched, next),
                    !hasLineEnd(searched, index, next)
                else { return nil }
                return searched.words[first].start..<houseNumberEnd(searched, next)
            }
            index = next
        }
        return nil
    }

    /// Whether a word is or ends in what streets are called where the number comes last; alone it must be longer.
    private static func endsLikeStreet(_ text: ScannedText, _ word: Word, isAlone: Bool) -> Bool {
        for ending in endings where word.count > ending.utf8CodeUnitCount + (isAlone ? 1 : -1) {
            if text.has(ending, at: word.end - ending.utf8CodeUnitCount) { return true }
        }
        return false
    }

    private static let endings: [StaticString] = [
        "straße", "strasse", "str", "gasse", "weg", "allee", "platz", "ring", "ufer", "damm", "steig", "chaussee",
        "straat", "laan", "plein", "gracht", "kade", "singel", "dreef", "hof", "steeg", "pad", "dijk", "baan",
        "gatan", "vägen", "gränd", "gata", "veien", "vej", "gade", "katu", "tie",
    ]

    private static func isHouseNumber(_ searched: SearchedText, _ index: Int) -> Bool {
        let word = searched.words[index]
        guard searched.text[word.start].isDigit, word.count <= 6 else { return false }
        let digits = word.range.prefix { searched.text[$0].isDigit }.count
        return digits <= 5 && word.count - digits <= 1 && searched.text[word.end - 1].lowercased != UInt8(ascii: "x")
    }

    /// The end of a house number with what belongs to it: `17-51`, `12/3`, `12 a`, `36 Piano 1`.
    private static func houseNumberEnd(_ searched: SearchedText, _ first: Int) -> Int {
        var index = first
        while index + 1 < searched.words.count, index - first < 4 {
            let (start, end) = (searched.words[index].end, searched.words[index + 1].start)
            let mark = searched.text[start]
            let isPart =
                end - start == 1 && (mark == UInt8(ascii: "-") || mark == UInt8(ascii: "/"))
                && isHouseNumber(searched, index + 1)
            let isFloor =
                end - start <= 2 && searched.meanings[index + 1].contains(.addressPart)
                && !hasLineEnd(searched, index, index + 1)
            let isNumberOfFloor =
                end - start <= 2 && searched.meanings[index].contains(.addressPart)
                && searched.words[index + 1].hasDigits
            guard isPart || isFloor || isNumberOfFloor else { break }
            index += 1
        }
        return searched.words[index].end
    }

    // MARK: Towns

    /// The end of the town behind a street, with its postal code; the street's own end where none follows.
    private static func withTown(_ searched: SearchedText, behind end: Int) -> Int {
        var index = searched.word(from: end)
        var last = end
        var (codes, words) = (0, 0)
        while index < searched.words.count, words < 12 {
            let word = searched.words[index]
            guard word.start - last <= 4, isAddressGap(searched.text, last, word.start) else { break }
            let meaning = searched.meanings[index]
            let isCode = word.hasDigits && word.count <= 8
            guard isCode || word.isCapitalised || meaning.contains(.particle) || meaning.contains(.addressPart) else {
                break
            }
            if codes > 0, !isCode, isNewSentence(searched.text, last, word.start) { break }
            if isCode { codes += 1 }
            last = word.end
            words += 1
            index += 1
        }
        if codes == 0 { return end }
        // A bracket belongs to the province in it: `(MB)`.
        if searched.text[last] == UInt8(ascii: ")") { last += 1 }
        return last
    }

    private static func isAddressGap(_ text: ScannedText, _ start: Int, _ end: Int) -> Bool {
        (start..<end).allSatisfy { index in
            switch text[index] {
            case 0x20, 0x0A, 0x0D, UInt8(ascii: ","), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "/"),
                UInt8(ascii: "("), UInt8(ascii: "'"), UInt8(ascii: "#"), UInt8(ascii: "\\"), 0xC2, 0xA0:
                true
            default: false
            }
        }
    }

    private static func isNewSentence(_ text: ScannedText, _ start: Int, _ end: Int) -> Bool {
        text[start] == UInt8(ascii: ".") && end - start > 1
            || (start..<end).filter { text[$0] == 0x0A }.count > 1
    }

    // MARK: Behind a cue

    /// What a cue announces: words in capitals, numbers and small words of addresses, as long as they follow each
    /// other, with at least one number among them.
    private static func announced(_ searched: SearchedText, _ cue: SearchedText.Cue) -> Range<Int>? {
        var index = cue.next
        guard index < searched.words.count, searched.words[index].start - cue.range.upperBound <= 12 else { return nil }
        // "is", "at", "in": small words between.
        while index < searched.words.count, index - cue.next < 3, isSmall(searched, index) { index += 1 }
        guard index < searched.words.count else { return nil }
        let start = searched.words[index].start
        var (last, words, codes) = (start, 0, 0)
        var (hasCapital, hasNumber) = (false, false)
        while index < searched.words.count, words < 20 {
            let (word, meaning) = (searched.words[index], searched.meanings[index])
            guard words == 0 || word.start - last <= 4 && isAddressGap(searched.text, last, word.start) else { break }
            let isPart =
                word.isCapitalised || word.hasDigits || meaning.contains(.particle)
                || meaning.contains(.street) || meaning.contains(.streetStart) || meaning.contains(.addressPart)
            guard isPart else { break }
            if words > 0, codes > 0, !word.hasDigits, isNewSentence(searched.text, last, word.start) { break }
            if word.hasDigits { codes += 1 }
            if searched.text[word.start].isDigit { hasNumber = true }
            if word.isCapitalised, !word.hasDigits { hasCapital = true }
            last = word.end
            words += 1
            index += 1
        }
        guard hasNumber, hasCapital else { return nil }
        if searched.text[last] == UInt8(ascii: ")") { last += 1 }
        return start..<last
    }

    private static func isSmall(_ searched: SearchedText, _ index: Int) -> Bool {
        let (word, meaning) = (searched.words[index], searched.meanings[index])
        return !word.isCapitalised && !word.hasDigits && word.count <= 6
            && meaning.isDisjoint(with: [.streetStart, .street, .addressPart])
    }

    // MARK: Between words

    /// Whether a space, a comma, a dot, a hyphen or the end of a line stands between two words, and nothing else.
    private static func isTidy(_ searched: SearchedText, _ left: Int, _ right: Int) -> Bool {
        let gap = searched.words[left].end..<searched.words[right].start
        return gap.count <= 2
            && gap.allSatisfy { index in
                switch searched.text[index] {
                case 0x20, 0x0A, UInt8(ascii: ","), UInt8(ascii: "."), UInt8(ascii: "-"): true
                default: false
                }
            }
    }

    private static func gap(_ searched: SearchedText, _ left: Int, _ right: Int) -> Int {
        searched.words[right].start - searched.words[left].end
    }

    private static func isSpace(_ searched: SearchedText, _ left: Int, _ right: Int) -> Bool {
        let start = searched.words[left].end
        let isDot = searched.text[start] == UInt8(ascii: ".") && searched.text[start + 1] == 0x20
        return gap(searched, left, right) == 1 && searched.text[start] == 0x20
            || gap(searched, left, right) == 2 && isDot
    }

    private static func isHyphen(_ searched: SearchedText, _ left: Int, _ right: Int) -> Bool {
        gap(searched, left, right) == 1 && searched.text[searched.words[left].end] == UInt8(ascii: "-")
    }

    private static func hasLineEnd(_ searched: SearchedText, _ left: Int, _ right: Int) -> Bool {
        (searched.words[left].end..<searched.words[right].start).contains { searched.text[$0] == 0x0A }
    }
}
