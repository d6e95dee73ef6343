/// The 32 bytes of a SHA-256, without an allocation.
package struct SHA256Digest: Hashable, Sendable {
    private let first: UInt64
    private let second: UInt64
    private let third: UInt64
    private let fourth: UInt64

    /// How many bytes there are.
    package static let byteCount = 32

    /// The hash that nothing has: where a chain begins.
    package static let zero = SHA256Digest(0, 0, 0, 0)

    private init(_ first: UInt64, _ second: UInt64, _ third: UInt64, _ fourth: UInt64) {
        (self.first, self.second, self.third, self.fourth) = (first, second, third, fourth)
    }

    init(words: InlineArray<8, UInt32>) {
        func pair(_ index: Int) -> UInt64 { UInt64(words[index]) << 32 | UInt64(words[index + 1]) }
        self.init(pair(0), pair(2), pair(4), pair(6))
    }

    /// The hash in the first 32 of `bytes`, of which there must be as many.
    package init(_ bytes: UnsafeRawBufferPointer) {
        precondition(bytes.count >= SHA256Digest.byteCount, "a hash has 32 bytes")
        func word(_ index: Int) -> UInt64 {
            UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self))
        }
        self.init(word(0), word(1), word(2), word(3))
    }

    /// Writes the 32 bytes to the beginning of `bytes`.
    package func store(into bytes: UnsafeMutableRawBufferPointer) {
        let words: InlineArray<4, UInt64> = [first, second, third, fourth]
        for index in words.indices {
            bytes.storeBytes(of: words[index].bigEndian, toByteOffset: 8 * index, as: UInt64.self)
        }
    }

    /// Whether it is `other`, in a time that does not depend on where they differ.
    package func isSame(as other: SHA256Digest) -> Bool {
        let difference =
            (first ^ other.first) | (second ^ other.second) | (third ^ other.third) | (fourth ^ other.fourth)
        return difference == 0
    }

    /// The first eight of them, as a number: enough to tell things apart that nobody makes alike on purpose.
    package var leading: UInt64 { first }

    /// The 32 bytes, most significant first.
    package var bytes: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: SHA256Digest.byteCount) { buffer, count in
            store(into: UnsafeMutableRawBufferPointer(buffer))
            count = SHA256Digest.byteCount
        }
    }
}

extension SHA256Digest: CustomStringConvertible {
    /// 64 lowercase digits.
    package var description: String { Hexadecimal.encode(bytes) }
}
