internal import MeshActors
internal import MeshCore

/// Where up to 32 entries of one actor stand whose heads differ only in their last five bits: one value of the index.
///
/// A value for each entry would cost four times the bytes and thirty times the searching.
struct PlaceBlock {
    /// Which heads, counted from ``firstHead``, have a place.
    private(set) var mask: UInt32 = 0

    /// Whose head is the number of this block times 32.
    let firstHead: UInt64

    private var positions: [UInt64]

    static let entries: UInt64 = 32

    /// The block in which `head` has its place, without any.
    init(containing head: Head) {
        firstHead = head.rawValue & ~(Self.entries - 1)
        positions = Array(repeating: 0, count: Int(Self.entries))
    }

    /// The block with the first head `firstHead` that `value` holds, its checksum left out.
    init(firstHead: UInt64, value: UnsafeRawBufferPointer) throws(LMDBFailure) {
        guard firstHead % Self.entries == 0, value.count >= 4 else { throw .damaged("a block of places") }
        self.firstHead = firstHead
        mask = value.integer(at: 0)
        guard mask != 0, value.count == 4 + 8 * mask.nonzeroBitCount else { throw .damaged("a block of places") }
        positions = Array(repeating: 0, count: Int(Self.entries))
        var offset = 4
        for slot in positions.indices where mask & 1 << UInt32(slot) != 0 {
            positions[slot] = value.integer(at: offset)
            offset += 8
        }
    }

    /// Whether `head` has its place in this block.
    func contains(_ head: Head) -> Bool { head.rawValue & ~(Self.entries - 1) == firstHead }

    /// Notes where an entry of this block stands, in place of what was known of it.
    mutating func set(_ place: EntryPlace) {
        let slot = Int(place.head.rawValue % Self.entries)
        positions[slot] = place.position.rawValue
        mask |= 1 << UInt32(slot)
    }

    /// Forgets the entries up to `head`.
    mutating func trim(through head: Head) {
        for slot in positions.indices where firstHead + UInt64(slot) <= head.rawValue { mask &= ~(1 << UInt32(slot)) }
    }

    /// The places behind `head`, in order.
    func places(after head: Head) -> [EntryPlace] {
        positions.indices.compactMap { slot in
            let found = firstHead + UInt64(slot)
            guard mask & 1 << UInt32(slot) != 0, found > head.rawValue else { return nil }
            return EntryPlace(head: Head(rawValue: found), position: LogPosition(rawValue: positions[slot]))
        }
    }

    /// Hands key and value to `body`, the checksum over both included, and returns that checksum.
    func store(
        of number: UInt64,
        _ body: (_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Int32
    ) -> (status: Int32, checksum: UInt32) {
        withUnsafeTemporaryAllocation(byteCount: 16 + 4 + 8 * Int(Self.entries) + 4, alignment: 8) { bytes in
            bytes.store(number, at: 0)
            bytes.store(firstHead, at: 8)
            bytes.store(mask, at: 16)
            var end = 20
            for slot in positions.indices where mask & 1 << UInt32(slot) != 0 {
                bytes.store(positions[slot], at: end)
                end += 8
            }
            let checksum = CRC32C.checksum(UnsafeRawBufferPointer(rebasing: bytes[..<end]))
            bytes.store(checksum, at: end)
            let status = body(
                UnsafeRawBufferPointer(rebasing: bytes[..<16]),
                UnsafeRawBufferPointer(rebasing: bytes[16..<end + 4])
            )
            return (status, checksum)
        }
    }
}
