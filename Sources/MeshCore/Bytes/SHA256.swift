internal import CMeshChecksum

/// A running SHA-256 (FIPS 180-4), which chains each actor's entries to one another.
///
/// For recognising bytes, not for keys: nothing here runs in constant time on purpose.
package struct SHA256 {
    private var state = SHA256.initial
    private var partial: [UInt8] = []
    private var count: UInt64 = 0
    private let isAccelerated: Bool

    /// A hash over no bytes yet, by the processor's instructions where it has them and `acceleration` is wanted.
    package init(acceleration: Bool = true) { isAccelerated = acceleration && SHA256.processorCan }

    /// Continues over `bytes`.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        count += UInt64(bytes.count)
        var rest = bytes[...]
        if !partial.isEmpty {
            let taken = rest.prefix(SHA256.blockBytes - partial.count)
            partial.append(contentsOf: taken)
            rest = rest.dropFirst(taken.count)
            guard partial.count == SHA256.blockBytes else { return }
            let block = partial
            block.withUnsafeBytes { compress($0) }
            partial.removeAll(keepingCapacity: true)
        }
        let whole = rest.count / SHA256.blockBytes * SHA256.blockBytes
        compress(UnsafeRawBufferPointer(rebasing: rest.prefix(whole)))
        partial.append(contentsOf: rest.dropFirst(whole))
    }

    /// The hash of everything seen; the running hash is spent by it.
    package consuming func finish() -> SHA256Digest {
        let bits = count * 8
        var padding: [UInt8] = [0x80]
        let filled = (partial.count + 1 + 8) % SHA256.blockBytes
        if filled > 0 { padding.append(contentsOf: repeatElement(0, count: SHA256.blockBytes - filled)) }
        padding.append(contentsOf: (0..<8).map { UInt8(truncatingIfNeeded: bits >> (56 - 8 * $0)) })
        padding.withUnsafeBytes { update($0) }
        return SHA256Digest(words: state)
    }

    /// The hash of `bytes` in one go, without allocating.
    package static func digest(_ bytes: [UInt8]) -> SHA256Digest {
        var hash = SHA256()
        return bytes.withUnsafeBytes { bytes in
            withUnsafeTemporaryAllocation(byteCount: 2 * SHA256.blockBytes, alignment: 8) { blocks in
                let whole = bytes.count / SHA256.blockBytes * SHA256.blockBytes
                hash.compress(UnsafeRawBufferPointer(rebasing: bytes[..<whole]))
                let rest = UnsafeRawBufferPointer(rebasing: bytes[whole...])
                blocks.copyMemory(from: rest)
                return hash.finish(blocks, used: rest.count, total: bytes.count)
            }
        }
    }

    /// The hash of `head` followed by `tail`, without allocating; what a chain does at each link.
    package static func digest(_ head: SHA256Digest, _ tail: UnsafeRawBufferPointer) -> SHA256Digest {
        var hash = SHA256()
        let direct = min(tail.count, SHA256.blockBytes - SHA256Digest.byteCount)
        return withUnsafeTemporaryAllocation(byteCount: 2 * SHA256.blockBytes, alignment: 8) { blocks in
            head.store(into: UnsafeMutableRawBufferPointer(rebasing: blocks[..<SHA256Digest.byteCount]))
            let first = UnsafeMutableRawBufferPointer(rebasing: blocks[SHA256Digest.byteCount...])
            first.copyMemory(from: UnsafeRawBufferPointer(rebasing: tail[..<direct]))
            var used = SHA256Digest.byteCount + direct
            if used == SHA256.blockBytes {
                hash.compress(UnsafeRawBufferPointer(rebasing: blocks[..<used]))
                let whole = (tail.count - direct) / SHA256.blockBytes * SHA256.blockBytes
                hash.compress(UnsafeRawBufferPointer(rebasing: tail[direct..<direct + whole]))
                let rest = tail[(direct + whole)...]
                blocks.copyMemory(from: UnsafeRawBufferPointer(rebasing: rest))
                used = rest.count
            }
            return hash.finish(blocks, used: used, total: SHA256Digest.byteCount + tail.count)
        }
    }

    /// Pads the last `used` bytes in place.
    private mutating func finish(_ blocks: UnsafeMutableRawBufferPointer, used: Int, total: Int) -> SHA256Digest {
        let end = used + 1 + 8 <= SHA256.blockBytes ? SHA256.blockBytes : 2 * SHA256.blockBytes
        blocks[used] = 0x80
        for index in used + 1..<end { blocks[index] = 0 }
        blocks.storeBytes(of: (UInt64(total) * 8).bigEndian, toByteOffset: end - 8, as: UInt64.self)
        compress(UnsafeRawBufferPointer(rebasing: blocks[..<end]))
        return SHA256Digest(words: state)
    }

    // MARK: Compression

    private mutating func compress(_ blocks: UnsafeRawBufferPointer) {
        guard let start = blocks.baseAddress, !blocks.isEmpty else { return }
        if isAccelerated {
            let bytes = start.assumingMemoryBound(to: UInt8.self)
            withUnsafeMutableBytes(of: &state) { state in
                guard let words = state.baseAddress?.assumingMemoryBound(to: UInt32.self) else { return }
                SHA256.constants.withUnsafeBufferPointer { constants in
                    guard let constants = constants.baseAddress else { return }
                    cmesh_sha256_accelerated(words, bytes, blocks.count / SHA256.blockBytes, constants)
                }
            }
        } else {
            for offset in stride(from: 0, to: blocks.count, by: SHA256.blockBytes) { compress(blocks, at: offset) }
        }
    }

    private mutating func compress(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
        var words = InlineArray<64, UInt32>(repeating: 0)
        for index in 0..<16 {
            words[index] = UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset + 4 * index, as: UInt32.self))
        }
        for index in 16..<64 {
            let (early, late) = (words[index - 15], words[index - 2])
            let first = early.rotated(7) ^ early.rotated(18) ^ (early >> 3)
            let second = late.rotated(17) ^ late.rotated(19) ^ (late >> 10)
            words[index] = words[index - 16] &+ first &+ words[index - 7] &+ second
        }
        var (a, b, c, d) = (state[0], state[1], state[2], state[3])
        var (e, f, g, h) = (state[4], state[5], state[6], state[7])
        for index in 0..<64 {
            let choice = (e & f) ^ (~e & g)
            let mixed = e.rotated(6) ^ e.rotated(11) ^ e.rotated(25)
            let sum = h &+ mixed &+ choice &+ SHA256.constants[index] &+ words[index]
            let majority = (a & b) ^ (a & c) ^ (b & c)
            let turned = a.rotated(2) ^ a.rotated(13) ^ a.rotated(22)
            (h, g, f, e) = (g, f, e, d &+ sum)
            (d, c, b, a) = (c, b, a, sum &+ turned &+ majority)
        }
        let change: InlineArray<8, UInt32> = [a, b, c, d, e, f, g, h]
        for index in 0..<8 { state[index] &+= change[index] }
    }

    private static let processorCan = cmesh_sha256_is_accelerated()

    private static let blockBytes = 64

    private static let initial: InlineArray<8, UInt32> = [
        0x6A09_E667, 0xBB67_AE85, 0x3C6E_F372, 0xA54F_F53A, 0x510E_527F, 0x9B05_688C, 0x1F83_D9AB, 0x5BE0_CD19,
    ]

    private static let constants: [UInt32] = [
        0x428A_2F98, 0x7137_4491, 0xB5C0_FBCF, 0xE9B5_DBA5, 0x3956_C25B, 0x59F1_11F1, 0x923F_82A4, 0xAB1C_5ED5,
        0xD807_AA98, 0x1283_5B01, 0x2431_85BE, 0x550C_7DC3, 0x72BE_5D74, 0x80DE_B1FE, 0x9BDC_06A7, 0xC19B_F174,
        0xE49B_69C1, 0xEFBE_4786, 0x0FC1_9DC6, 0x240C_A1CC, 0x2DE9_2C6F, 0x4A74_84AA, 0x5CB0_A9DC, 0x76F9_88DA,
        0x983E_5152, 0xA831_C66D, 0xB003_27C8, 0xBF59_7FC7, 0xC6E0_0BF3, 0xD5A7_9147, 0x06CA_6351, 0x1429_2967,
        0x27B7_0A85, 0x2E1B_2138, 0x4D2C_6DFC, 0x5338_0D13, 0x650A_7354, 0x766A_0ABB, 0x81C2_C92E, 0x9272_2C85,
        0xA2BF_E8A1, 0xA81A_664B, 0xC24B_8B70, 0xC76C_51A3, 0xD192_E819, 0xD699_0624, 0xF40E_3585, 0x106A_A070,
        0x19A4_C116, 0x1E37_6C08, 0x2748_774C, 0x34B0_BCB5, 0x391C_0CB3, 0x4ED8_AA4A, 0x5B9C_CA4F, 0x682E_6FF3,
        0x748F_82EE, 0x78A5_636F, 0x84C8_7814, 0x8CC7_0208, 0x90BE_FFFA, 0xA450_6CEB, 0xBEF9_A3F7, 0xC671_78F2,
    ]
}

extension UInt32 {
    fileprivate func rotated(_ count: UInt32) -> UInt32 { self >> count | self << (32 - count) }
}
