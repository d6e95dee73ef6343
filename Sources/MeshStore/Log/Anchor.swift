internal import MeshActors
internal import MeshCore

/// What is known to be durable, kept outside the log and outside every index.
///
/// Without it, a log that lost its acknowledged end would look like one that never had it.
struct Anchor: Hashable, Sendable {
    /// How often the anchor has been written.
    var sequence: UInt64

    /// How often the store has been opened: the upper part of every epoch handed out since.
    var generation: UInt64

    /// Where the log begins; what stood before has been dropped.
    var first: LogPosition

    /// An end of the log that is durable; the log may have grown since.
    var end: LogCursor

    static let byteCount = 128
    static let magic: UInt64 = 0x4D45_5348_414E_4348
    static let version: UInt32 = 1

    /// The bytes of one slot.
    var bytes: [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Self.byteCount)
        bytes.withUnsafeMutableBytes { slot in
            slot.store(Self.magic, at: 0)
            slot.store(Self.version, at: 8)
            slot.store(sequence, at: 16)
            slot.store(generation, at: 24)
            slot.store(first.rawValue, at: 32)
            slot.store(end.position.rawValue, at: 40)
            end.hash.store(into: UnsafeMutableRawBufferPointer(rebasing: slot[48..<80]))
            slot.store(CRC32C.checksum(UnsafeRawBufferPointer(rebasing: slot[..<124])), at: 124)
        }
        return bytes
    }

    /// The anchor in the slot `bytes`; nil where there is none or it does not check.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= Self.byteCount, bytes.integer(at: 0) == Self.magic,
            bytes.integer(at: 124) == CRC32C.checksum(bytes.part(0..<124)), bytes.integer(at: 8) == Self.version
        else { return nil }
        sequence = bytes.integer(at: 16)
        generation = bytes.integer(at: 24)
        first = LogPosition(rawValue: bytes.integer(at: 32))
        let position = LogPosition(rawValue: bytes.integer(at: 40))
        end = LogCursor(position: position, hash: SHA256Digest(bytes.part(48..<80)))
    }

    init(sequence: UInt64, generation: UInt64, first: LogPosition, end: LogCursor) {
        self.sequence = sequence
        self.generation = generation
        self.first = first
        self.end = end
    }
}

/// The file of two slots, written in turn, so that a torn write leaves the other one.
final class AnchorFile {
    private let file: any DiskFile

    /// What stands there, if it checks.
    private(set) var current: Anchor?

    /// How many of the two slots check.
    private(set) var soundSlots = 0

    static let name = "anchor"
    private static let slotDistance = 4_096

    /// Opens the file; it is made where `creating`.
    init(on disk: any Disk, creating: Bool) throws(DiskError) {
        file = try disk.open(Self.name, creating: creating)
        var buffer = [UInt8](repeating: 0, count: Anchor.byteCount)
        for slot in 0..<2 {
            let count = try withBytes(&buffer) { bytes throws(DiskError) in
                try file.read(into: bytes, at: slot * Self.slotDistance)
            }
            guard let anchor = buffer.withUnsafeBytes({ Anchor($0.part(0..<count)) }) else { continue }
            soundSlots += 1
            if anchor.sequence >= current?.sequence ?? 0 { current = anchor }
        }
    }

    /// Replaces the older slot; `next` gets the sequence after the present one.
    func write(_ next: Anchor) throws(DiskError) {
        var next = next
        next.sequence = (current?.sequence ?? 0) + 1
        let offset = Int(next.sequence % 2) * Self.slotDistance
        let bytes = next.bytes
        try withBytes(bytes) { bytes throws(DiskError) in try file.write(bytes, at: offset) }
        try file.sync()
        current = next
    }
}

/// `withUnsafeMutableBytes` whose closure throws what a disk throws.
func withBytes<Result>(
    _ array: inout [UInt8],
    _ body: (UnsafeMutableRawBufferPointer) throws(DiskError) -> Result
) throws(DiskError) -> Result {
    var outcome: Swift.Result<Result, DiskError>?
    array.withUnsafeMutableBytes { bytes in
        outcome = Swift.Result { () throws(DiskError) in try body(bytes) }
    }
    guard let outcome else { preconditionFailure("the closure has run") }
    return try outcome.get()
}

/// `withUnsafeBytes` whose closure throws what a disk throws.
func withBytes<Result>(
    _ array: [UInt8],
    _ body: (UnsafeRawBufferPointer) throws(DiskError) -> Result
) throws(DiskError) -> Result {
    var outcome: Swift.Result<Result, DiskError>?
    array.withUnsafeBytes { bytes in
        outcome = Swift.Result { () throws(DiskError) in try body(bytes) }
    }
    guard let outcome else { preconditionFailure("the closure has run") }
    return try outcome.get()
}
