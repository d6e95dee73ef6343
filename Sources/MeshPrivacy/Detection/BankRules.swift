/// Numbers of payment cards and of accounts at banks.
enum BankRules {
    static func search(_ searched: SearchedText, _ findings: inout Findings) {
        for index in searched.groups.indices {
            if let range = card(searched, index) { findings.add(.card, range) }
        }
        for word in searched.words where word.count >= 4 && word.hasDigits {
            if let range = account(searched, word.start) { findings.add(.iban, range) }
        }
    }

    // MARK: Cards

    /// A card's number that begins with a group: in one, or in groups with spaces or hyphens between.
    private static func card(_ searched: SearchedText, _ first: Int) -> Range<Int>? {
        let text = searched.text
        let start = searched.groups[first].lowerBound
        let isInside =
            (text[start - 1] == UInt8(ascii: ".") || text[start - 1] == UInt8(ascii: ","))
            && text[start - 2].isDigit
        guard !text[start - 1].isAlphanumeric, !isInside else { return nil }
        var digits: [Int] = []
        var end = start
        var best: Range<Int>?
        let isCued = searched.cue(.card, before: start, within: 40) != nil
        for index in first..<min(first + 6, searched.groups.count) {
            let group = searched.groups[index]
            if index > first {
                guard isSeparator(text, end, group.lowerBound), group.count <= 7, searched.groups[first].count <= 6
                else { break }
            }
            digits += searched.digits(group)
            end = group.upperBound
            guard digits.count <= 19 else { break }
            guard !text[end].isAlphanumeric, digits.count >= 12, isBrand(digits) else { continue }
            let isForeign = digits.count < 14 && searched.cue(.harmless, before: start, within: 16) != nil
            if isCued || (CheckDigits.luhn(digits) && !isForeign) { best = start..<end }
        }
        return best
    }

    private static func isSeparator(_ text: ScannedText, _ start: Int, _ end: Int) -> Bool {
        if end - start == 2 { return text[start] == 0xC2 && text[start + 1] == 0xA0 }
        return end - start == 1 && (text[start] == 0x20 || text[start] == UInt8(ascii: "-"))
    }

    /// Whether a brand gives out numbers that begin so and are so long.
    private static func isBrand(_ digits: [Int]) -> Bool {
        func prefix(_ length: Int) -> Int { digits.prefix(length).reduce(0) { $0 * 10 + $1 } }
        let (two, four) = (prefix(2), prefix(4))
        if four == 604, (12...19).contains(digits.count) { return true }
        switch digits.count {
        case 12, 17...19: return [50, 60, 62, 64, 65].contains(two) || (56...69).contains(two) || digits[0] == 4
        case 13: return digits[0] == 4 || two == 50 || (56...69).contains(two)
        case 14: return two == 30 || two == 36 || two == 38 || two == 39 || two == 50 || (56...69).contains(two)
        case 15: return two == 34 || two == 37 || four == 1_800 || four == 2_131 || two == 50 || (56...69).contains(two)
        case 16: return (2_200...2_720).contains(four) || (3...6).contains(digits[0]) || [81, 82, 97].contains(two)
        default: return false
        }
    }

    // MARK: Accounts

    /// An IBAN that begins at an index: its country says how long it is, and it is 1 modulo 97.
    private static func account(_ searched: SearchedText, _ start: Int) -> Range<Int>? {
        let text = searched.text
        guard !text[start - 1].isAlphanumeric, text[start].isLetter, text[start + 1].isLetter, text[start + 2].isDigit,
            text[start + 3].isDigit, let length = length(text[start].lowercased, text[start + 1].lowercased)
        else { return nil }
        var characters: [UInt8] = []
        var index = start
        while characters.count < length {
            if text[index].isAlphanumeric {
                characters.append(text[index].lowercased)
                index += 1
            } else if let next = groupBehindSeparators(text, index) {
                index = next
            } else {
                break
            }
        }
        let isCued = searched.isCued(.iban, start, within: 24)
        if characters.count < length, !isCued || characters.count < 15 { return nil }
        let range = start..<index
        guard text.standsAlone(range) else { return nil }
        let digits = (characters[4...] + characters[..<4]).flatMap { character in
            character.isDigit ? [Int(character) - 0x30] : [(Int(character) - 87) / 10, (Int(character) - 87) % 10]
        }
        return CheckDigits.mod97(digits) == 1 || isCued ? range : nil
    }

    /// Where the next group begins: behind at most three blanks or hyphens.
    private static func groupBehindSeparators(_ text: ScannedText, _ start: Int) -> Int? {
        var index = start
        while index - start < 3, isSeparator(text, index, index + 1) { index += 1 }
        if index == start, isSeparator(text, index, index + 2) { index += 2 }
        return index > start && text[index].isAlphanumeric ? index : nil
    }

    private static func length(_ first: UInt8, _ second: UInt8) -> Int? {
        lengths[UInt16(first) << 8 | UInt16(second)]
    }

    /// How long the numbers of each country of the registry are.
    private static let lengths: [UInt16: Int] = {
        let listed = """
            AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 \
            EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 \
            KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 \
            PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 \
            UA29 VA22 VG24 XK20 YE30
            """
        var lengths: [UInt16: Int] = [:]
        for entry in listed.utf8.split(separator: 0x20) {
            let bytes = Array(entry)
            lengths[UInt16(bytes[0].lowercased) << 8 | UInt16(bytes[1].lowercased)] =
                Int(bytes[2] - 0x30) * 10 + Int(bytes[3] - 0x30)
        }
        return lengths
    }()
}
