/// A value that travels between nodes and stands in the journal.
///
/// A record is an array of its fields in a fixed order; fields are only ever appended. An enum with payloads is a
/// record whose first field is a stable number. See docs/protocol.md, "Values".
public protocol WireCodable: Sendable {
    /// Appends the one encoding of this value.
    func encode(into writer: inout WireWriter)

    /// Reads a value, or refuses bytes that do not spell one.
    init(from reader: inout WireReader) throws(WireError)
}

extension WireCodable {
    /// The bytes of this value alone.
    public var wireBytes: [UInt8] { WireWriter.bytes { encode(into: &$0) } }

    /// The value that `bytes` spell from the first to the last.
    public init(wireBytes bytes: RawSpan) throws(WireError) {
        var reader = WireReader(bytes)
        try self.init(from: &reader)
        try reader.finish()
    }

    /// The value that `bytes` spell from the first to the last.
    public init(wireBytes bytes: [UInt8]) throws(WireError) { try self.init(wireBytes: bytes.span.bytes) }
}

extension Bool: WireCodable {
    public func encode(into writer: inout WireWriter) { writer.write(self) }
    public init(from reader: inout WireReader) throws(WireError) { self = try reader.readBool() }
}

extension Int64: WireCodable {
    public func encode(into writer: inout WireWriter) { writer.write(self) }
    public init(from reader: inout WireReader) throws(WireError) { self = try reader.readInt64() }
}

extension UInt64: WireCodable {
    public func encode(into writer: inout WireWriter) { writer.write(self) }
    public init(from reader: inout WireReader) throws(WireError) { self = try reader.readUInt64() }
}

extension UInt32: WireCodable {
    public func encode(into writer: inout WireWriter) { writer.write(UInt64(self)) }
    public init(from reader: inout WireReader) throws(WireError) { self = try reader.readInteger() }
}

extension UInt16: WireCodable {
    public func encode(into writer: inout WireWriter) { writer.write(UInt64(self)) }
    public init(from reader: inout WireReader) throws(WireError) { self = try reader.readInteger() }
}

extension Double: WireCodable {
    public func encode(into writer: inout WireWriter) { writer.write(self) }
    public init(from reader: inout WireReader) throws(WireError) { self = try reader.readDouble() }
}

extension String: WireCodable {
    public func encode(into writer: inout WireWriter) { writer.write(self) }
    public init(from reader: inout WireReader) throws(WireError) { self = try reader.readText() }
}

extension Optional: WireCodable where Wrapped: WireCodable {
    public func encode(into writer: inout WireWriter) {
        switch self {
        case let value?: value.encode(into: &writer)
        case nil: writer.writeNil()
        }
    }

    public init(from reader: inout WireReader) throws(WireError) {
        self = try reader.readNil() ? nil : Wrapped(from: &reader)
    }
}

extension Array: WireCodable where Element: WireCodable {
    public func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: count)
        for element in self { element.encode(into: &writer) }
    }

    public init(from reader: inout WireReader) throws(WireError) {
        let count = try reader.beginArray()
        self = []
        reserveCapacity(WireReader.roomBeforeReading(count))
        for _ in 0..<count { append(try Element(from: &reader)) }
        reader.endNesting()
    }
}

extension Dictionary: WireCodable where Key == String, Value: WireCodable {
    public func encode(into writer: inout WireWriter) {
        writer.writeMapHead(count: count)
        for (key, value) in sorted(by: { Self.precedes($0.key, $1.key) }) {
            writer.write(key)
            value.encode(into: &writer)
        }
    }

    public init(from reader: inout WireReader) throws(WireError) {
        let count = try reader.beginMap()
        self = [:]
        reserveCapacity(WireReader.roomBeforeReading(count))
        for _ in 0..<count {
            let start = reader.offset
            let key = try reader.readText()
            guard updateValue(try Value(from: &reader), forKey: key) == nil else {
                throw WireError(.duplicateKey, "a map names the key at offset \(start) twice")
            }
        }
        reader.endNesting()
    }

    /// The order of the keys' encodings: the head holds the length, so shorter keys come first.
    private static func precedes(_ left: String, _ right: String) -> Bool {
        let (leftCount, rightCount) = (left.utf8.count, right.utf8.count)
        return leftCount == rightCount ? left.utf8.lexicographicallyPrecedes(right.utf8) : leftCount < rightCount
    }
}
