internal import CMeshQUIC

/// A QUIC connection id, or a stateless reset token: up to 20 bytes, held in place.
struct ConnectionID: Hashable {
    private var low: UInt64 = 0
    private var high: UInt64 = 0
    private var tail: UInt32 = 0
    private var count: UInt32 = 0

    /// The bytes at `pointer`; beyond 20 they do not count, since RFC 9000 §17.2 allows no more.
    init(_ pointer: UnsafePointer<UInt8>, count: Int) {
        self.count = UInt32(min(count, Self.maximumBytes))
        withUnsafeMutableBytes(of: &self) { bytes in
            bytes.copyMemory(from: UnsafeRawBufferPointer(start: pointer, count: min(count, Self.maximumBytes)))
        }
    }

    init(_ id: ngtcp2_cid) {
        count = UInt32(min(id.datalen, Self.maximumBytes))
        let count = Int(count)
        withUnsafeMutableBytes(of: &self) { bytes in
            withUnsafeBytes(of: id.data) { bytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        }
    }

    static func == (left: Self, right: Self) -> Bool {
        left.low == right.low && left.high == right.high && left.tail == right.tail && left.count == right.count
    }

    /// Our own ids are random, so two words of them are hash enough; a peer's choice is spread by the seeded hasher.
    func hash(into hasher: inout Hasher) {
        hasher.combine(low)
        hasher.combine(high)
    }

    /// Bytes of the ids that we hand out.
    static let ownBytes = 16
    /// Bytes of a stateless reset token.
    static let resetTokenBytes = 16
    private static let maximumBytes = 20
}
