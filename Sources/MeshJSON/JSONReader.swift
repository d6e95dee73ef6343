internal import MeshCore

/// Which documents are read.
package enum JSONDialect: Hashable, Sendable {
    /// RFC 8259, what programs say.
    case json
    /// JSON5, what people write: comments, trailing commas, names without quotation marks, and more.
    case json5
}

/// Reads one document from bytes.
package struct JSONReader: ~Copyable, ~Escapable {
    let bytes: UnsafeRawBufferPointer
    let dialect: JSONDialect
    var offset = 0
    private var depth = 0
    private var search: Search?

    private struct Search {
        let path: [JSONStep]
        var trail: [JSONStep] = []
        var found: Int?

        var isThere: Bool { trail.elementsEqual(path) { $0.isSame(as: $1) } }
    }

    @_lifetime(borrow bytes)
    private init(_ bytes: UnsafeRawBufferPointer, _ dialect: JSONDialect, search: Search? = nil) {
        self.bytes = bytes
        self.dialect = dialect
        self.search = search
    }

    /// The document in `bytes`, which hold nothing else.
    package static func read(
        _ bytes: [UInt8],
        as dialect: JSONDialect = .json,
        upTo limit: Int = Limits.JSON.maximumBytes
    ) throws(JSONError) -> JSONValue {
        guard bytes.count <= limit else {
            throw JSONError(.tooLarge, "the document has more than \(limit) bytes")
        }
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw JSONError(.malformed, "the document is no UTF-8")
        }
        let outcome = bytes.withUnsafeBytes { bytes in
            Result { () throws(JSONError) in
                var reader = JSONReader(bytes, dialect)
                return try reader.document()
            }
        }
        return try outcome.get()
    }

    /// The document in `text`.
    package static func read(_ text: String, as dialect: JSONDialect = .json) throws(JSONError) -> JSONValue {
        try read(Array(text.utf8), as: dialect)
    }

    /// Where the value at `path` stands in a document; for a member that is where its name begins.
    package static func position(of path: [JSONStep], in bytes: [UInt8], as dialect: JSONDialect) -> JSONPosition? {
        bytes.withUnsafeBytes { bytes in
            var reader = JSONReader(bytes, dialect, search: Search(path: path))
            guard (try? reader.document()) != nil, let found = reader.search?.found else { return nil }
            return JSONPosition(of: found, in: bytes)
        }
    }

    private mutating func document() throws(JSONError) -> JSONValue {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]), dialect == .json5 { offset = 3 }
        try skipSpace()
        let value = try value()
        try skipSpace()
        guard offset == bytes.count else { throw malformed("something follows the end of the document") }
        return value
    }
}

// MARK: - Values

extension JSONReader {
    private mutating func value() throws(JSONError) -> JSONValue {
        guard let byte = peek() else { throw truncated("a value is missing") }
        switch byte {
        case UInt8(ascii: "{"): return try nested { (reader) throws(JSONError) in try reader.object() }
        case UInt8(ascii: "["): return try nested { (reader) throws(JSONError) in try reader.array() }
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "'") where dialect == .json5: return .string(try string())
        case UInt8(ascii: "t"):
            try word("true")
            return .bool(true)
        case UInt8(ascii: "f"):
            try word("false")
            return .bool(false)
        case UInt8(ascii: "n"):
            try word("null")
            return .null
        default: return try number()
        }
    }

    private mutating func nested(
        _ body: (inout JSONReader) throws(JSONError) -> JSONValue
    ) throws(JSONError) -> JSONValue {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Limits.JSON.maximumDepth else {
            throw JSONError(.tooLarge, "more than \(Limits.JSON.maximumDepth) lists and objects inside each other")
        }
        offset += 1
        return try body(&self)
    }

    private mutating func array() throws(JSONError) -> JSONValue {
        var elements: [JSONValue] = []
        while try hasElement(before: UInt8(ascii: "]"), after: elements.count) {
            enter(.index(elements.count), at: offset)
            elements.append(try value())
            leave()
        }
        return .array(elements)
    }

    private mutating func object() throws(JSONError) -> JSONValue {
        var object = JSONObject()
        var keys: Set<JSONKey> = []
        while try hasElement(before: UInt8(ascii: "}"), after: object.count) {
            let start = offset
            let key = try key()
            let isKnown = object.count < Limits.JSON.membersBeforeSet ? object[key] != nil : keys.contains(JSONKey(key))
            guard !isKnown else {
                offset = start
                throw JSONError(.duplicateKey, "a key comes twice, the second time at \(here)")
            }
            try skipSpace()
            guard take(UInt8(ascii: ":")) else { throw malformed("a ':' is missing behind a key") }
            try skipSpace()
            enter(.key(key), at: start)
            object.append(key, try value())
            leave()
            keep(key, in: &keys, of: object)
        }
        return .object(object)
    }

    /// Keeps the keys of a large object in a set.
    private func keep(_ key: String, in keys: inout Set<JSONKey>, of object: JSONObject) {
        if object.count == Limits.JSON.membersBeforeSet {
            keys = Set(object.members.map { JSONKey($0.key) })
        } else if object.count > Limits.JSON.membersBeforeSet {
            keys.insert(JSONKey(key))
        }
    }

    /// Takes what stands between elements, or the end behind the last of them.
    private mutating func hasElement(before end: UInt8, after count: Int) throws(JSONError) -> Bool {
        try skipSpace()
        if take(end) { return false }
        guard count > 0 else { return true }
        guard take(UInt8(ascii: ",")) else {
            throw peek() == nil ? truncated("a list or object has no end") : malformed("a ',' is missing")
        }
        try skipSpace()
        guard peek() == end else { return true }
        guard dialect == .json5 else { throw malformed("a ',' stands before the end") }
        offset += 1
        return false
    }

    private mutating func key() throws(JSONError) -> String {
        guard let byte = peek() else { throw truncated("an object has no end") }
        if byte == UInt8(ascii: "\"") { return try string() }
        guard dialect == .json5 else { throw malformed("a key in quotation marks is missing") }
        return byte == UInt8(ascii: "'") ? try string() : try bareKey()
    }
}

// MARK: - Text and numbers

extension JSONReader {
    private mutating func string() throws(JSONError) -> String {
        let quote = bytes[offset]
        offset += 1
        let start = offset
        while let byte = peek() {
            if byte == quote {
                defer { offset += 1 }
                return String(decoding: bytes[start..<offset], as: UTF8.self)
            }
            if byte == UInt8(ascii: "\\") { return try escapedString(from: start, quote) }
            guard byte >= 0x20 else { throw malformed("a control stands in text") }
            offset += 1
        }
        throw truncated("text has no end")
    }

    /// The rest of a string with escapes, which is copied piece by piece.
    private mutating func escapedString(from start: Int, _ quote: UInt8) throws(JSONError) -> String {
        var text = Array(bytes[start..<offset])
        while let byte = peek() {
            offset += 1
            if byte == quote { return String(decoding: text, as: UTF8.self) }
            if byte == UInt8(ascii: "\\") {
                try escape(into: &text)
            } else {
                guard byte >= 0x20 else { throw malformed("a control stands in text") }
                text.append(byte)
            }
        }
        throw truncated("text has no end")
    }

    private mutating func escape(into text: inout [UInt8]) throws(JSONError) {
        guard let byte = peek() else { throw truncated("text has no end") }
        offset += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): text.append(contentsOf: String(try escapedScalar()).utf8)
        default:
            guard dialect == .json5 else { throw malformed("an escape is unknown") }
            try escapeOfJSON5(byte, into: &text)
        }
    }

    /// The character of one or two `\uXXXX`; a half of a pair without the other is refused.
    private mutating func escapedScalar() throws(JSONError) -> Unicode.Scalar {
        let first = try hexadecimal(digits: 4)
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xDC00, take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
            throw malformed("half of a surrogate pair stands alone")
        }
        let second = try hexadecimal(digits: 4)
        guard (0xDC00...0xDFFF).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw malformed("half of a surrogate pair stands alone") }
        return scalar
    }

    mutating func hexadecimal(digits: Int) throws(JSONError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<digits {
            guard let byte = peek() else { throw truncated("an escape has no end") }
            guard let digit = Self.hexadecimalValue(byte) else { throw malformed("a hexadecimal digit is missing") }
            value = value << 4 | UInt32(digit)
            offset += 1
        }
        return value
    }

    private mutating func number() throws(JSONError) -> JSONValue {
        let start = offset
        if dialect == .json5, let number = try numberOfJSON5() { return number }
        _ = take(UInt8(ascii: "-"))
        let whole = takeDigits()
        let isPadded = whole > 1 && bytes[offset - whole] == UInt8(ascii: "0")
        guard whole > 0, !isPadded else {
            offset = start
            throw malformed(isPadded ? "a number begins with a zero" : "this is no value")
        }
        let hasFraction = try takeFraction()
        let hasExponent = try takeExponent()
        let text = String(decoding: bytes[start..<offset], as: UTF8.self)
        if !hasFraction, !hasExponent, let integer = Int64(text) { return .integer(integer) }
        return .number(try finite(Double(text)))
    }

    private mutating func takeFraction() throws(JSONError) -> Bool {
        guard take(UInt8(ascii: ".")) else { return false }
        guard takeDigits() > 0 else { throw malformed("digits are missing behind a point") }
        return true
    }

    mutating func takeExponent() throws(JSONError) -> Bool {
        guard take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) else { return false }
        if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
        guard takeDigits() > 0 else { throw malformed("digits are missing in an exponent") }
        return true
    }

    mutating func takeDigits() -> Int {
        let start = offset
        while let byte = peek(), byte &- UInt8(ascii: "0") < 10 { offset += 1 }
        return offset - start
    }

    func finite(_ number: Double?) throws(JSONError) -> Double {
        guard let number, number.isFinite else { throw malformed("a number is beyond what can be represented") }
        return number
    }
}

// MARK: - Bytes

extension JSONReader {
    func peek(_ ahead: Int = 0) -> UInt8? { offset + ahead < bytes.count ? bytes[offset + ahead] : nil }

    mutating func take(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        offset += 1
        return true
    }

    mutating func word(_ word: StaticString) throws(JSONError) {
        let end = offset + word.utf8CodeUnitCount
        let isThere = word.withUTF8Buffer { end <= bytes.count && bytes[offset..<end].elementsEqual($0) }
        guard isThere else { throw malformed("this is no value") }
        offset = end
    }

    private mutating func skipSpace() throws(JSONError) {
        while let byte = peek() {
            switch byte {
            case 0x20, 0x09, 0x0A, 0x0D: offset += 1
            default:
                guard dialect == .json5, try skipSpaceOfJSON5(byte) else { return }
            }
        }
    }

    static func hexadecimalValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

// MARK: - Places

extension JSONReader {
    var here: JSONPosition { JSONPosition(of: offset, in: bytes) }

    func malformed(_ what: String) -> JSONError { JSONError(.malformed, "\(here): \(what)") }

    func truncated(_ what: String) -> JSONError { JSONError(.truncated, "\(here): \(what)") }

    private mutating func enter(_ step: JSONStep, at start: Int) {
        guard search != nil else { return }
        search?.trail.append(step)
        if let search, search.found == nil, search.isThere { self.search?.found = start }
    }

    private mutating func leave() {
        guard search != nil else { return }
        search?.trail.removeLast()
    }
}
