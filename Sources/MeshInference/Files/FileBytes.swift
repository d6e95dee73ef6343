/// Reads a file's head piece by piece; never outside of it, whatever lengths it names.
struct FileBytes: ~Copyable, ~Escapable {
    private let bytes: UnsafeRawBufferPointer
    private(set) var offset = 0

    @_lifetime(borrow bytes)
    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// Why a head cannot be read.
    enum Trouble: Error {
        /// It goes on behind the bytes that are there.
        case endsTooEarly
        /// It is not what it should be, in words without anything from the file.
        case broken(String)
    }

    mutating func integer<Integer: FixedWidthInteger>(_: Integer.Type) throws(Trouble) -> Integer {
        let size = MemoryLayout<Integer>.size
        guard bytes.count - offset >= size else { throw .endsTooEarly }
        defer { offset += size }
        return Integer(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Integer.self))
    }

    /// A length and as many bytes of UTF-8.
    mutating func text(upTo limit: Int) throws(Trouble) -> String {
        let count = try integer(UInt64.self)
        guard count <= UInt64(limit) else { throw .broken("a text is longer than \(limit) bytes") }
        guard bytes.count - offset >= Int(count) else { throw .endsTooEarly }
        defer { offset += Int(count) }
        guard let text = String(validating: bytes[offset..<(offset + Int(count))], as: UTF8.self) else {
            throw .broken("a text is no UTF-8")
        }
        return text
    }

    /// A length and as many bytes, whatever they are.
    mutating func skipText(upTo limit: Int) throws(Trouble) {
        let count = try integer(UInt64.self)
        guard count <= UInt64(limit) else { throw .broken("a text is longer than \(limit) bytes") }
        try skip(Int(count))
    }

    mutating func skip(_ count: Int) throws(Trouble) {
        guard bytes.count - offset >= count else { throw .endsTooEarly }
        offset += count
    }
}
