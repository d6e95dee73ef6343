internal import MeshActors
internal import MeshCore
internal import MeshIO
internal import MeshNode
internal import MeshQUIC
internal import MeshTestKit
internal import MeshTunnel

/// What every figure of tunnels stands on: two loops, and an authority made for the run.
struct TunnelGround: Sendable {
    let near: EventLoop
    let far: EventLoop
    let clock: MachineClock
    let authority: PeerAuthority
    let logger: Logger

    /// On the loops of `baseline`, so that nothing but the protocol differs.
    init(on baseline: UDPBaseline) throws {
        near = baseline.near
        far = baseline.far
        clock = MachineClock(loop: far)
        authority = try PeerAuthority.make(clock: clock)
        logger = Logger(sink: VolatileLogSink(), clock: clock, minimumLevel: .error)
    }

    /// Runs `body` and says what it cost the threads of both loops.
    func costs<Value>(of body: () async throws -> Value) async throws -> (value: Value, near: LoopCost, far: LoopCost) {
        let before = (try await LoopCost(of: near), try await LoopCost(of: far))
        let value = try await body()
        let after = (try await LoopCost(of: near), try await LoopCost(of: far))
        return (value, after.0 - before.0, after.1 - before.1)
    }

    /// A hub's transport; as many handshakes are taken as come, since cuts follow each other closely here.
    func hubTransport(
        _ credentials: NodeCredentials,
        resumes: Bool,
        observer: any LinkObserver
    ) async throws -> QUICTransport {
        var configuration = Hub.connectionDefaults
        configuration.handshakesPerSecond = nil
        configuration.allowsResumption = resumes
        return try await QUICTransport(
            loop: far,
            address: .loopbackIPv4(port: 0),
            accepts: true,
            credentials: credentials,
            verifier: authority.verifier,
            software: NodeSoftware.name,
            configuration: configuration,
            clock: clock,
            observer: observer
        )
    }

    static let serverName = ServerName.dns("localhost")
}

/// Two transports and a link that nobody keeps.
struct BarePair: Sendable {
    let hub: QUICTransport
    let edge: QUICTransport
    let resumes: Bool
    private let ground: TunnelGround

    init(_ ground: TunnelGround, resumes: Bool) async throws {
        self.ground = ground
        self.resumes = resumes
        hub = try await ground.hubTransport(
            try ground.authority.credentials(.hub, "bare-hub"),
            resumes: resumes,
            observer: NoLinkObserver()
        )
        edge = try await QUICTransport(
            loop: ground.near,
            address: .anyIPv4(port: 0),
            accepts: false,
            credentials: try ground.authority.credentials(.edge, "bare-edge"),
            verifier: ground.authority.verifier,
            software: NodeSoftware.name,
            configuration: Edge.connectionDefaults,
            clock: ground.clock
        )
    }

    func connect() async throws -> NodeID {
        try await edge.connect(to: hub.localAddress, serverName: TunnelGround.serverName)
    }

    /// Serves until the task is cancelled.
    func run() async {
        await EchoingTransport(transport: hub).serve { _ in [] }
        await edge.close()
        await hub.close()
    }
}

/// A hub with actors and a registry, and an edge as it ships whose tunnel keeps the link to it.
struct TunnelPair: Sendable {
    let hub: QUICTransport
    let edge: Edge
    let edgeNode: NodeID
    let resumes: Bool
    private let ground: TunnelGround
    private let hubActors: ActorNode

    init(_ ground: TunnelGround, resumes: Bool) async throws {
        self.ground = ground
        self.resumes = resumes
        let credentials = try ground.authority.credentials(.hub, "tunnel-hub")
        let tunnels = HubTunnels(
            pacing: HerdPacing(admissionsPerSecond: Limits.Hub.handshakesPerSecond),
            clock: ground.clock,
            logger: ground.logger,
            changed: { _ in }
        )
        hub = try await ground.hubTransport(credentials, resumes: resumes, observer: tunnels)
        let owner = Owner(node: credentials.identity.node, incarnation: 1)
        hubActors = ActorNode(
            owner: owner,
            kinds: [HubKeeper.hosted(clock: ground.clock) { tunnels.windowMilliseconds }],
            membership: Membership(epoch: 1, members: [Member(owner, role: .hub)]),
            journal: VolatileJournal(),
            transport: EchoingTransport(transport: hub),
            clock: ground.clock,
            generator: SeededGenerator(seed: 1),
            logger: ground.logger
        )
        let edgeCredentials = try ground.authority.credentials(.edge, "tunnel-edge")
        edgeNode = edgeCredentials.identity.node
        var parts = Edge.Parts(
            loop: ground.near,
            credentials: edgeCredentials,
            verifier: ground.authority.verifier,
            hubs: [ConfiguredHub(try HubAddress("\(hub.localAddress)"))],
            resolver: SystemResolver(clock: ground.clock),
            clock: ground.clock,
            generator: SeededGenerator(seed: 2),
            logger: ground.logger
        )
        // The pause after a loss is drawn from what the hub says. This one matters only to links that do not last, and
        // none of them lasts here: it would grow from cut to cut.
        parts.tunnel.firstPause = .milliseconds(1)
        parts.tunnel.longestPause = Self.longestPause
        edge = try await Edge.make(parts)
    }

    /// Serves, and keeps the tunnel, until the task is cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask(executorPreference: ground.far) { await hubActors.run() }
            group.addTask(executorPreference: ground.near) { await edge.run() }
        }
        await hub.close()
    }

    /// Returns the hub once the tunnel is connected.
    func connect() async throws -> NodeID {
        try await edge.tunnel.waitUntilConnected(deadline: ground.clock.now + .seconds(10))
        guard let node = edge.tunnel.state.hub else { throw UDPBaselineFailure("the tunnel has lost its hub") }
        return node
    }

    /// A link that has been well for twice as long is forgotten as a vain attempt.
    static let longestPause = Duration.milliseconds(10)
}
