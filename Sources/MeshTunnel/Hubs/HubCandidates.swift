package import MeshCore

/// One of the hubs that an edge is configured to go to.
package struct ConfiguredHub: Hashable, Sendable {
    /// Where it is.
    package let address: HubAddress

    /// Lower ones are tried first.
    package let priority: UInt16

    /// Among those of one priority, how often this one comes first; 0 seldom.
    package let weight: UInt16

    /// The hub at `address`.
    package init(_ address: HubAddress, priority: UInt16 = 0, weight: UInt16 = 1) {
        self.address = address
        self.priority = priority
        self.weight = weight
    }
}

/// Which hub comes next.
///
/// A round goes through all hubs, by priority and then drawn by weight (RFC 2782); each attempt takes the next one. A
/// name with announcements takes its place by those whom it announces. The alternates of a farewell come before all.
package struct HubCandidates: Sendable {
    private let hubs: [ConfiguredHub]

    /// What is left of the round, the next one first.
    private var round: [HubAddress] = []

    /// The one that comes last, for its actors did not answer.
    private var avoided: HubAddress?

    /// The candidates among `hubs`: at least one, at most ``Limits/Tunnel/maximumHubs``.
    package init(_ hubs: [ConfiguredHub]) throws(TunnelError) {
        let limit = Limits.Tunnel.maximumHubs
        guard (1...limit).contains(hubs.count) else {
            throw TunnelError(.badConfiguration, "a tunnel has 1 to \(limit) hubs to go to, not \(hubs.count)")
        }
        self.hubs = hubs
    }

    /// The next candidate; where a round is over, the first of another.
    package mutating func next(_ generator: inout SeededGenerator) -> HubAddress {
        if round.isEmpty {
            let ordered = Self.ordered(hubs, priority: \.priority, weight: \.weight, &generator)
            round = putLast(ordered.map(\.address))
        }
        return round.removeFirst()
    }

    /// The next attempt begins another round: what was lost was a good one, and the first may be back.
    ///
    /// Or it was not: a hub that shakes hands and hangs is `avoided`, and comes last until another round is begun.
    package mutating func beginRound(avoiding avoided: HubAddress? = nil) {
        round = []
        self.avoided = avoided
    }

    /// A candidate that was taken from the round announces `records`: they take its place, and so does its own name at
    /// the usual port where there are none.
    package mutating func announce(
        _ records: [ServiceRecord],
        by candidate: HubAddress,
        _ generator: inout SeededGenerator
    ) {
        let counted = Array(records.prefix(Limits.Tunnel.maximumServices))
        let ordered = Self.ordered(counted, priority: \.priority, weight: \.weight, &generator)
        // RFC 2782: a target of "." says that there is no such service here; text that is no host is as good as that.
        let announced = ordered.compactMap { record -> HubAddress? in
            guard record.port > 0, let address = try? HubAddress(record.host) else { return nil }
            return HubAddress(host: address.host, port: record.port)
        }
        let fallback = HubAddress(host: candidate.host, port: candidate.port)
        round.insert(contentsOf: announced.isEmpty ? [fallback] : putLast(announced), at: 0)
    }

    private func putLast(_ addresses: [HubAddress]) -> [HubAddress] {
        addresses.filter { $0 != avoided } + addresses.filter { $0 == avoided }
    }

    /// A hub that leaves names others: the next attempts go there, once each; what is no address is left out.
    package mutating func prefer(_ alternates: [String]) {
        let known = alternates.prefix(Limits.Tunnel.maximumAlternates).compactMap { try? HubAddress($0) }
        round = known
    }

    /// By priority, and those of one priority drawn by weight (RFC 2782).
    private static func ordered<Record>(
        _ records: [Record],
        priority: (Record) -> UInt16,
        weight: (Record) -> UInt16,
        _ generator: inout SeededGenerator
    ) -> [Record] {
        var ordered: [Record] = []
        for level in Set(records.map(priority)).sorted() {
            // Those of weight 0 first, so that they are seldom drawn while others are there.
            let equals = records.filter { priority($0) == level }
            var left = equals.filter { weight($0) == 0 } + equals.filter { weight($0) > 0 }
            while !left.isEmpty {
                let sum = left.reduce(0) { $0 + Int(weight($1)) }
                var drawn = generator.integer(in: 0...sum)
                var index = 0
                while index < left.count - 1, drawn > Int(weight(left[index])) {
                    drawn -= Int(weight(left[index]))
                    index += 1
                }
                ordered.append(left.remove(at: index))
            }
        }
        return ordered
    }
}

extension [IPAddress] {
    /// The same addresses with the families in turn, beginning with that of the first (RFC 8305 §4), each once and at
    /// most ``Limits/Tunnel/maximumAddresses``.
    package var interleaved: [IPAddress] {
        var seen: Set<IPAddress> = []
        let distinct = filter { seen.insert($0).inserted }
        guard let first = distinct.first else { return [] }
        let sameFamily = distinct.filter { $0.bytes.count == first.bytes.count }
        let otherFamily = distinct.filter { $0.bytes.count != first.bytes.count }
        var mixed: [IPAddress] = []
        for index in 0..<Swift.max(sameFamily.count, otherFamily.count) {
            if index < sameFamily.count { mixed.append(sameFamily[index]) }
            if index < otherFamily.count { mixed.append(otherFamily[index]) }
        }
        return Array(mixed.prefix(Limits.Tunnel.maximumAddresses))
    }
}
