/// Text that is searched, as bytes of UTF-8.
///
/// Reading beyond its ends gives zeros, so that rules need not look out.
struct ScannedText {
    let bytes: [UInt8]

    init(_ text: String) { bytes = Array(text.utf8) }

    init(bytes: [UInt8]) { self.bytes = bytes }

    var count: Int { bytes.count }

    subscript(index: Int) -> UInt8 { index >= 0 && index < bytes.count ? bytes[index] : 0 }

    /// All of it.
    var whole: String { text(0..<count) }

    /// As a reader takes it, so that words are compared however they are encoded.
    var unfolded: ScannedText { MappedText(unfolding: self)?.text ?? self }

    func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    /// Whether these capitals or small letters stand at an index, in either case.
    func has(_ word: StaticString, at index: Int) -> Bool {
        guard index >= 0, index + word.utf8CodeUnitCount <= bytes.count else { return false }
        return word.withUTF8Buffer { word in
            for offset in 0..<word.count where bytes[index + offset].lowercased != word[offset].lowercased {
                return false
            }
            return true
        }
    }

    /// Whether these very bytes stand at an index.
    func hasExactly(_ word: StaticString, at index: Int) -> Bool {
        guard index >= 0, index + word.utf8CodeUnitCount <= bytes.count else { return false }
        return word.withUTF8Buffer { word in
            for offset in 0..<word.count where bytes[index + offset] != word[offset] { return false }
            return true
        }
    }

    /// Whether neither a letter nor a digit of ASCII touches the range from outside.
    func standsAlone(_ range: Range<Int>) -> Bool {
        !self[range.lowerBound - 1].isAlphanumeric && !self[range.upperBound].isAlphanumeric
    }

    /// Where spaces and tabs from an index on end, no more of them than `most`.
    func skippingBlanks(from index: Int, atMost most: Int = 3) -> Int {
        var end = index
        while end - index < most, self[end] == 0x20 || self[end] == 0x09 { end += 1 }
        return end
    }
}

extension UInt8 {
    var isDigit: Bool { self &- 0x30 < 10 }
    var isCapital: Bool { self &- 0x41 < 26 }
    var isSmall: Bool { self &- 0x61 < 26 }
    var isLetter: Bool { (self | 0x20) &- 0x61 < 26 }
    var isAlphanumeric: Bool { isDigit || isLetter }
    var isSpace: Bool { self == 0x20 || self == 0x09 || self == 0x0A || self == 0x0D }
    var isHexadecimal: Bool { isDigit || (self | 0x20) &- 0x61 < 6 }
    var lowercased: UInt8 { isCapital ? self | 0x20 : self }
    /// Of the alphabets of base64, with or without marks for URLs.
    var isBase64: Bool {
        isAlphanumeric || self == UInt8(ascii: "+") || self == UInt8(ascii: "/") || isBase64URL
    }
    var isBase64URL: Bool { isAlphanumeric || self == UInt8(ascii: "-") || self == UInt8(ascii: "_") }
}
