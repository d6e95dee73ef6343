internal import MeshCore

/// First packets that begin no connection, made from those of real clients.
package struct BogusInitials: Sendable {
    /// What is wrong with a packet.
    package enum Kind: String, CaseIterable, Sendable {
        /// Bytes without meaning behind the first one.
        case random
        /// The right header with an id nobody has used, and a body that cannot be decrypted.
        case fresh
        /// A real one that was sent before.
        case replayed
        /// A real one, cut.
        case truncated
        /// A real one of a version that nobody speaks.
        case versions
    }

    private let real: [[UInt8]]
    private let kinds: [Kind]
    private var generator: SeededGenerator
    private var count = 0

    /// Packets made of `real` ones, of each of `kinds` in turn.
    package init(real: [[UInt8]], kinds: [Kind], seed: UInt64) {
        precondition(!real.isEmpty && !kinds.isEmpty, "bogus packets are made of real ones")
        self.real = real
        self.kinds = kinds
        generator = SeededGenerator(seed: seed)
    }

    /// The next packet.
    package mutating func next() -> [UInt8] {
        let kind = kinds[count % kinds.count]
        var packet = real[(count / kinds.count) % real.count]
        count += 1
        switch kind {
        case .random:
            for index in 1..<packet.count { packet[index] = UInt8(truncatingIfNeeded: generator.next()) }
        case .fresh:
            // Byte 5 counts the id that begins at byte 6 (RFC 9000 §17.2).
            for index in 6..<min(packet.count, 6 + Int(packet[5])) {
                packet[index] = UInt8(truncatingIfNeeded: generator.next())
            }
        case .replayed: break
        case .truncated: packet.removeLast(generator.integer(below: packet.count))
        case .versions: packet.replaceSubrange(1..<5, with: (0..<4).map { _ in UInt8(generator.integer(in: 1...255)) })
        }
        return packet
    }
}
