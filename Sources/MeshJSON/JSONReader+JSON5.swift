/// What JSON5 (spec.json5.org, version 1.0.0) has beyond JSON.
extension JSONReader {
    /// Takes a space or a comment; false where there is neither.
    mutating func skipSpaceOfJSON5(_ byte: UInt8) throws(JSONError) -> Bool {
        switch byte {
        case 0x0B, 0x0C: offset += 1
        case UInt8(ascii: "/"): try skipComment()
        case 0xC2 where peek(1) == 0xA0: offset += 2  // no-break space
        case 0xEF where peek(1) == 0xBB && peek(2) == 0xBF: offset += 3  // a byte order mark that has wandered
        case 0xE2 where peek(1) == 0x80 && (peek(2) == 0xA8 || peek(2) == 0xA9): offset += 3  // line separators
        default: return false
        }
        return true
    }

    private mutating func skipComment() throws(JSONError) {
        switch peek(1) {
        case UInt8(ascii: "/"):
            while let byte = peek(), byte != 0x0A, byte != 0x0D { offset += 1 }
        case UInt8(ascii: "*"):
            let start = offset
            offset += 2
            while !(peek() == UInt8(ascii: "*") && peek(1) == UInt8(ascii: "/")) {
                guard offset < bytes.count else {
                    offset = start
                    throw truncated("a comment has no end")
                }
                offset += 1
            }
            offset += 2
        default: throw malformed("this is neither a comment nor a value")
        }
    }

    /// A key without quotation marks: letters, digits, `$`, `_` and everything beyond ASCII; not a digit first.
    ///
    /// Escapes in such keys are not read: nobody writes them.
    mutating func bareKey() throws(JSONError) -> String {
        let start = offset
        while let byte = peek(), Self.isKeyByte(byte, isFirst: offset == start) { offset += 1 }
        guard offset > start else { throw malformed("a key is missing") }
        return String(decoding: bytes[start..<offset], as: UTF8.self)
    }

    private static func isKeyByte(_ byte: UInt8, isFirst: Bool) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "$"), UInt8(ascii: "_"), 0x80...0xFF: true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): !isFirst
        default: false
        }
    }

    /// What follows a backslash that JSON does not know; an unknown character stands for itself.
    mutating func escapeOfJSON5(_ byte: UInt8, into text: inout [UInt8]) throws(JSONError) {
        switch byte {
        case UInt8(ascii: "v"): text.append(0x0B)
        case UInt8(ascii: "0"):
            guard peek().map({ $0 &- UInt8(ascii: "0") >= 10 }) ?? true else {
                throw malformed("an octal escape is not read")
            }
            text.append(0)
        case UInt8(ascii: "1")...UInt8(ascii: "9"): throw malformed("an octal escape is not read")
        case UInt8(ascii: "x"):
            let scalar = Unicode.Scalar(UInt8(truncatingIfNeeded: try hexadecimal(digits: 2)))
            text.append(contentsOf: String(scalar).utf8)
        case 0x0A: break  // the text goes on in the next line
        case 0x0D: _ = take(0x0A)
        case 0xE2 where peek() == 0x80 && (peek(1) == 0xA8 || peek(1) == 0xA9): offset += 2
        default: text.append(byte)
        }
    }

    /// A number that JSON does not know; nil where it does.
    mutating func numberOfJSON5() throws(JSONError) -> JSONValue? {
        let start = offset
        let isNegative = take(UInt8(ascii: "-"))
        let hasSign = isNegative || take(UInt8(ascii: "+"))
        switch peek() {
        case UInt8(ascii: "I"), UInt8(ascii: "N"): throw malformed("a number must be finite")
        case UInt8(ascii: "0") where peek(1).map { $0 | 0x20 } == UInt8(ascii: "x"):
            offset += 2
            return try hexadecimalNumber(isNegative: isNegative)
        default: break
        }
        let whole = takeDigits()
        let isPadded = whole > 1 && bytes[offset - whole] == UInt8(ascii: "0")
        guard !isPadded else { throw malformed("a number begins with a zero") }
        let hasPoint = take(UInt8(ascii: "."))
        let fraction = hasPoint ? takeDigits() : 0
        // What JSON knows as well is read by its rules.
        guard (hasSign && !isNegative) || (hasPoint && (whole == 0 || fraction == 0)) else {
            offset = start
            return nil
        }
        guard whole + fraction > 0 else { throw malformed("this is no value") }
        let hasExponent = try takeExponent()
        let digits = bytes[(hasSign ? start + 1 : start)..<offset]
        let text = (isNegative ? "-" : "") + (whole == 0 ? "0" : "") + String(decoding: digits, as: UTF8.self)
        if !hasPoint, !hasExponent, let integer = Int64(text) { return .integer(integer) }
        return .number(try finite(Double(fraction == 0 ? Self.completed(text) : text)))
    }

    /// `5.` and `5.e3` with the zero that is missing.
    private static func completed(_ text: String) -> String {
        guard let point = text.firstIndex(of: ".") else { return text }
        return text[...point] + "0" + text[text.index(after: point)...]
    }

    private mutating func hexadecimalNumber(isNegative: Bool) throws(JSONError) -> JSONValue {
        var value: UInt64 = 0
        let start = offset
        while let digit = peek().flatMap(Self.hexadecimalValue) {
            guard value >> 59 == 0 else { throw malformed("a number is beyond what can be represented") }
            value = value << 4 | UInt64(digit)
            offset += 1
        }
        guard offset > start else { throw malformed("a hexadecimal digit is missing") }
        guard let integer = Int64(exactly: value) else {
            throw malformed("a number is beyond what can be represented")
        }
        return .integer(isNegative ? -integer : integer)
    }
}
