internal import MeshCore

/// Reads CBOR that a stranger may have written: no byte sequence traps, allocates without bound or recurses deeply.
///
/// It accepts every well-formed spelling of a value that has definite lengths (longer integers, wider floats, map keys
/// in any order) and refuses what the protocol never uses. A reader borrows the bytes; it cannot outlive them. After
/// an error the rest of the bytes means nothing: throw the reader away.
public struct WireReader: ~Escapable {
    private let bytes: RawSpan
    private var depth = 0

    /// How many bytes have been read.
    public private(set) var offset = 0

    /// A reader at the beginning of `bytes`.
    @_lifetime(copy bytes)
    public init(_ bytes: RawSpan) { self.bytes = bytes }

    /// How many bytes are left.
    public var remaining: Int { bytes.byteCount - offset }

    /// Refuses bytes that are left over; call it when the whole value has been read.
    public func finish() throws(WireError) {
        guard remaining == 0 else {
            throw WireError(.trailingBytes, "\(remaining) bytes are left after the value at offset \(offset)")
        }
    }

    // MARK: Items

    /// Reads an unsigned integer.
    @_lifetime(self: copy self)
    public mutating func readUInt64() throws(WireError) -> UInt64 { try readHead(.unsigned) }

    /// Reads a signed integer.
    @_lifetime(self: copy self)
    public mutating func readInt64() throws(WireError) -> Int64 {
        let start = offset
        let kind = CBORKind(of: try peek())
        guard kind == .unsigned || kind == .negative else { throw mismatch("an integer", kind, at: start) }
        let argument = try readHead(kind)
        guard let magnitude = Int64(exactly: argument) else {
            throw WireError(.integerOutOfRange, "the integer at offset \(start) does not fit 64 bits with a sign")
        }
        return kind == .unsigned ? magnitude : ~magnitude
    }

    /// Reads an integer that must fit `Value`.
    @_lifetime(self: copy self)
    public mutating func readInteger<Value: FixedWidthInteger>(
        as type: Value.Type = Value.self
    ) throws(WireError) -> Value {
        let start = offset
        let value = Value.isSigned ? Value(exactly: try readInt64()) : Value(exactly: try readUInt64())
        guard let value else {
            throw WireError(.integerOutOfRange, "the integer at offset \(start) does not fit \(Value.bitWidth) bits")
        }
        return value
    }

    /// Reads a truth value.
    @_lifetime(self: copy self)
    public mutating func readBool() throws(WireError) -> Bool {
        let byte = try peek()
        guard byte == CBORByte.true || byte == CBORByte.false else {
            throw mismatch("true or false", CBORKind(of: byte), at: offset)
        }
        offset += 1
        return byte == CBORByte.true
    }

    /// Reads the mark of an absent value if it stands here; otherwise leaves the item to be read.
    @_lifetime(self: copy self)
    public mutating func readNil() throws(WireError) -> Bool {
        guard try peek() == CBORByte.null else { return false }
        offset += 1
        return true
    }

    /// Reads a floating-point number of any of the three widths; integers are refused.
    @_lifetime(self: copy self)
    public mutating func readDouble() throws(WireError) -> Double {
        let start = offset
        let byte = try peek()
        offset += 1
        switch byte {
        case CBORByte.double: return Double(bitPattern: try readBigEndian())
        case CBORByte.single: return Double(Float(bitPattern: try readBigEndian()))
        case CBORByte.half: return HalfPrecision.value(of: try readBigEndian())
        default: throw mismatch("a float", CBORKind(of: byte), at: start)
        }
    }

    /// Reads text.
    @_lifetime(self: copy self)
    public mutating func readText() throws(WireError) -> String {
        let start = offset
        let length = try readLength(.text)
        let text = bytes.extracting(unchecked: offset..<offset + length).withUnsafeBytes { utf8 -> String? in
            // Not String(validating:as:), whose generic path takes four times as long.
            let span = Span<UInt8>(_unsafeElements: utf8.assumingMemoryBound(to: UInt8.self))
            guard let valid = try? UTF8Span(validating: span) else { return nil }
            return String(copying: valid)
        }
        guard let text else { throw WireError(.invalidText, "the text at offset \(start) is not UTF-8") }
        offset += length
        return text
    }

    /// Reads a byte string.
    @_lifetime(self: copy self)
    public mutating func readBytes() throws(WireError) -> [UInt8] {
        let length = try readLength(.bytes)
        defer { offset += length }
        return bytes.extracting(unchecked: offset..<offset + length).withUnsafeBytes { Array($0) }
    }

    /// Reads a byte string of sixteen bytes, the most significant first.
    @_lifetime(self: copy self)
    package mutating func readSixteenBytes() throws(WireError) -> (high: UInt64, low: UInt64) {
        let start = offset
        let length = try readLength(.bytes)
        guard length == 16 else {
            throw WireError(.invalidValue, "\(length) bytes at offset \(start) where sixteen belong")
        }
        return (try readBigEndian(), try readBigEndian())
    }

    /// Reads past a byte string, of which it says where it stands.
    @_lifetime(self: copy self)
    package mutating func readByteRange() throws(WireError) -> Range<Int> {
        let length = try readLength(.bytes)
        defer { offset += length }
        return offset..<offset + length
    }

    // MARK: Arrays, records and maps

    /// Begins an array and returns how many elements follow; ``endNesting()`` closes it.
    @_lifetime(self: copy self)
    public mutating func beginArray() throws(WireError) -> Int {
        try beginNesting(.array, itemsPerElement: 1, limit: Limits.Wire.maximumArrayElements)
    }

    /// Begins a map and returns how many entries follow; ``endNesting()`` closes it.
    @_lifetime(self: copy self)
    public mutating func beginMap() throws(WireError) -> Int {
        try beginNesting(.map, itemsPerElement: 2, limit: Limits.Wire.maximumMapEntries)
    }

    /// Closes the array or the map begun last.
    @_lifetime(self: copy self)
    public mutating func endNesting() { depth -= 1 }

    /// Begins a record: an array with at least `fields` elements.
    ///
    /// Hand the result to ``endRecord(_:)``.
    /// Records grow at the end, so a newer peer's record may be longer than ours; what we do not know is skipped.
    @_lifetime(self: copy self)
    public mutating func beginRecord(fields: Int) throws(WireError) -> RecordTail {
        let start = offset
        let count = try beginArray()
        guard count >= fields else {
            throw WireError(.missingFields, "the record at offset \(start) has \(count) fields, not \(fields)")
        }
        return RecordTail(unknownFields: count - fields)
    }

    /// The next field of a record that has grown by it; nil where the writer did not know it yet, or left it out.
    ///
    /// Called in the order of the fields, before ``endRecord(_:)``.
    @_lifetime(self: copy self)
    package mutating func readAppended<Value: WireCodable>(
        _ type: Value.Type,
        in tail: inout RecordTail
    ) throws(WireError) -> Value? {
        tail.takesField() ? try Value(from: &self) : nil
    }

    /// Closes a record, skipping the fields that this version does not know.
    @_lifetime(self: copy self)
    public mutating func endRecord(_ tail: RecordTail) throws(WireError) {
        for _ in 0..<tail.unknownFields { try skipItem() }
        endNesting()
    }

    /// For how many of `count` elements to make room before they have been seen.
    public static func roomBeforeReading(_ count: Int) -> Int { min(count, Limits.Wire.maximumElementsReserved) }

    /// What ``beginRecord(fields:)`` found beyond the fields that were asked for.
    public struct RecordTail: Sendable {
        fileprivate var unknownFields: Int

        /// Whether there is a field that came later than those, which the caller then reads; older peers leave it out.
        package mutating func takesField() -> Bool {
            guard unknownFields > 0 else { return false }
            unknownFields -= 1
            return true
        }
    }

    /// Reads past one item of any kind, whatever it holds.
    @_lifetime(self: copy self)
    public mutating func skipItem() throws(WireError) {
        let byte = try peek()
        switch CBORKind(of: byte) {
        case .unsigned: _ = try readHead(.unsigned)
        case .negative: _ = try readHead(.negative)
        case .bytes: offset += try readLength(.bytes)
        case .text: offset += try readLength(.text)
        case .array:
            for _ in 0..<(try beginArray()) { try skipItem() }
            endNesting()
        case .map:
            for _ in 0..<2 * (try beginMap()) { try skipItem() }
            endNesting()
        case .tag: throw unsupported(byte, at: offset)
        case .simple: try skipSimple(byte)
        }
    }

    @_lifetime(self: copy self)
    private mutating func skipSimple(_ byte: UInt8) throws(WireError) {
        switch byte {
        case CBORByte.false, CBORByte.true, CBORByte.null: offset += 1
        case CBORByte.half, CBORByte.single, CBORByte.double: _ = try readDouble()
        default: throw unsupported(byte, at: offset)
        }
    }

    // MARK: Heads

    /// Begins an array or a map.
    ///
    /// A claimed count that the bytes left cannot hold is refused before anything is done.
    @_lifetime(self: copy self)
    private mutating func beginNesting(
        _ kind: CBORKind,
        itemsPerElement: Int,
        limit: Int
    ) throws(WireError) -> Int {
        let start = offset
        let claimed = try readHead(kind)
        guard claimed <= UInt64(limit) else {
            throw WireError(.tooManyElements, "\(kind.noun) of \(claimed) elements at offset \(start), limit \(limit)")
        }
        let count = Int(claimed)
        guard count * itemsPerElement <= remaining else { throw truncated(wanted: count * itemsPerElement) }
        depth += 1
        guard depth <= Limits.Wire.maximumDepth else {
            throw WireError(.tooDeep, "\(kind.noun) at offset \(start) is nested deeper than \(depth - 1)")
        }
        return count
    }

    /// The length of bytes or text, all of which are left to be read.
    @_lifetime(self: copy self)
    private mutating func readLength(_ kind: CBORKind) throws(WireError) -> Int {
        let claimed = try readHead(kind)
        guard let length = Int(exactly: claimed), length <= remaining else {
            throw truncated(wanted: Int(clamping: claimed))
        }
        return length
    }

    /// The number in an item's head, which is of `kind` or refused.
    @_lifetime(self: copy self)
    private mutating func readHead(_ kind: CBORKind) throws(WireError) -> UInt64 {
        let start = offset
        let byte = try peek()
        guard byte >> 5 == kind.rawValue else { throw mismatch(kind.noun, CBORKind(of: byte), at: start) }
        offset += 1
        switch byte & 0x1F {
        case let small where small < 24: return UInt64(small)
        case 24: return UInt64(try readBigEndian() as UInt8)
        case 25: return UInt64(try readBigEndian() as UInt16)
        case 26: return UInt64(try readBigEndian() as UInt32)
        case 27: return try readBigEndian()
        default: throw unsupported(byte, at: start)
        }
    }

    /// The first byte of the next item.
    func peek() throws(WireError) -> UInt8 {
        guard remaining > 0 else { throw truncated(wanted: 1) }
        return bytes.unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
    }

    @_lifetime(self: copy self)
    private mutating func readBigEndian<Value: FixedWidthInteger & BitwiseCopyable>() throws(WireError) -> Value {
        let width = MemoryLayout<Value>.size
        guard remaining >= width else { throw truncated(wanted: width) }
        defer { offset += width }
        return Value(bigEndian: bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: Value.self))
    }

    // MARK: Errors, kept off the path where nothing is wrong

    @inline(never)
    private func truncated(wanted: Int) -> WireError {
        WireError(.truncated, "\(wanted) bytes wanted at offset \(offset), \(remaining) are left")
    }

    @inline(never)
    private func mismatch(_ expected: String, _ found: CBORKind, at offset: Int) -> WireError {
        WireError(.typeMismatch, "\(expected) wanted at offset \(offset), \(found.noun) found")
    }

    @inline(never)
    private func unsupported(_ byte: UInt8, at offset: Int) -> WireError {
        WireError(.unsupportedItem, "an item beginning with \(Hexadecimal.encode([byte])) at offset \(offset)")
    }
}
