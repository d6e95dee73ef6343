package import MeshActors
package import MeshCore
internal import MeshEscalation
package import MeshIO
package import MeshQUIC
package import MeshTunnel

/// An edge: its actors, its transport, and the tunnel that keeps them together with a hub.
///
/// ``run()`` owns every task. Calls of a hub's actors go through ``node`` and need not know the tunnel: while it is
/// down they wait until their deadline. Before the first connection they end with `noHost`: nobody knows a hub yet.
package final class Edge: Sendable {
    /// What the edge is made of.
    package struct Parts: Sendable {
        /// The loop of the transport.
        package let loop: EventLoop
        /// Where the transport is bound.
        package var address = SocketAddress.anyIPv4(port: 0)
        /// Who the edge is.
        package let credentials: NodeCredentials
        /// Whom it believes.
        package let verifier: any PeerVerifier
        /// Words that hubs know it by.
        package var labels = NodeLabels.none
        /// Where its hubs are.
        package let hubs: [ConfiguredHub]
        /// How their names are found.
        package let resolver: any HubResolver
        /// Where this machine's addresses change; nil where they never do.
        package var addresses: LocalAddresses?
        /// The actors that live here or are called from here.
        package var kinds: [HostedKind] = []
        /// What the actors that live here remember.
        package var journal: any Journal = VolatileJournal()
        /// Which of the edge's lives this is.
        package var incarnation = UInt64(1)
        /// The time.
        package let clock: any Clock
        /// Where its chance comes from.
        package let generator: SeededGenerator
        /// Who is told what happens.
        package let logger: Logger
        /// How connections behave.
        package var connections = Edge.connectionDefaults
        /// How the tunnel behaves.
        package var tunnel = TunnelConfiguration()
        /// How the edge beats; nil where it does not.
        package var beats: Beats?

        /// An edge of these parts, the others as they usually are.
        package init(
            loop: EventLoop,
            credentials: NodeCredentials,
            verifier: any PeerVerifier,
            hubs: [ConfiguredHub],
            resolver: any HubResolver,
            clock: any Clock,
            generator: SeededGenerator,
            logger: Logger
        ) {
            self.loop = loop
            self.credentials = credentials
            self.verifier = verifier
            self.hubs = hubs
            self.resolver = resolver
            self.clock = clock
            self.generator = generator
            self.logger = logger
        }
    }

    /// The edge's actors, and the way to the hub's.
    package let node: ActorNode

    /// The tunnel.
    package let tunnel: TunnelActor

    /// Its beats; nil where it has none.
    package let beats: HeartbeatActor?

    /// What its beats have told of the hub's clock.
    package let hubClock: HubClock

    /// The transport under them.
    package let transport: QUICTransport

    /// What the edge is called.
    package let name: NodeID

    private let directory: HubDirectory
    let clock: any Clock

    private init(
        _ directory: HubDirectory,
        node: ActorNode,
        tunnel: TunnelActor,
        transport: QUICTransport,
        beats: HeartbeatActor?,
        hubClock: HubClock,
        clock: any Clock
    ) {
        self.directory = directory
        self.hubClock = hubClock
        self.clock = clock
        name = directory.owner.node
        self.node = node
        self.tunnel = tunnel
        self.transport = transport
        self.beats = beats
    }

    /// The edge of `parts`, not connected yet.
    package static func make(_ parts: Parts) async throws -> Edge {
        let directory = HubDirectory(own: parts.credentials.identity, incarnation: parts.incarnation)
        let links = EdgeLinks { directory.hubOpened($0.node) }
        let transport = try await QUICTransport(
            loop: parts.loop,
            address: parts.address,
            accepts: false,
            credentials: parts.credentials,
            verifier: parts.verifier,
            software: NodeSoftware.name,
            labels: parts.labels,
            configuration: parts.connections,
            clock: parts.clock,
            observer: links
        )
        var generator = parts.generator
        let node = ActorNode(
            owner: directory.owner,
            kinds: parts.kinds + [HubKeeper.hosted(clock: parts.clock) { 0 }],
            membership: directory.membership,
            journal: parts.journal,
            transport: transport,
            clock: parts.clock,
            generator: generator.split(),
            logger: parts.logger
        )
        directory.use(node)
        do {
            let tunnel = try TunnelActor(
                to: parts.hubs,
                resolver: parts.resolver,
                dialler: QUICHubDialler(transport: transport, links: links, addresses: parts.addresses),
                probe: ActorHubProbe(node: node),
                clock: parts.clock,
                generator: generator.split(),
                logger: parts.logger,
                configuration: parts.tunnel
            )
            let hubClock = HubClock(logger: parts.logger)
            let beats = parts.beats.map { beats in
                HeartbeatActor(
                    of: directory.owner.node,
                    source: beats.source,
                    channel: TunnelBeatChannel(transport: transport, tunnel: tunnel),
                    clock: parts.clock,
                    generator: generator.split(),
                    logger: parts.logger,
                    configuration: beats.configuration,
                    thresholds: beats.thresholds,
                    hubSaid: { [clock = parts.clock] in hubClock.heard($0, own: clock.wallTime) }
                )
            }
            if let beats { links.use(beats) }
            return Edge(
                directory,
                node: node,
                tunnel: tunnel,
                transport: transport,
                beats: beats,
                hubClock: hubClock,
                clock: parts.clock
            )
        } catch {
            await transport.close()
            throw error
        }
    }

    /// Runs until the calling task is cancelled; the tunnel begins by itself.
    ///
    /// Call it once.
    package func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.node.run() }
            group.addTask { await self.tunnel.run() }
            group.addTask { await self.followHub() }
            if let beats { group.addTask { await beats.run() } }
            try? await tunnel.start()
            // Never opened: it ends when this task is cancelled.
            _ = try? await OneShot<Done>().wait()
            group.cancelAll()
        }
        await transport.close("the edge has ended")
    }

    /// Begins nothing more, lets what is under way end, and leaves; it must run.
    package func drain(_ message: String, patience: Duration) async {
        await transport.leave(message, patience: patience)
        // It would make another link.
        try? await tunnel.stop()
        await node.drain()
    }

    private func followHub() async {
        for await state in tunnel.states {
            if case .connected(let connection) = state {
                directory.hubAnswered(connection.hub)
                await beats?.tunnelConnected()
            } else {
                await beats?.tunnelLost()
            }
        }
    }

    /// How an edge's connections behave unless configured otherwise.
    ///
    /// The tunnel asks the hub's actors every few seconds, which keeps a connection alive.
    /// Each answer may have as much unread as a hub keeps for it; what slow applications leave unread must not hold
    /// up beats, calls and the answers of others.
    package static var connectionDefaults: QUICConfiguration {
        var configuration = QUICConfiguration()
        configuration.connectionWindow = Limits.Edge.unreadAnswers * Limits.Escalation.windowBytes
        return configuration
    }
}
