package import MeshActors
package import MeshCore
internal import MeshWire

/// Puts records together into the bytes of one batch; reused, so that filling it allocates nothing.
package struct BatchBuilder: ~Copyable {
    private var storage = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1_024, alignment: 8)
    private var payload = WireWriter(capacity: 1_024)
    private var used = BatchHeader.byteCount

    /// How many records it holds.
    package private(set) var recordCount = 0

    /// An empty batch.
    package init() {}

    deinit { storage.deallocate() }

    /// Bytes of records so far.
    package var contentBytes: Int { used - BatchHeader.byteCount }

    /// Bytes of the whole batch.
    package var batchBytes: Int { used + BatchHeader.trailerBytes }

    /// Adds an entry behind `chain` and returns where it stands from the batch's beginning, and the chain behind it.
    package mutating func add(
        _ entry: JournalEntry,
        of append: JournalAppend,
        at head: Head,
        behind chain: SHA256Digest
    ) -> (offset: Int, chain: SHA256Digest) {
        payload.removeAll()
        payload.writeEntry(entry, of: append, at: head)
        let next = payload.bytes.withUnsafeBytes { SHA256.digest(chain, $0) }
        return (addPayload(.entry, next), next)
    }

    /// Adds a snapshot that stands at `chain` and returns where it stands from the batch's beginning.
    package mutating func add(
        _ snapshot: Snapshot,
        of address: ActorAddress,
        _ epoch: Epoch,
        wake: WallTime?,
        at chain: SHA256Digest
    ) -> Int {
        payload.removeAll()
        payload.writeSnapshot(snapshot, of: address, epoch, wake: wake)
        return addPayload(.snapshot, chain)
    }

    /// Adds who owns an actor from here on.
    package mutating func add(
        _ owner: Owner?,
        of address: ActorAddress,
        _ epoch: Epoch,
        _ head: Head,
        wake: WallTime?,
        at chain: SHA256Digest
    ) {
        payload.removeAll()
        payload.writeOwnership(owner, of: address, epoch, head, wake: wake)
        _ = addPayload(.ownership, chain)
    }

    /// Adds a copy of a record that stands elsewhere in the log.
    package mutating func carry(_ body: UnsafeRawBufferPointer, as kind: RecordKind) -> Int {
        let offset = used
        let start = reserve(StoreRecord.frameBytes + body.count)
        UnsafeMutableRawBufferPointer(rebasing: storage[start + StoreRecord.frameBytes..<used]).copyMemory(from: body)
        storage[start + StoreRecord.frameBytes] = kind.rawValue
        finishFrame(at: start)
        return offset
    }

    private mutating func addPayload(_ kind: RecordKind, _ chain: SHA256Digest) -> Int {
        let start = reserve(StoreRecord.frameBytes + StoreRecord.prefixBytes + payload.count)
        let body = UnsafeMutableRawBufferPointer(rebasing: storage[start + StoreRecord.frameBytes..<used])
        body[0] = kind.rawValue
        chain.store(into: UnsafeMutableRawBufferPointer(rebasing: body[1..<StoreRecord.prefixBytes]))
        payload.bytes.withUnsafeBytes { bytes in
            UnsafeMutableRawBufferPointer(rebasing: body[StoreRecord.prefixBytes...]).copyMemory(from: bytes)
        }
        finishFrame(at: start)
        return start
    }

    private mutating func finishFrame(at start: Int) {
        let body = UnsafeRawBufferPointer(rebasing: storage[start + StoreRecord.frameBytes..<used])
        storage.store(UInt32(body.count), at: start)
        storage.store(CRC32C.checksum(body), at: start + 4)
        recordCount += 1
    }

    /// Makes room for `count` bytes and returns where they begin.
    private mutating func reserve(_ count: Int) -> Int {
        let start = used
        used += count
        let wanted = used + BatchHeader.trailerBytes
        if wanted > storage.count {
            let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: max(wanted, 2 * storage.count), alignment: 8)
            larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: storage[..<start]))
            storage.deallocate()
            storage = larger
        }
        return start
    }

    /// Completes the batch for the place `cursor`, `offset` bytes into its file.
    ///
    /// Hands its bytes and the cursor behind it to `body`.
    package mutating func finished<Result>(
        at cursor: LogCursor,
        offset: Int,
        _ body: (UnsafeRawBufferPointer, LogCursor) throws(JournalError) -> Result
    ) throws(JournalError) -> Result {
        storage.store(BatchHeader.trailer, at: used)
        // No part of a header or of what ends a batch is zero, wherever a sector cuts it.
        let first = BatchHeader.byteCount - 1
        storage[first] = 1
        let behindHeader = UnsafeRawBufferPointer(rebasing: storage[first..<batchBytes])
        let zeroSectors = behindHeader.zeroSectors(at: offset + first)
        let header = BatchHeader(
            contentBytes: contentBytes,
            position: cursor.position,
            recordCount: recordCount,
            checksum: CRC32C.checksum(UnsafeRawBufferPointer(rebasing: storage[BatchHeader.byteCount..<used])),
            zeroSectors: zeroSectors,
            hashBefore: cursor.hash
        )
        header.store(into: storage)
        let bytes = UnsafeRawBufferPointer(rebasing: storage[..<batchBytes])
        return try body(bytes, header.cursorBehind(bytes))
    }

    /// Forgets the records and keeps the room, unless it has become very large.
    package mutating func removeAll() {
        if storage.count > Self.largestRoomKept {
            storage.deallocate()
            storage = .allocate(byteCount: 64 * 1_024, alignment: 8)
        }
        used = BatchHeader.byteCount
        recordCount = 0
    }

    private static var largestRoomKept: Int { 8 * 1_024 * 1_024 }
}
