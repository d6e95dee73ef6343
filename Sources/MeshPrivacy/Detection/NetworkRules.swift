/// E-mail addresses, addresses of machines, and addresses in the web that carry a password.
///
/// Each rule starts at a mark that is rare (`@`, `://`, `:`, the second dot of four numbers) and looks no further than
/// a bound in either direction, so that the whole is linear.
enum NetworkRules {
    static func search(_ searched: SearchedText, _ findings: inout Findings) {
        let text = searched.text
        var free = 0
        for index in 0..<text.count {
            switch text[index] {
            case UInt8(ascii: "@"):
                if let range = email(text, at: index) { findings.add(.email, range) }
            case UInt8(ascii: ":"):
                if text[index + 1] == UInt8(ascii: "/"), let range = url(text, at: index) {
                    findings.add(.url, range)
                } else if index >= free, let (kind, range) = colons(text, at: index) ?? besideWord(text, at: index) {
                    findings.add(kind, range)
                    free = range.upperBound
                } else if index >= free {
                    free = endOfColons(text, at: index)
                }
            default: break
            }
        }
        for index in searched.groups.indices {
            if let range = addressOfFourNumbers(searched, index) { findings.add(.ip, range) }
        }
        for word in searched.words where word.count == 2 || word.count == 4 {
            if let range = dashedHardware(text, word.start) { findings.add(.mac, range) }
        }
    }

    // MARK: E-mail

    private static func email(_ text: ScannedText, at sign: Int) -> Range<Int>? {
        var start = sign
        // Longer than any mail server takes; a run beyond that is base64 or the like, and its tail stays hidden too.
        while start > 0, sign - start < longestLocal, isLocal(text[start - 1]) { start -= 1 }
        while start < sign, text[start] == UInt8(ascii: ".") || text[start] == UInt8(ascii: "'") { start += 1 }
        if text[start - 1] == UInt8(ascii: "\""), start == sign { start = quoted(text, endingAt: sign - 1) ?? sign }
        guard start < sign else { return nil }
        var end = sign + 1
        var lastDot = 0
        while end - sign < 254, isDomain(text[end]) {
            if text[end] == UInt8(ascii: ".") {
                if text[end - 1] == UInt8(ascii: ".") || end == sign + 1 { break }
                lastDot = end
            }
            end += 1
        }
        while end > sign, text[end - 1] == UInt8(ascii: ".") || text[end - 1] == UInt8(ascii: "-") { end -= 1 }
        if lastDot >= end { lastDot = lastDotBefore(end, text, sign) }
        guard lastDot > sign, end - lastDot > 2, !text[lastDot + 1].isDigit else { return nil }
        return start..<end
    }

    /// Bytes before the sign: four times what mail servers take.
    private static let longestLocal = 256

    private static func lastDotBefore(_ end: Int, _ text: ScannedText, _ sign: Int) -> Int {
        var index = end - 1
        while index > sign, text[index] != UInt8(ascii: ".") { index -= 1 }
        return index
    }

    /// The beginning of a local part in quotation marks.
    private static func quoted(_ text: ScannedText, endingAt end: Int) -> Int? {
        var index = end - 1
        while index >= 0, end - index < 64, text[index] != UInt8(ascii: "\n") {
            if text[index] == UInt8(ascii: "\"") { return index }
            index -= 1
        }
        return nil
    }

    private static func isLocal(_ byte: UInt8) -> Bool {
        if byte.isAlphanumeric || byte >= 0x80 { return true }
        switch byte {
        case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "%"),
            UInt8(ascii: "'"), UInt8(ascii: "&"), UInt8(ascii: "!"), UInt8(ascii: "~"), UInt8(ascii: "$"):
            return true
        default: return false
        }
    }

    private static func isDomain(_ byte: UInt8) -> Bool {
        byte.isAlphanumeric || byte >= 0x80 || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
    }

    // MARK: Addresses in the web

    /// `scheme://user:password@host…`, to its end; without something before the `@` there is nothing to hide.
    private static func url(_ text: ScannedText, at colon: Int) -> Range<Int>? {
        guard text[colon + 2] == UInt8(ascii: "/") else { return nil }
        var start = colon
        while start > 0, colon - start < 20, text[start - 1].isAlphanumeric || text[start - 1] == UInt8(ascii: "+") {
            start -= 1
        }
        guard start < colon, text[start].isLetter else { return nil }
        var index = colon + 3
        var sign: Int?
        while index - colon < 512, isUserinfo(text[index]), text[index] != UInt8(ascii: "/") {
            if text[index] == UInt8(ascii: "@") { sign = index }
            index += 1
        }
        guard let sign, sign > colon + 3 else { return nil }
        index = sign + 1
        while index - colon < 2_048, isURL(text[index]) { index += 1 }
        while index > sign + 1, isClosing(text[index - 1]) { index -= 1 }
        return start..<index
    }

    /// What people put into a name or a password before a host, whether a URL may hold it or not.
    private static func isUserinfo(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte != 0x7F && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "<")
            && byte != UInt8(ascii: ">")
    }

    private static func isURL(_ byte: UInt8) -> Bool {
        guard byte > 0x20, byte < 0x7F else { return false }
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "`"), UInt8(ascii: "{"),
            UInt8(ascii: "}"), UInt8(ascii: "|"), UInt8(ascii: "\\"):
            return false
        default: return true
        }
    }

    private static func isClosing(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "."), UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: ":"), UInt8(ascii: "!"),
            UInt8(ascii: "?"), UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "'"):
            return true
        default: return false
        }
    }

    // MARK: Numbers with colons

    /// The same behind `ip:` or `MAC:`, whose colon is none of the address's.
    private static func besideWord(_ text: ScannedText, at colon: Int) -> (PersonalKind, Range<Int>)? {
        guard text[colon - 1].isAlphanumeric, text[colon + 1].isHexadecimal else { return nil }
        var next = colon + 1
        while next - colon < 6, text[next].isHexadecimal { next += 1 }
        guard text[next] == UInt8(ascii: ":") else { return nil }
        return colons(text, at: next, notBefore: colon + 1)
    }

    /// An address of IPv6 or of a network card whose first colon stands at an index.
    private static func colons(
        _ text: ScannedText,
        at colon: Int,
        notBefore first: Int = 0
    ) -> (PersonalKind, Range<Int>)? {
        var start = colon
        while start > first, colon - start < 5, text[start - 1].isHexadecimal { start -= 1 }
        guard start == first || !text[start - 1].isAlphanumeric else { return nil }
        var end = colon
        var (groups, colons, longest, digits, isShort) = (0, 0, 0, 0, false)
        var index = start
        while index - start < 46 {
            var length = 0
            while length < 5, text[index].isHexadecimal {
                if text[index].isDigit { digits += 1 }
                index += 1
                length += 1
            }
            if length > 0 {
                groups += 1
                longest = max(longest, length)
                if groups > 1, length != 2 || index - start > 17 { longest = max(longest, 3) }
                end = index
            }
            guard text[index] == UInt8(ascii: ":"), colons < 9 else { break }
            // A colon behind a whole address belongs to the sentence, also where a word with a to f follows.
            let isWhole = groups == 6 && !isShort && end - start == 17 && !isGroup(text, index + 1)
            if isWhole || groups == 8 { break }
            if isShort, text[index + 1] != UInt8(ascii: ":"), !isGroup(text, index + 1) { break }
            colons += 1
            if text[index + 1] == UInt8(ascii: ":") {
                guard !isShort else { return nil }
                isShort = true
                index += 1
                end = index + 1
            }
            index += 1
        }
        let range = start..<end
        let isAlone = text.standsAlone(range) || start == first && !text[end].isAlphanumeric
        guard longest <= 4, digits > 0, isAlone else { return nil }
        guard text[end] != UInt8(ascii: ":") || !isGroup(text, end + 1) && text[end + 1] != UInt8(ascii: ":") else {
            return nil
        }
        if groups == 6, !isShort, end - start == 17 { return (.mac, range) }
        if text[end] == UInt8(ascii: "."), text[end + 1].isDigit { return mapped(text, range, isShort) }
        guard isShort ? groups >= 2 && groups < 8 : groups == 8 else { return nil }
        return (.ip, range)
    }

    /// Whether one to four digits of sixteen stand here, and no word.
    private static func isGroup(_ text: ScannedText, _ start: Int) -> Bool {
        var end = start
        while end - start < 5, text[end].isHexadecimal { end += 1 }
        return (1...4).contains(end - start) && !text[end].isAlphanumeric
    }

    /// An address of IPv6 that ends in one of IPv4.
    private static func mapped(_ text: ScannedText, _ range: Range<Int>, _ isShort: Bool) -> (PersonalKind, Range<Int>)?
    {
        var end = range.upperBound
        while end - range.upperBound < 12, text[end].isDigit || text[end] == UInt8(ascii: ".") { end += 1 }
        if text[end - 1] == UInt8(ascii: ".") { end -= 1 }
        return isShort ? (.ip, range.lowerBound..<end) : nil
    }

    /// Where the run of digits and colons around an index ends, so that it is looked at once.
    private static func endOfColons(_ text: ScannedText, at colon: Int) -> Int {
        var end = colon
        while end - colon < 46, text[end].isHexadecimal || text[end] == UInt8(ascii: ":") { end += 1 }
        return end
    }

    /// `6e-10-a1-69-5b-99`, and Cisco's `6e10.a169.5b99`.
    private static func dashedHardware(_ text: ScannedText, _ start: Int) -> Range<Int>? {
        guard !text[start - 1].isAlphanumeric, text[start - 1] != UInt8(ascii: "-") else { return nil }
        for (mark, length, groups) in [(UInt8(ascii: "-"), 2, 6), (UInt8(ascii: "."), 4, 3)] {
            var index = start
            var letters = 0
            let isHere = (0..<groups).allSatisfy { group in
                for offset in 0..<length {
                    guard text[index + offset].isHexadecimal else { return false }
                    if text[index + offset].isLetter { letters += 1 }
                }
                index += length
                guard group < groups - 1 else { return true }
                defer { index += 1 }
                return text[index] == mark
            }
            let range = start..<index
            if isHere, letters > 0, text.standsAlone(range), text[index] != mark { return range }
        }
        return nil
    }

    // MARK: Four numbers

    /// An address of IPv4 that begins with a group, but for those that are every machine's own.
    private static func addressOfFourNumbers(_ searched: SearchedText, _ index: Int) -> Range<Int>? {
        guard index + 3 < searched.groups.count else { return nil }
        let text = searched.text
        let groups = searched.groups[index...index + 3]
        var numbers: [Int] = []
        for (offset, group) in groups.enumerated() {
            guard group.count <= 3 else { return nil }
            if offset > 0 {
                let before = searched.groups[index + offset - 1].upperBound
                guard group.lowerBound == before + 1, text[before] == UInt8(ascii: ".") else { return nil }
            }
            let number = searched.digits(group).reduce(0) { $0 * 10 + $1 }
            guard number <= 255, group.count == 1 || text[group.lowerBound] != 0x30 else { return nil }
            numbers.append(number)
        }
        let range = searched.groups[index].lowerBound..<searched.groups[index + 3].upperBound
        let isLonger = text[range.upperBound] == UInt8(ascii: ".") && text[range.upperBound + 1].isDigit
        let isInside = text[range.lowerBound - 1] == UInt8(ascii: ".") && text[range.lowerBound - 2].isDigit
        guard text.standsAlone(range), !isLonger, !isInside else { return nil }
        let isNobodys = numbers[0] == 127 || numbers == [0, 0, 0, 0] || numbers[0] == 255
        return isNobodys || searched.cue(.version, before: range.lowerBound, within: 30) != nil ? nil : range
    }
}
