internal import MeshCore

/// What stands in front of a batch.
///
/// Its form in bytes: docs/store-format.md, "Batches".
struct BatchHeader: Hashable, Sendable {
    /// Bytes of records behind the header.
    let contentBytes: Int

    /// Where the header stands.
    let position: LogPosition

    /// How many records there are.
    let recordCount: Int

    /// The checksum of the records.
    let checksum: UInt32

    /// How many of the disk's sectors under the batch are zero although they were written.
    let zeroSectors: Int

    /// The hash of everything before.
    let hashBefore: SHA256Digest

    static let byteCount = 68

    /// Bytes behind the records, none of them zero, so that a write cut short can be told from one altered later.
    static let trailerBytes = 8

    /// Bytes of the whole batch.
    var batchBytes: Int { Self.byteCount + contentBytes + Self.trailerBytes }

    func store(into bytes: UnsafeMutableRawBufferPointer) {
        bytes.store(Self.magic, at: 0)
        bytes.store(UInt32(contentBytes), at: 4)
        bytes.store(position.rawValue, at: 8)
        bytes.store(UInt32(recordCount), at: 16)
        bytes.store(checksum, at: 20)
        bytes.store(UInt32(zeroSectors), at: 24)
        hashBefore.store(into: UnsafeMutableRawBufferPointer(rebasing: bytes[28..<60]))
        bytes.store(CRC32C.checksum(UnsafeRawBufferPointer(rebasing: bytes[..<60])), at: 60)
        bytes.store(Self.endMark, at: 64)
    }

    /// The header in the first 68 of `bytes`; nil where they are none.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= Self.byteCount, bytes.integer(at: 0) == Self.magic, bytes.integer(at: 64) == Self.endMark,
            bytes.integer(at: 60) == CRC32C.checksum(bytes.part(0..<60))
        else { return nil }
        contentBytes = Int(bytes.integer(at: 4, as: UInt32.self))
        position = LogPosition(rawValue: bytes.integer(at: 8))
        recordCount = Int(bytes.integer(at: 16, as: UInt32.self))
        checksum = bytes.integer(at: 20)
        zeroSectors = Int(bytes.integer(at: 24, as: UInt32.self))
        hashBefore = SHA256Digest(bytes.part(28..<60))
        guard contentBytes <= Limits.Store.maximumBatchBytes else { return nil }
    }

    init(
        contentBytes: Int,
        position: LogPosition,
        recordCount: Int,
        checksum: UInt32,
        zeroSectors: Int,
        hashBefore: SHA256Digest
    ) {
        self.contentBytes = contentBytes
        self.position = position
        self.recordCount = recordCount
        self.checksum = checksum
        self.zeroSectors = zeroSectors
        self.hashBefore = hashBefore
    }

    /// The place behind this batch, whose header's bytes are `bytes`.
    func cursorBehind(_ bytes: UnsafeRawBufferPointer) -> LogCursor {
        LogCursor(
            position: position.advanced(by: batchBytes),
            hash: SHA256.digest(hashBefore, bytes.part(0..<Self.byteCount))
        )
    }

    static func isTrailer(_ bytes: UnsafeRawBufferPointer) -> Bool { bytes.integer(at: 0) == trailer }

    static let magic: UInt32 = 0x4D53_4842
    static let endMark: UInt32 = 0x5A5A_5A5A
    static let trailer: UInt64 = 0x656E_6462_6174_6368
}
