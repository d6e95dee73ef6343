import MeshActors
import MeshCore
import MeshTestKit
import MeshTunnel

/// Two hubs that a test rules, on the seeded ground: what a tunnel stands on, without a network.
final class TunnelGround: HubResolver, HubDialler, HubProbe {
    struct Rule: Sendable {
        /// What a dial leads to, by the hub's name; a link where nothing stands here.
        var errors: [String: DialError] = [:]
        /// Hubs whose actors answer nothing.
        var silent: Set<String> = []
        /// How long a handshake takes.
        var dialTime = Duration.milliseconds(20)
        /// Whether links go on when they are closed.
        var isStubborn = false
        /// Whether a migration works.
        var canMigrate = true
        /// Announcements of names, and the addresses of hosts.
        var services: [String: [ServiceRecord]] = [:]
    }

    struct Log: Sendable {
        var dialled: [String] = []
        var links: [GroundLink] = []
        var dialsUnderWay = 0
        var migrations = 0
        var probes = 0
    }

    let clock: VirtualClock
    let rule = Lock(Rule())
    let log = Lock(Log())
    private let changes = Signal()

    init(clock: VirtualClock) { self.clock = clock }

    var openLinks: [GroundLink] { log.withLock { $0.links }.filter { !$0.isOver } }

    func changeAddress() { changes.raise() }

    /// A tunnel to hubs at `addresses`, the first preferred.
    func tunnel(
        _ addresses: String...,
        generator: SeededGenerator,
        _ change: (inout TunnelConfiguration) -> Void = { _ in }
    ) throws -> TunnelActor {
        var configuration = TunnelConfiguration()
        change(&configuration)
        let hubs = try addresses.enumerated().map { ConfiguredHub(try HubAddress($1), priority: UInt16($0)) }
        return try TunnelActor(
            to: hubs,
            resolver: self,
            dialler: self,
            probe: self,
            clock: clock,
            generator: generator,
            logger: Logger(sink: VolatileLogSink(), clock: clock, minimumLevel: .error),
            configuration: configuration
        )
    }

    func dial(_ target: HubTarget) async throws(DialError) -> any HubLink {
        guard case .dns(let name) = target.serverName else { throw DialError(.unreachable, "an address") }
        log.withLock { log in
            log.dialled.append("\(name):\(target.endpoints[0].port)")
            log.dialsUnderWay += 1
        }
        defer { log.withLock { $0.dialsUnderWay -= 1 } }
        let rule = rule.withLock { $0 }
        guard (try? await clock.sleep(for: rule.dialTime)) != nil else { throw DialError(.unreachable, "cancelled") }
        if let error = rule.errors[name] { throw error }
        guard let hub = try? NodeID(name) else { throw DialError(.incompatible, "no name") }
        let link = GroundLink(hub, isStubborn: rule.isStubborn)
        log.withLock { $0.links.append(link) }
        return link
    }

    func addressesChanged() async { await changes.wait() }

    func migrate() async -> Bool {
        log.withLock { $0.migrations += 1 }
        return rule.withLock { $0.canMigrate }
    }

    func probe(_ hub: NodeID, deadline: Instant) async throws -> ProbeAnswer {
        log.withLock { $0.probes += 1 }
        try await clock.sleep(for: .milliseconds(10))
        while rule.withLock({ $0.silent.contains(hub.text) }) {
            guard clock.now < deadline else { throw TunnelError(.timedOut, "no answer") }
            try await clock.sleep(for: .milliseconds(100))
        }
        return ProbeAnswer(windowMilliseconds: 1_000, wallTimeMilliseconds: 0)
    }

    func addresses(of host: String) async throws(ResolverError) -> [IPAddress] {
        guard host != "nowhere" else { throw ResolverError(.notFound, "no such host") }
        return [IPAddress("10.0.0.1"), IPAddress("::1")].compactMap { $0 }
    }

    func services(of name: String) async throws(ResolverError) -> [ServiceRecord] {
        guard let records = rule.withLock({ $0.services[name] }) else { throw ResolverError(.notFound, "none") }
        return records
    }
}

/// A link that a test rules.
final class GroundLink: HubLink {
    private struct State {
        var events = BoundedQueue<LinkEvent>(capacity: 16)
        var end: String?
        var isRetired = false
    }

    let hub: NodeID
    let isResumed = false
    private let isStubborn: Bool
    private let state = Lock(State())
    private let news = Signal()

    init(_ hub: NodeID, isStubborn: Bool) {
        self.hub = hub
        self.isStubborn = isStubborn
    }

    var isOver: Bool { state.withLock { $0.end != nil } }
    var isRetired: Bool { state.withLock { $0.isRetired } }

    func tell(_ event: LinkEvent) {
        state.withLock { state in
            if case .ended(let words) = event { state.end = state.end ?? words } else { _ = state.events.append(event) }
        }
        news.raise()
    }

    func nextEvent() async -> LinkEvent {
        while true {
            let event = state.withLock { state in state.events.popFirst() ?? state.end.map { LinkEvent.ended($0) } }
            if let event { return event }
            await news.wait()
            // A cancelled wait returns at once: whoever holds the link closes it, and until then others must run.
            await Task.yield()
        }
    }

    func close(_ message: String) async {
        if !isStubborn { tell(.ended(message)) }
    }

    func retire() async { state.withLock { $0.isRetired = true } }

    func figures() async -> LinkFigures {
        var figures = LinkFigures()
        figures.bytesSent = 100
        figures.roundTrip = .milliseconds(20)
        return figures
    }
}
