internal import MeshActors
internal import MeshCore
internal import MeshTestKit
internal import MeshTunnel

/// What an edge's tunnel stands on in a simulated world: dialler, probe and resolver.
final class SimulatedEdgePorts: HubDialler, HubProbe, HubResolver {
    let edge: NodeID
    private let hubs: [SimulatedHub]
    private let network: TunnelNetwork
    private let changes = Signal()
    private let hasTicket = Lock(false)

    init(_ edge: NodeID, hubs: [SimulatedHub], network: TunnelNetwork) {
        self.edge = edge
        self.hubs = hubs
        self.network = network
    }

    /// The edge gets another address; its links are left behind until they are migrated.
    func changeAddress() {
        network.history.addressesChanged(of: edge)
        for hub in hubs { hub.newestLink(of: edge)?.strand() }
        changes.raise()
    }

    func dial(_ target: HubTarget) async throws(DialError) -> any HubLink {
        network.history.dialBegan(by: edge)
        defer { network.history.dialEnded(by: edge) }
        let hub: SimulatedHub
        do {
            hub = try await shakeHands(target)
        } catch {
            throw error as? DialError ?? DialError(.unreachable, "nobody answered")
        }
        return try hub.accept(
            edge,
            isResumed: hasTicket.withLock { hasTicket in
                defer { hasTicket = true }
                return hasTicket
            }
        )
    }

    private func shakeHands(_ target: HubTarget) async throws -> SimulatedHub {
        let clock = network.clock
        let end = clock.now + .seconds(20)
        let addressed = target.endpoints.compactMap { endpoint in hubs.first { $0.address == endpoint.address } }
        // Where no process listens, the machine may say so, or nobody says anything.
        if !addressed.contains(where: \.isUp), network.draw({ $0.chance(1, in: 2) }) {
            try await clock.sleep(for: .milliseconds(20))
            throw DialError(.unreachable, "nobody listens there")
        }
        while clock.now < end {
            if let hub = addressed.first(where: \.isUp) {
                for _ in 0..<4 { try await network.travel(edge, hub.id, until: end) }
                return hub
            }
            try await clock.sleep(for: .milliseconds(500))
        }
        throw TunnelNetwork.Silence()
    }

    func addressesChanged() async { await changes.wait() }

    func migrate() async -> Bool {
        try? await network.clock.sleep(for: .milliseconds(50))
        guard network.draw({ $0.chance(2, in: 3) }) else { return false }
        for hub in hubs { hub.newestLink(of: edge)?.comeAlong() }
        return true
    }

    func probe(_ hub: NodeID, deadline: Instant) async throws -> ProbeAnswer {
        guard let hub = hubs.first(where: { $0.id == hub }), let link = hub.newestLink(of: edge) else {
            throw TunnelNetwork.Silence()
        }
        try await network.travel(edge, hub.id, until: deadline)
        while !hub.answers || link.isStranded || link.isOver {
            guard network.clock.now < deadline else { throw TunnelNetwork.Silence() }
            try await network.clock.sleep(for: .milliseconds(200))
        }
        try await network.travel(edge, hub.id, until: deadline)
        guard network.clock.now < deadline else { throw TunnelNetwork.Silence() }
        link.count(100)
        network.history.answered(edge, by: hub.id)
        return ProbeAnswer(
            windowMilliseconds: UInt32(clamping: hub.window.wholeNanoseconds / 1_000_000),
            wallTimeMilliseconds: network.clock.wallTime.millisecondsSince1970
        )
    }

    func addresses(of host: String) async throws(ResolverError) -> [IPAddress] {
        try await ask()
        guard let hub = hubs.first(where: { $0.host == host }) else {
            throw ResolverError(.notFound, "\(host) is not known")
        }
        return [hub.address]
    }

    func services(of name: String) async throws(ResolverError) -> [ServiceRecord] {
        try await ask()
        return hubs.enumerated().map { index, hub in
            ServiceRecord(priority: UInt16(index / 2), weight: 1, host: hub.host, port: HubAddress.defaultPort)
        }
    }

    private func ask() async throws(ResolverError) {
        let pause = Duration.milliseconds(network.draw { $0.integer(in: 1...50) })
        guard (try? await network.clock.sleep(for: pause)) != nil, !network.areNamesAway else {
            throw ResolverError(.unavailable, "no name server answers")
        }
    }
}
