/// Numbers by which states and insurances tell people apart, with their check digits; and whatever a cue announces.
enum NationalIDRules {
    /// Letters and digits from a word on, with single marks between them left out.
    struct Candidate {
        /// Digits as they are, letters from 10 on.
        var values: [Int] = []
        /// Where each of them ends in the text.
        var ends: [Int] = []
        /// The mark before each of them; 0 for none.
        var marks: [UInt8] = []
        var isCued = false
        /// Whether something says that it is an order, a version or the like.
        var isForeign = false

        /// The marks that occur before the first `length` of them.
        func marks(in length: Int) -> [UInt8] { marks[..<length].filter { $0 != 0 } }

        /// Whether there are marks before these places and nowhere else.
        func isGrouped(_ places: [Int], in length: Int) -> Bool {
            (1..<length).allSatisfy { (marks[$0] != 0) == places.contains($0) }
        }

        /// The date of two digits each for day, month and year (or year, month, day) that begins at a place.
        func isDate(day: Int, month: Int) -> Bool {
            let (day, month) = (values[day] * 10 + values[day + 1], values[month] * 10 + values[month + 1])
            return (1...31).contains(day) && (1...12).contains(month)
        }
    }

    static func search(_ searched: SearchedText, _ findings: inout Findings) {
        var free = 0
        for (index, word) in searched.words.enumerated() where word.start >= free && word.count <= 16 {
            guard word.hasDigits || index + 1 < searched.words.count && searched.words[index + 1].hasDigits,
                let range = number(searched, word.start)
            else { continue }
            findings.add(.nationalID, range)
            free = range.upperBound
        }
        for kind in [CueKind.id, .passport] {
            for cue in searched.all(kind) { announced(searched, cue, isPassport: kind == .passport, &findings) }
        }
    }

    private static func number(_ searched: SearchedText, _ start: Int) -> Range<Int>? {
        var candidate = candidate(searched.text, start)
        guard candidate.values.count >= 8, candidate.values.filter({ $0 < 10 }).count >= 5 else { return nil }
        candidate.isCued = searched.isCued(.id, start) || searched.cue(.id, before: start, within: 24) != nil
        candidate.isForeign = !candidate.isCued && searched.cue(.harmless, before: start, within: 16) != nil
        for length in stride(from: min(candidate.values.count, 16), through: 8, by: -1) {
            let end = candidate.ends[length - 1]
            guard !searched.text[end].isAlphanumeric else { continue }
            guard !candidate.isForeign, NationalNumbers.isNumber(candidate, length) else { continue }
            return start..<end
        }
        return nil
    }

    private static func candidate(_ text: ScannedText, _ start: Int) -> Candidate {
        var candidate = Candidate()
        let before = text[start - 1]
        let isInside =
            before.isAlphanumeric
            || (before == UInt8(ascii: "-") || before == UInt8(ascii: "."))
                && text[start - 2].isAlphanumeric
        guard !isInside else { return candidate }
        var index = start
        var mark: UInt8 = 0
        while candidate.values.count < 16 {
            let byte = text[index]
            if byte.isAlphanumeric {
                candidate.values.append(byte.isDigit ? Int(byte) - 0x30 : Int(byte.lowercased) - 87)
                candidate.ends.append(index + 1)
                candidate.marks.append(candidate.values.count == 1 ? 0 : mark)
                mark = 0
            } else if mark == 0, !candidate.values.isEmpty, isMark(byte), text[index + 1].isAlphanumeric {
                mark = byte
            } else {
                break
            }
            index += 1
        }
        return candidate
    }

    private static func isMark(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "/")
            || byte == UInt8(ascii: "+")
    }

    /// The number that a cue announces, whoever gives it out: with digits, and not longer than such numbers are.
    private static func announced(
        _ searched: SearchedText,
        _ cue: SearchedText.Cue,
        isPassport: Bool,
        _ findings: inout Findings
    ) {
        let text = searched.text
        for index in cue.next..<min(cue.next + 4, searched.words.count) {
            let word = searched.words[index]
            guard word.start - cue.range.upperBound <= 24 else { return }
            guard word.hasDigits else { continue }
            var (end, digits, count) = (word.start, 0, 0)
            while count < 24, text[end].isAlphanumeric || (isMark(text[end]) && text[end + 1].isDigit) {
                if text[end].isDigit { digits += 1 }
                end += 1
                count += 1
            }
            if digits >= (isPassport ? 4 : 6), count <= 20, end - word.start >= 6 {
                findings.add(.nationalID, word.start..<end)
            }
            return
        }
    }
}
