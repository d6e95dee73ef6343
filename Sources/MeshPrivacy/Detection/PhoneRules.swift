/// Phone numbers: international ones, national ones of a shape that nothing else has, and all others behind a cue.
enum PhoneRules {
    static func search(_ searched: SearchedText, _ findings: inout Findings) {
        var index = 0
        var lastCued = -100
        while index < searched.groups.count {
            let chain = Chain(searched, index)
            let start = chain.start
            let isCued =
                searched.isCued(.phone, start) || (start - lastCued >= 0 && start - lastCued <= 8)
                || searched.cue(.phone, behind: chain.end, within: 12) != nil && start < chain.end
            let isForeign = searched.cue(.harmless, before: start, within: 16) != nil
            guard let length = length(of: chain, searched, isCued: isCued, isForeign: isForeign) else {
                index += 1
                continue
            }
            let end = withExtension(searched.text, searched.groups[index + length - 1].upperBound)
            findings.add(.phone, start..<end)
            if isCued { lastCued = end }
            while index < searched.groups.count, searched.groups[index].lowerBound < end { index += 1 }
        }
    }

    /// Groups of digits with what may stand between them in a phone number.
    private struct Chain {
        let start: Int
        var end: Int
        /// How many digits each group has, and how many bytes stand behind it, up to the next one.
        var lengths: [Int] = []
        var isPlus = false
        var isBracketed = false
        var hasLetterBefore = false
        var isInside = false

        init(_ searched: SearchedText, _ first: Int) {
            let text = searched.text
            var start = searched.groups[first].lowerBound
            if text[start - 1] == UInt8(ascii: "(") {
                start -= 1
                isBracketed = true
            }
            if text[start - 1] == UInt8(ascii: "+") {
                start -= 1
                isPlus = true
            }
            self.start = start
            hasLetterBefore = text[start - 1].isAlphanumeric
            let before = text[start - 1]
            isInside =
                (before == UInt8(ascii: "-") || before == UInt8(ascii: ".") || before == UInt8(ascii: "/")
                    || before == UInt8(ascii: ",")) && text[start - 2].isAlphanumeric
            end = searched.groups[first].upperBound
            var digits = 0
            for index in first..<min(first + 8, searched.groups.count) {
                let group = searched.groups[index]
                if index > first, !Self.isSeparator(text, end, group.lowerBound) { break }
                if index > first, text[group.upperBound].isLetter, text[group.upperBound].lowercased != 0x78 { break }
                digits += group.count
                if digits > 17 { break }
                lengths.append(group.count)
                end = group.upperBound
            }
        }

        private static func isSeparator(_ text: ScannedText, _ start: Int, _ end: Int) -> Bool {
            guard end - start <= 3 else { return false }
            return (start..<end).allSatisfy { index in
                switch text[index] {
                case 0x20, 0xC2, 0xA0, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: "("),
                    UInt8(ascii: ")"):
                    true
                default: false
                }
            }
        }

        var digits: Int { lengths.reduce(0, +) }
    }

    /// How many groups of a chain are a phone number; nil where none is.
    private static func length(
        of chain: Chain,
        _ searched: SearchedText,
        isCued: Bool,
        isForeign: Bool
    ) -> Int? {
        guard !chain.hasLetterBefore, let first = chain.lengths.first,
            !searched.text[chain.end].isLetter || isX(chain, searched)
        else { return nil }
        if chain.isPlus {
            return searched.digits(chain.start..<chain.end).first != 0 ? whole(chain, 7...15) : nil
        }
        guard !chain.isInside || isCued else { return nil }
        let digits = searched.digits(chain.start..<chain.end)
        if isDate(chain, searched) { return nil }
        if !isForeign, digits.starts(with: [0, 0]), first >= 3 || chain.lengths.count > 2,
            let length = whole(chain, 9...17)
        {
            return length
        }
        if let length = northAmerican(chain, searched, digits) { return isForeign ? nil : length }
        if !isForeign, let length = trunk(chain, searched, digits) { return length }
        return isCued ? whole(chain, 6...15) : nil
    }

    private static func isX(_ chain: Chain, _ searched: SearchedText) -> Bool {
        searched.text[chain.end].lowercased == UInt8(ascii: "x") && searched.text[chain.end + 1].isDigit
    }

    private static func whole(_ chain: Chain, _ allowed: ClosedRange<Int>) -> Int? {
        var (digits, count) = (0, 0)
        for length in chain.lengths {
            if digits + length > allowed.upperBound { break }
            digits += length
            count += 1
        }
        return digits >= allowed.lowerBound ? count : nil
    }

    /// Two short numbers and a year, or a year and two short numbers.
    private static func isDate(_ chain: Chain, _ searched: SearchedText) -> Bool {
        let lengths = chain.lengths.prefix(3)
        guard lengths.count == 3 else { return false }
        return (lengths[0] <= 2 && lengths[1] <= 2 && lengths[2] == 4 && chain.lengths.count < 5)
            || (lengths[0] == 4 && lengths[1] == 2 && lengths[2] == 2)
    }

    /// Three, three and four digits, with brackets, hyphens or dots; perhaps a 1 before them.
    private static func northAmerican(_ chain: Chain, _ searched: SearchedText, _ digits: [Int]) -> Int? {
        let skipped = chain.lengths[0] == 1 && digits[0] == 1 ? 1 : 0
        guard Array(chain.lengths.dropFirst(skipped).prefix(3)) == [3, 3, 4] else { return nil }
        let area = digits.dropFirst(skipped)
        let range = chain.start..<chain.end
        let hasMarks = range.contains { index in
            let byte = searched.text[index]
            return byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "(")
        }
        guard hasMarks, let first = area.first, first >= 2 else { return nil }
        return skipped + 3
    }

    /// A national number that begins with 0: in brackets, or in several groups.
    private static func trunk(_ chain: Chain, _ searched: SearchedText, _ digits: [Int]) -> Int? {
        guard digits[0] == 0, chain.lengths[0] >= 2, chain.lengths.count > 1 else { return nil }
        if chain.isBracketed { return whole(chain, 7...12) }
        let isFrench = Array(chain.lengths.prefix(5)) == [2, 2, 2, 2, 2]
        if isFrench { return 5 }
        let hasDot = (chain.start..<chain.end).contains { searched.text[$0] == UInt8(ascii: ".") }
        return hasDot ? nil : whole(chain, 9...12)
    }

    /// The end of a number behind its extension, if it has one: ` x123`, ` ext. 123`.
    private static func withExtension(_ text: ScannedText, _ end: Int) -> Int {
        var index = text.skippingBlanks(from: end, atMost: 1)
        if text.has("ext", at: index) {
            index += 3
            if text.has("ension", at: index) { index += 6 }
            if text[index] == UInt8(ascii: ".") { index += 1 }
        } else if text[index].lowercased == UInt8(ascii: "x") || text[index] == UInt8(ascii: "#") {
            index += 1
        } else {
            return end
        }
        index = text.skippingBlanks(from: index, atMost: 1)
        let start = index
        while index - start < 7, text[index].isDigit { index += 1 }
        return (1...6).contains(index - start) && !text[index].isAlphanumeric ? index : end
    }
}
