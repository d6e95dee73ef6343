/// Stands for personal data in text that leaves the edge: `PERSON_Q7K4M2`.
///
/// A word, `_`, five characters that a keyed hash decides, and one to check them by. The 31 characters are those that
/// people and models do not take for each other, a prime number, so that the check finds every character that was
/// exchanged and any two that changed places.
package struct Placeholder: Hashable, Sendable {
    /// Its word in the highest bits, then six characters of five bits: the order is that of words, then of codes.
    let packed: UInt64

    init(_ word: PlaceholderWord, body: UInt64) {
        var body = body % Self.bodies
        var packed: UInt64 = 0
        var sum = UInt64(word.rawValue) * 7
        for place in stride(from: UInt64(Self.bodyLength), to: 0, by: -1) {
            let digit = body % Self.base
            body /= Self.base
            packed |= digit << (5 * (6 - place))
            sum += digit * place
        }
        // The last character makes the weighted sum a multiple of 31; 26 is what 6 must be multiplied with to give 1.
        let check = (Self.base - sum % Self.base) * 26 % Self.base
        self.packed = UInt64(word.rawValue) << 30 | packed | check
    }

    /// The placeholder of this word with these six digits, if the last of them is the right one.
    init?(_ word: PlaceholderWord, digits: UInt64) {
        var sum = UInt64(word.rawValue) * 7
        for place in 1...6 as ClosedRange<UInt64> { sum += (digits >> (5 * (6 - place)) & 31) * place }
        guard sum.isMultiple(of: Self.base) else { return nil }
        packed = UInt64(word.rawValue) << 30 | digits
    }

    /// As it stands in text.
    package var text: String {
        var bytes = word.text.withUTF8Buffer { Array($0) } + [UInt8(ascii: "_")]
        bytes += codeBytes
        return String(decoding: bytes, as: UTF8.self)
    }

    var word: PlaceholderWord {
        guard let word = PlaceholderWord(rawValue: UInt8(truncatingIfNeeded: packed >> 30)) else {
            preconditionFailure("a placeholder is made of one of the words")
        }
        return word
    }

    /// The six characters behind the mark.
    var codeBytes: [UInt8] { (0..<6).map { Self.alphabet[Int(packed >> (25 - 5 * UInt64($0)) & 31)] } }

    /// Whether its code is a word that begins a placeholder, which next to a mark could be read as one.
    var isMistakable: Bool { codeBytes.elementsEqual("SECRET".utf8) || codeBytes.elementsEqual("ADDRES".utf8) }

    /// The digit that a character of either case is; nil for all others.
    static func digit(_ byte: UInt8) -> UInt64? {
        let digit = digits[Int(byte)]
        return digit < base ? digit : nil
    }

    static let length = 6
    private static let bodyLength = 5
    private static let base: UInt64 = 31
    /// How many codes there are for a word.
    private static let bodies: UInt64 = 31 * 31 * 31 * 31 * 31
    private static let alphabet = Array("ABCDEFGHJKMNPQRSTUVWXYZ23456789".utf8)
    private static let digits: [UInt64] = (0...255 as ClosedRange<UInt8>).map { byte in
        let isSmall = byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z")
        return alphabet.firstIndex(of: isSmall ? byte - 0x20 : byte).map(UInt64.init) ?? 255
    }
}

extension Placeholder: CustomStringConvertible {
    package var description: String { text }
}
