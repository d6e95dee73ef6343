/// Bytes as text that people can read to each other: Crockford's alphabet in lower case, without i, l, o and u.
enum Base32 {
    /// Eight characters for five bytes; `bytes` are a multiple of five.
    static func encode(_ bytes: UnsafeRawBufferPointer) -> String {
        precondition(bytes.count.isMultiple(of: 5), "groups of five bytes")
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count / 5 * 8)
        for start in stride(from: 0, to: bytes.count, by: 5) {
            var group: UInt64 = 0
            for index in start..<start + 5 { group = group << 8 | UInt64(bytes[index]) }
            append(group, characters: 8, to: &text)
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The lowest bits of `number` in so many characters.
    static func encode(_ number: UInt64, characters: Int) -> String {
        var text: [UInt8] = []
        append(number, characters: characters, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// The number that at most twelve characters spell; nil where one of them is none of ours.
    static func decode(_ text: some Collection<UInt8>) -> UInt64? {
        guard text.count <= 12 else { return nil }
        var number: UInt64 = 0
        for character in text {
            guard character < 128, let value = values[Int(character)] else { return nil }
            number = number << 5 | UInt64(value)
        }
        return number
    }

    private static func append(_ number: UInt64, characters: Int, to text: inout [UInt8]) {
        for place in (0..<characters).reversed() { text.append(alphabet[Int(number >> UInt64(5 * place) & 31)]) }
    }

    private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)

    private static let values: [UInt8?] = (0..<128).map { character in
        alphabet.firstIndex(of: UInt8(character)).map { UInt8($0) }
    }
}
