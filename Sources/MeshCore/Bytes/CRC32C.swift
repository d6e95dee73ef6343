internal import CMeshChecksum

/// A running CRC-32C (Castagnoli), the checksum of every record in the journal.
///
/// It finds accidents (torn writes, flipped bits); it is no defence against someone who wants to deceive.
package struct CRC32C: Hashable, Sendable {
    private var state: UInt32 = .max

    /// A checksum over no bytes yet.
    package init() {}

    /// The checksum of everything seen so far.
    package var value: UInt32 { ~state }

    /// Continues over `bytes`, with the processor's instruction where it has one.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.assumingMemoryBound(to: UInt8.self).baseAddress else { return }
        if cmesh_crc32c_is_accelerated() {
            state = cmesh_crc32c_accelerated(state, start, bytes.count)
        } else {
            updateByTable(bytes)
        }
    }

    /// Continues over `bytes` one at a time; what processors without the instruction do.
    package mutating func updateByTable(_ bytes: UnsafeRawBufferPointer) {
        for byte in bytes {
            state = Self.table[Int(UInt8(truncatingIfNeeded: state) ^ byte)] ^ (state >> 8)
        }
    }

    /// The checksum of `bytes` in one go.
    package static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        var checksum = CRC32C()
        checksum.update(bytes)
        return checksum.value
    }

    /// The checksum of `bytes` in one go.
    package static func checksum(_ bytes: [UInt8]) -> UInt32 {
        bytes.withUnsafeBytes { checksum($0) }
    }

    /// One entry for each byte; the polynomial is 0x1EDC6F41, bits reversed.
    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in
            value & 1 == 1 ? (value >> 1) ^ 0x82F6_3B78 : value >> 1
        }
    }
}
