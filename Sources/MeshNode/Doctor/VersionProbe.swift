/// Asks whether somebody at an address speaks QUIC, without beginning anything: a packet of a version that nobody
/// knows, which each server answers by those that it knows (RFC 9000 §6).
package struct VersionProbe: Hashable, Sendable {
    /// What is sent; longer than the least that a server answers (RFC 9000 §14.1).
    package let packet: [UInt8]
    private let destination: [UInt8]
    private let source: [UInt8]

    /// The probe whose connection ids are these eight bytes each.
    package init(destination: [UInt8], source: [UInt8]) {
        precondition(destination.count == 8 && source.count == 8, "ids of eight bytes")
        self.destination = destination
        self.source = source
        var packet: [UInt8] = [0xC0]
        // A version that is reserved for this (RFC 9000 §15).
        packet += Self.unknownVersion
        packet += [8] + destination + [8] + source
        self.packet = packet + [UInt8](repeating: 0, count: Self.bytes - packet.count)
    }

    /// What an answer is.
    package enum Answer: Hashable, Sendable {
        /// The answer of a server that speaks these versions.
        case versions([UInt32])
        /// Something else.
        case foreign
    }

    /// What `bytes`, which came from there, are.
    package func answer(_ bytes: [UInt8]) -> Answer {
        // Its ids are ours the other way round; whoever sends back what it gets has not turned them.
        let head: [UInt8] = [0, 0, 0, 0, 8] + source + [8] + destination
        guard let first = bytes.first, first & 0x80 != 0, bytes.dropFirst().starts(with: head) else { return .foreign }
        let list = bytes.dropFirst(1 + head.count)
        guard !list.isEmpty, list.count % 4 == 0, list.count <= 4 * 256 else { return .foreign }
        return .versions(
            stride(from: list.startIndex, to: list.endIndex, by: 4).map { start in
                list[start..<start + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            }
        )
    }

    /// QUIC version 1.
    package static let version1: UInt32 = 1

    private static let unknownVersion: [UInt8] = [0x5A, 0x6A, 0x7A, 0x8A]
    private static let bytes = 1_200
}
