/// The fields of a message, in their order, names in lower case.
///
/// All text lies in one run of bytes, so that a message with thirty fields costs two allocations: this is the value
/// that every request carries, most of which nobody asks for.
package struct HTTPFields: Hashable, Sendable {
    private var bytes: [UInt8] = []
    private var entries: [Entry] = []

    private struct Entry: Hashable, Sendable {
        let nameEnd: Int32
        let valueEnd: Int32
    }

    /// No fields.
    package init() {}

    /// These fields.
    package init(_ fields: KeyValuePairs<HTTPFieldName, String>) {
        for (name, value) in fields { append(name, value) }
    }

    /// How many there are.
    package var count: Int { entries.count }

    /// Bytes of all names and values.
    package var byteCount: Int { bytes.count }

    /// Has room for so many bytes from the start.
    package mutating func reserve(fields: Int, bytes count: Int) {
        entries.reserveCapacity(fields)
        bytes.reserveCapacity(count)
    }
}

// MARK: - Reading

extension HTTPFields {
    /// The first value of `name`.
    package subscript(name: HTTPFieldName) -> String? {
        firstIndex(of: name, from: 0).map { value(at: $0) }
    }

    /// All values of `name`, in their order.
    package func values(of name: HTTPFieldName) -> [String] {
        var values: [String] = []
        var start = 0
        while let index = firstIndex(of: name, from: start) {
            values.append(value(at: index))
            start = index + 1
        }
        return values
    }

    /// How many fields are called `name`.
    package func count(of name: HTTPFieldName) -> Int {
        var count = 0
        var start = 0
        while let index = firstIndex(of: name, from: start) {
            count += 1
            start = index + 1
        }
        return count
    }

    /// Whether a field is called `name`.
    package func contains(_ name: HTTPFieldName) -> Bool { firstIndex(of: name, from: 0) != nil }

    /// Whether a list in fields called `name` has `token`, in any case (RFC 9110 §5.6.1).
    package func contains(_ name: HTTPFieldName, token: String) -> Bool {
        values(of: name).contains { value in
            value.utf8.split(separator: UInt8(ascii: ",")).contains { element in
                Self.equalIgnoringCase(Self.trimmed(element), token.utf8)
            }
        }
    }

    /// Calls `body` with the bytes of each name and value, in their order.
    package func forEach(_ body: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Void) {
        bytes.withUnsafeBytes { bytes in
            var start = 0
            for entry in entries {
                let name = UnsafeRawBufferPointer(rebasing: bytes[start..<Int(entry.nameEnd)])
                let value = UnsafeRawBufferPointer(rebasing: bytes[Int(entry.nameEnd)..<Int(entry.valueEnd)])
                body(name, value)
                start = Int(entry.valueEnd)
            }
        }
    }

    /// Each name and value as text, for people and tests.
    package var all: [(name: String, value: String)] {
        entries.indices.map { (String(decoding: bytes[range(ofNameAt: $0)], as: UTF8.self), value(at: $0)) }
    }

    private func range(ofNameAt index: Int) -> Range<Int> {
        (index == 0 ? 0 : Int(entries[index - 1].valueEnd))..<Int(entries[index].nameEnd)
    }

    private func value(at index: Int) -> String {
        String(decoding: bytes[Int(entries[index].nameEnd)..<Int(entries[index].valueEnd)], as: UTF8.self)
    }

    private func firstIndex(of name: HTTPFieldName, from start: Int) -> Int? {
        var index = start
        while index < entries.count {
            let range = range(ofNameAt: index)
            if range.count == name.text.utf8.count, bytes[range].elementsEqual(name.text.utf8) { return index }
            index += 1
        }
        return nil
    }

    private static func trimmed(_ text: Substring.UTF8View) -> Substring.UTF8View {
        var text = text
        while let first = text.first, first == 0x20 || first == 0x09 { text = text.dropFirst() }
        while let last = text.last, last == 0x20 || last == 0x09 { text = text.dropLast() }
        return text
    }

    private static func equalIgnoringCase(_ left: Substring.UTF8View, _ right: String.UTF8View) -> Bool {
        left.count == right.count && zip(left, right).allSatisfy { lowercased($0) == lowercased($1) }
    }

    static func lowercased(_ byte: UInt8) -> UInt8 { byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte }
}

// MARK: - Writing

extension HTTPFields {
    /// Adds a field behind the others.
    ///
    /// A byte that may not stand in a value (a line end, NUL, another control) becomes a space, as RFC 9110 §5.5
    /// allows: text from outside can add no field and end no message.
    package mutating func append(_ name: HTTPFieldName, _ value: String) {
        bytes.append(contentsOf: name.text.utf8)
        let nameEnd = Int32(clamping: bytes.count)
        for byte in value.utf8 { bytes.append(Self.isValueByte(byte) ? byte : 0x20) }
        entries.append(Entry(nameEnd: nameEnd, valueEnd: Int32(clamping: bytes.count)))
    }

    /// Adds all fields of `others` behind these.
    package mutating func append(contentsOf others: HTTPFields) {
        let start = Int32(clamping: bytes.count)
        bytes.append(contentsOf: others.bytes)
        for entry in others.entries {
            entries.append(Entry(nameEnd: start + entry.nameEnd, valueEnd: start + entry.valueEnd))
        }
    }

    /// Puts `value` in the place of all that was there of `name`.
    package mutating func set(_ name: HTTPFieldName, _ value: String) {
        remove(name)
        append(name, value)
    }

    /// Takes all fields called `name` out.
    package mutating func remove(_ name: HTTPFieldName) {
        guard contains(name) else { return }
        var rest = HTTPFields()
        for index in entries.indices {
            let range = range(ofNameAt: index)
            guard !bytes[range].elementsEqual(name.text.utf8) else { continue }
            rest.appendParsed(name: bytes[range], value: bytes[range.upperBound..<Int(entries[index].valueEnd)])
        }
        self = rest
    }

    /// Adds a field that a parser has checked: the name a token in lower case, the value without controls.
    mutating func appendParsed(name: some Collection<UInt8>, value: some Collection<UInt8>) {
        bytes.append(contentsOf: name)
        let nameEnd = Int32(clamping: bytes.count)
        bytes.append(contentsOf: value)
        entries.append(Entry(nameEnd: nameEnd, valueEnd: Int32(clamping: bytes.count)))
    }

    static func isValueByte(_ byte: UInt8) -> Bool { byte >= 0x20 && byte != 0x7F || byte == 0x09 }
}
