/// Bytes that a reader takes for another character than they are, or for none.
struct TextUnit {
    enum Meaning {
        /// It cannot be seen.
        case nothing
        /// One byte of a character, as URLs escape it.
        case byte(UInt8)
        /// It stands on the letter before it.
        case mark(UInt32)
        case scalar(UInt32)
    }

    let meaning: Meaning
    let length: Int

    /// What begins at an index; nil where the text is taken as it stands.
    init?(_ text: ScannedText, at index: Int) {
        let found: (Meaning, Int)? =
            switch text[index] {
            case UInt8(ascii: "\\"): Self.escaped(text, index)
            case UInt8(ascii: "%"): Self.percent(text, index)
            case UInt8(ascii: "&"): Self.entity(text, index)
            default: Self.character(text, index)
            }
        guard let (meaning, length) = found else { return nil }
        (self.meaning, self.length) = (meaning, length)
    }

    // MARK: Escapes

    /// `\n`, `\"`, `\u00fc`, `\xfc`, with as many backslashes as documents inside documents need.
    private static func escaped(_ text: ScannedText, _ start: Int) -> (Meaning, Int)? {
        var index = start + 1
        while index - start < longestRun, text[index] == UInt8(ascii: "\\") { index += 1 }
        let length = index + 1 - start
        switch text[index] {
        case UInt8(ascii: "n"), UInt8(ascii: "r"): return (.scalar(0x0A), length)
        case UInt8(ascii: "t"): return (.scalar(0x09), length)
        case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "/"): return (.scalar(UInt32(text[index])), length)
        case UInt8(ascii: "u"): return hexadecimal(text, index + 1, 4).map { (meaning(of: $0), length + 4) }
        case UInt8(ascii: "x"):
            return hexadecimal(text, index + 1, 2).map { (.byte(UInt8(truncatingIfNeeded: $0)), length + 2) }
        default: return nil
        }
    }

    /// `%40`, and `%2540` where it was escaped twice.
    private static func percent(_ text: ScannedText, _ start: Int) -> (Meaning, Int)? {
        var index = start + 1
        while index - start < longestRun, text[index] == UInt8(ascii: "2"), text[index + 1] == UInt8(ascii: "5"),
            hexadecimal(text, index + 2, 2) != nil
        {
            index += 2
        }
        guard let byte = hexadecimal(text, index, 2), byte != 0x25 else { return nil }
        return (.byte(UInt8(truncatingIfNeeded: byte)), index + 2 - start)
    }

    /// `&#64;`, `&#x40;`, `&commat;`.
    private static func entity(_ text: ScannedText, _ start: Int) -> (Meaning, Int)? {
        if text[start + 1] == UInt8(ascii: "#") {
            let isHexadecimal = text[start + 2].lowercased == UInt8(ascii: "x")
            let first = start + (isHexadecimal ? 3 : 2)
            var (index, value): (Int, UInt32) = (first, 0)
            while index - first < 7, isHexadecimal ? text[index].isHexadecimal : text[index].isDigit {
                value = value * (isHexadecimal ? 16 : 10) + UInt32(text[index].hexadecimalDigit)
                index += 1
            }
            guard index > first, text[index] == UInt8(ascii: ";") else { return nil }
            return (meaning(of: value), index + 1 - start)
        }
        for (name, scalar) in entities where text.hasExactly(name, at: start + 1) {
            return (meaning(of: scalar), 1 + name.utf8CodeUnitCount)
        }
        return nil
    }

    private static func hexadecimal(_ text: ScannedText, _ start: Int, _ count: Int) -> UInt32? {
        var value: UInt32 = 0
        for index in start..<start + count {
            guard text[index].isHexadecimal else { return nil }
            value = value << 4 | UInt32(text[index].hexadecimalDigit)
        }
        return value
    }

    /// Backslashes, or signs of a URL's escape, before one character.
    private static let longestRun = 16

    private static let entities: [(StaticString, UInt32)] = [
        ("commat;", 0x40), ("period;", 0x2E), ("lowbar;", 0x5F), ("plus;", 0x2B), ("nbsp;", 0x20), ("shy;", 0xAD),
        ("amp;", 0x26), ("quot;", 0x22), ("apos;", 0x27), ("lt;", 0x3C), ("gt;", 0x3E), ("auml;", 0xE4),
        ("ouml;", 0xF6), ("uuml;", 0xFC), ("Auml;", 0xC4), ("Ouml;", 0xD6), ("Uuml;", 0xDC), ("szlig;", 0xDF),
        ("eacute;", 0xE9), ("egrave;", 0xE8), ("agrave;", 0xE0), ("aacute;", 0xE1), ("ccedil;", 0xE7),
        ("ntilde;", 0xF1), ("oacute;", 0xF3), ("iacute;", 0xED), ("uacute;", 0xFA), ("zwnj;", 0x200C),
    ]

    // MARK: Characters

    private static func character(_ text: ScannedText, _ index: Int) -> (Meaning, Int)? {
        let (first, second, third) = (UInt32(text[index]), UInt32(text[index + 1]), UInt32(text[index + 2]))
        let isShort = first < 0xE0
        guard second & 0xC0 == 0x80, isShort || third & 0xC0 == 0x80 else { return nil }
        let scalar =
            isShort
            ? (first & 0x1F) << 6 | second & 0x3F : (first & 0x0F) << 12 | (second & 0x3F) << 6 | third & 0x3F
        let meaning = meaning(of: scalar)
        if case .scalar(scalar) = meaning { return nil }
        return (meaning, isShort ? 2 : 3)
    }

    /// What a character is to a reader: blanks and hyphens are one each, wide letters are letters.
    private static func meaning(of scalar: UInt32) -> Meaning {
        switch scalar {
        case 0x300...0x36F: .mark(scalar)
        // Soft hyphens, characters without width, directions, variants.
        case 0xAD, 0x200B...0x200F, 0x202A...0x202E, 0x2060...0x2064, 0x2066...0x2069, 0xFE00...0xFE0F, 0xFEFF:
            .nothing
        case 0xA0, 0x2000...0x200A, 0x202F, 0x205F, 0x3000: .scalar(0x20)
        case 0x2010...0x2015, 0x2212, 0xFE58, 0xFE63: .scalar(UInt32(UInt8(ascii: "-")))
        case 0x2018, 0x2019, 0x201B, 0x2BC: .scalar(UInt32(UInt8(ascii: "'")))
        case 0xFF01...0xFF5E: .scalar(scalar - 0xFEE0)
        case 0, 0xD800...0xDFFF, 0x110000...: .scalar(0xFFFD)
        default: .scalar(scalar)
        }
    }
}

extension UInt8 {
    /// The value of a digit of sixteen; of anything else whatever comes out.
    var hexadecimalDigit: UInt8 { isDigit ? self & 0x0F : (self & 0x0F) &+ 9 }
}
