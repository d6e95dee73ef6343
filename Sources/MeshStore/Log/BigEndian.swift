extension UnsafeRawBufferPointer {
    /// The big-endian integer at `offset`, all of which must be there.
    func integer<Value: FixedWidthInteger & BitwiseCopyable>(at offset: Int, as type: Value.Type = Value.self) -> Value
    {
        Value(bigEndian: loadUnaligned(fromByteOffset: offset, as: Value.self))
    }

    /// The bytes of `range`, all of which must be there.
    func part(_ range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: self[range]) }

    /// Whether every byte is zero.
    var isZero: Bool { allSatisfy { $0 == 0 } }

    /// How many of a disk's sectors these bytes, which stand at `offset` of a file, leave zero in their part of them.
    func zeroSectors(at offset: Int) -> Int {
        var (start, found) = (0, 0)
        while start < count {
            let end = Swift.min(count, start + Self.sectorBytes - (offset + start) % Self.sectorBytes)
            if part(start..<end).isZero { found += 1 }
            start = end
        }
        return found
    }

    private static var sectorBytes: Int { 512 }
}

extension UnsafeMutableRawBufferPointer {
    /// Writes `value`, big-endian, at `offset`.
    func store(_ value: some FixedWidthInteger & BitwiseCopyable, at offset: Int) {
        storeBytes(of: value.bigEndian, toByteOffset: offset, as: type(of: value))
    }
}
