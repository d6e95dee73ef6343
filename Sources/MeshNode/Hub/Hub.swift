package import MeshActors
package import MeshCore
package import MeshIO
package import MeshQUIC
package import MeshTunnel

/// A hub: its actors, and the tunnels of its edges.
///
/// ``run()`` owns every task.
package final class Hub: Sendable {
    /// What the hub is made of.
    package struct Parts: Sendable {
        /// The loop of the transport.
        package let loop: EventLoop
        /// Where edges come to.
        package let address: SocketAddress
        /// Who the hub is.
        package let credentials: NodeCredentials
        /// Whom it believes.
        package let verifier: any PeerVerifier
        /// The actors that live here.
        package var kinds: [HostedKind] = []
        /// What they remember.
        package let journal: any Journal
        /// Which of the hub's lives this is.
        package let incarnation: UInt64
        /// The time.
        package let clock: any Clock
        /// Where its chance comes from.
        package let generator: SeededGenerator
        /// Who is told what happens.
        package let logger: Logger
        /// How connections behave.
        package var connections = Hub.connectionDefaults
        /// Returns when all that actors stand on has moved: never, where the store's disk hangs.
        package var storeAnswers: @Sendable () async -> Void = {}
        /// Makes ready what edges will soon ask for.
        package var warmUp: any WarmUpHook = NoWarmUp()
        /// How often an edge may beat.
        package var shortestBeatInterval = Limits.Heartbeat.shortestInterval
        /// Told on the loop of each link that opens and ends, by whose certificate.
        package var linkChanged: @Sendable (LinkChange) -> Void = { _ in }

        /// A hub of these parts, the others as they usually are.
        package init(
            loop: EventLoop,
            address: SocketAddress,
            credentials: NodeCredentials,
            verifier: any PeerVerifier,
            journal: any Journal,
            incarnation: UInt64,
            clock: any Clock,
            generator: SeededGenerator,
            logger: Logger
        ) {
            self.loop = loop
            self.address = address
            self.credentials = credentials
            self.verifier = verifier
            self.journal = journal
            self.incarnation = incarnation
            self.clock = clock
            self.generator = generator
            self.logger = logger
        }
    }

    /// The hub's actors.
    package let node: ActorNode

    /// Its tunnels.
    package let tunnels: HubTunnels

    /// What its edges' beats tell.
    package let beats: HubBeats

    /// The transport under them.
    package let transport: QUICTransport

    /// Whether what its actors stand on moves.
    package let pulse: HubPulse

    private init(
        node: ActorNode,
        tunnels: HubTunnels,
        beats: HubBeats,
        transport: QUICTransport,
        pulse: HubPulse
    ) {
        self.beats = beats
        self.node = node
        self.tunnels = tunnels
        self.transport = transport
        self.pulse = pulse
    }

    /// The hub of `parts`: it takes tunnels from now on, and answers once it runs.
    package static func make(_ parts: Parts) async throws -> Hub {
        let rate = parts.connections.handshakesPerSecond ?? Limits.Hub.handshakesPerSecond
        let beats = HubBeats(
            clock: parts.clock,
            logger: parts.logger,
            hook: parts.warmUp,
            shortestInterval: parts.shortestBeatInterval
        )
        let tunnels = HubTunnels(
            pacing: HerdPacing(admissionsPerSecond: rate),
            clock: parts.clock,
            logger: parts.logger,
            beats: beats,
            changed: parts.linkChanged
        )
        let transport = try await QUICTransport(
            loop: parts.loop,
            address: parts.address,
            accepts: true,
            credentials: parts.credentials,
            verifier: parts.verifier,
            software: NodeSoftware.name,
            configuration: parts.connections,
            clock: parts.clock,
            observer: tunnels
        )
        let owner = Owner(node: parts.credentials.identity.node, incarnation: parts.incarnation)
        let pulse = HubPulse(clock: parts.clock, parts.storeAnswers)
        let keeper = HubKeeper.hosted(
            clock: parts.clock,
            untilAlive: { await pulse.waitUntilFresh() },
            windowMilliseconds: { tunnels.windowMilliseconds }
        )
        let node = ActorNode(
            owner: owner,
            kinds: parts.kinds + [keeper, NodeSteward.hosted(at: nil)],
            membership: Membership(epoch: 1, members: [Member(owner, role: .hub)]),
            journal: parts.journal,
            transport: transport,
            clock: parts.clock,
            generator: parts.generator,
            logger: parts.logger
        )
        return Hub(node: node, tunnels: tunnels, beats: beats, transport: transport, pulse: pulse)
    }

    /// Runs until the calling task is cancelled; then it stops as in a crash.
    ///
    /// Call it once; ``drain(_:patience:elsewhere:)`` first to leave in good order.
    package func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.pulse.run() }
            group.addTask { await self.beats.run() }
            await node.run()
            group.cancelAll()
        }
        await transport.close("the hub has ended")
    }

    /// Asks the edges to go, `elsewhere` if there is another hub, lets what is under way end, and lets actors leave
    /// once nobody needs them any more, as `needed` knows.
    package func drain(
        _ message: String,
        patience: Duration,
        elsewhere: String? = nil,
        needed: () async -> Void = {}
    ) async {
        let window = Duration.milliseconds(Int64(tunnels.windowMilliseconds))
        await transport.leave(message, patience: patience, elsewhere: elsewhere, window: window)
        await needed()
        await node.drain()
    }

    /// Takes so many handshakes in a second from now on.
    package func use(handshakesPerSecond rate: Int) async {
        tunnels.use(HerdPacing(admissionsPerSecond: rate))
        await transport.use(handshakesPerSecond: rate)
    }

    /// How a hub's connections behave unless configured otherwise.
    package static var connectionDefaults: QUICConfiguration {
        var configuration = QUICConfiguration()
        configuration.handshakesPerSecond = Limits.Hub.handshakesPerSecond
        return configuration
    }
}
