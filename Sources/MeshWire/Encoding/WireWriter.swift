internal import MeshCore

/// Appends values as deterministic CBOR (RFC 8949 §4.2.1) to a buffer of its own.
///
/// One value has one encoding: shortest integers and lengths, shortest floats that keep the value, definite lengths,
/// map keys in bytewise order. Reuse a writer with ``removeAll()``: once it has grown, encoding allocates nothing.
public struct WireWriter: ~Copyable {
    private var storage: UnsafeMutableRawBufferPointer
    /// Whether `storage` is the writer's own, and not lent by ``bytes(_:)``.
    private var ownsStorage: Bool

    /// The number of bytes written.
    public private(set) var count = 0

    /// An empty writer with room for `capacity` bytes before its first growth.
    public init(capacity: Int = 256) {
        storage = .allocate(byteCount: max(capacity, 16), alignment: 1)
        ownsStorage = true
    }

    private init(lent storage: UnsafeMutableRawBufferPointer) {
        self.storage = storage
        ownsStorage = false
    }

    deinit { if ownsStorage { storage.deallocate() } }

    /// The bytes that `write` writes: what is short is built on the stack, so that only the result is allocated.
    public static func bytes(_ write: (inout WireWriter) -> Void) -> [UInt8] {
        withUnsafeTemporaryAllocation(byteCount: 256, alignment: 1) { room in
            var writer = WireWriter(lent: room)
            write(&writer)
            return writer.array
        }
    }

    /// Everything written so far.
    public var bytes: RawSpan {
        @_lifetime(borrow self)
        borrowing get {
            let span = RawSpan(_unsafeStart: UnsafeRawPointer(start), byteCount: count)
            return _overrideLifetime(span, borrowing: self)
        }
    }

    /// A copy of everything written so far.
    public var array: [UInt8] { Array(UnsafeRawBufferPointer(storage)[..<count]) }

    /// Forgets what was written and keeps the room.
    public mutating func removeAll() { count = 0 }

    // MARK: Items

    /// Appends an unsigned integer.
    public mutating func write(_ value: UInt64) { writeHead(.unsigned, value) }

    /// Appends a signed integer.
    public mutating func write(_ value: Int64) {
        if value >= 0 {
            writeHead(.unsigned, UInt64(value))
        } else {
            writeHead(.negative, UInt64(bitPattern: ~value))
        }
    }

    /// Appends a truth value.
    public mutating func write(_ value: Bool) { append(value ? CBORByte.true : CBORByte.false) }

    /// Appends the mark of an absent value.
    public mutating func writeNil() { append(CBORByte.null) }

    /// Appends a number in the shortest of the three widths that keeps its value; every NaN becomes the same one.
    public mutating func write(_ value: Double) {
        let single = Float(value)
        guard Double(single) == value || value.isNaN else {
            append(CBORByte.double, followedBy: value.bitPattern)
            return
        }
        if let half = HalfPrecision.bits(of: single) {
            append(CBORByte.half, followedBy: half)
        } else {
            append(CBORByte.single, followedBy: single.bitPattern)
        }
    }

    /// Appends text as UTF-8.
    public mutating func write(_ text: String) {
        var text = text
        text.withUTF8 { utf8 in
            writeHead(.text, UInt64(utf8.count))
            append(UnsafeRawBufferPointer(utf8))
        }
    }

    /// Appends a byte string.
    public mutating func write(bytes: [UInt8]) {
        writeHead(.bytes, UInt64(bytes.count))
        bytes.withUnsafeBytes { append($0) }
    }

    /// Appends a byte string of sixteen bytes, the most significant first.
    package mutating func write(high: UInt64, low: UInt64) {
        writeHead(.bytes, 16)
        append(high)
        append(low)
    }

    /// Appends a byte string that holds the encoding of `value`, and returns that encoding's length.
    @discardableResult
    public mutating func write(encoding value: some WireCodable) -> Int {
        // Most are shorter than 24 bytes, which is a head of one; for longer ones the bytes make room afterwards.
        let start = count
        append(UInt8(0))
        value.encode(into: &self)
        let length = count - start - 1
        let headCount = Self.headCount(for: UInt64(length))
        reserve(headCount - 1)
        let content = self.start + start + 1
        if headCount > 1 { (content + headCount - 1).copyMemory(from: content, byteCount: length) }
        count = start
        writeHead(.bytes, UInt64(length))
        count += length
        return length
    }

    private static func headCount(for argument: UInt64) -> Int {
        switch argument {
        case ..<24: 1
        case ...0xFF: 2
        case ...0xFFFF: 3
        case ...0xFFFF_FFFF: 5
        default: 9
        }
    }

    /// Begins an array, or a record of that many fields; the elements follow.
    ///
    /// More than a reader takes is our own bug: whoever collects elements from outside bounds them there.
    public mutating func writeArrayHead(count: Int) {
        precondition(count <= Limits.Wire.maximumArrayElements, "no reader takes an array of \(count) elements")
        writeHead(.array, UInt64(count))
    }

    /// Begins a map of that many entries; keys and values follow in turn, keys in the order of their encodings.
    ///
    /// More than a reader takes is our own bug, as for arrays.
    public mutating func writeMapHead(count: Int) {
        precondition(count <= Limits.Wire.maximumMapEntries, "no reader takes a map of \(count) entries")
        writeHead(.map, UInt64(count))
    }

    // MARK: Raw bytes, for frames

    /// Appends items that are encoded already.
    package mutating func write(encoded bytes: [UInt8]) { bytes.withUnsafeBytes { append($0) } }

    /// Appends `bytes` as they are.
    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress else { return }
        reserve(bytes.count)
        (start + count).copyMemory(from: source, byteCount: bytes.count)
        count += bytes.count
    }

    /// Appends one byte as it is.
    mutating func append(_ byte: UInt8) {
        reserve(1)
        storage[count] = byte
        count += 1
    }

    /// Appends `integer`, big-endian.
    mutating func append(_ integer: some FixedWidthInteger) {
        let width = integer.bitWidth / 8
        reserve(width)
        (start + count).storeBytes(of: integer.bigEndian, as: type(of: integer))
        count += width
    }

    /// Overwrites what stands at `offset` with `integer`, big-endian.
    mutating func replace(at offset: Int, with integer: UInt32) {
        precondition(offset >= 0 && offset + 4 <= count, "only what was written can be replaced")
        (start + offset).storeBytes(of: integer.bigEndian, as: UInt32.self)
    }

    /// Forgets what was written from `newCount` on.
    mutating func truncate(to newCount: Int) {
        precondition(newCount <= count, "only what was written can be forgotten")
        count = newCount
    }

    private mutating func append(_ head: UInt8, followedBy argument: some FixedWidthInteger) {
        append(head)
        append(argument)
    }

    private mutating func writeHead(_ kind: CBORKind, _ argument: UInt64) {
        let kind = kind.rawValue << 5
        switch argument {
        case ..<24: append(kind | UInt8(truncatingIfNeeded: argument))
        case ...0xFF: append(kind | 24, followedBy: UInt8(truncatingIfNeeded: argument))
        case ...0xFFFF: append(kind | 25, followedBy: UInt16(truncatingIfNeeded: argument))
        case ...0xFFFF_FFFF: append(kind | 26, followedBy: UInt32(truncatingIfNeeded: argument))
        default: append(kind | 27, followedBy: argument)
        }
    }

    // MARK: Room

    /// Never nil: the initialiser allocates, and growth replaces one allocation by another.
    private var start: UnsafeMutableRawPointer {
        guard let start = storage.baseAddress else { preconditionFailure("a writer always has room") }
        return start
    }

    private mutating func reserve(_ more: Int) {
        if count + more > storage.count { grow(by: more) }
    }

    @inline(never)
    private mutating func grow(by more: Int) {
        let larger = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(storage.count * 2, count + more),
            alignment: 1
        )
        larger.copyMemory(from: UnsafeRawBufferPointer(storage)[..<count].rebased)
        if ownsStorage { storage.deallocate() }
        storage = larger
        ownsStorage = true
    }
}

extension Slice<UnsafeRawBufferPointer> {
    fileprivate var rebased: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: self) }
}
