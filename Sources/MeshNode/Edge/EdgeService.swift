package import MeshActors
package import MeshCertificates
package import MeshCore
package import MeshIO
internal import MeshIdentity
package import MeshQUIC
internal import MeshRelay
package import MeshTunnel

/// An edge in a folder: its certificate, which renews itself, and its tunnel.
///
/// What `meshnode --role edge` runs. ``run()`` owns every task.
package final class EdgeService: Sendable {
    /// How an edge is set up.
    package struct Configuration: Sendable {
        /// Where its certificate and key lie, as `meshnode enrol` has written them.
        package var credentials: CredentialFolder
        /// Words that hubs know it by.
        package var labels = NodeLabels.none
        /// Where its hubs are, the preferred first.
        package var hubs: [ConfiguredHub]
        /// Where a hub listens for devices whose certificate has expired; nil where nobody has said so.
        package var enrolmentAddress: HubAddress?
        /// How its connections behave.
        package var connections = Edge.connectionDefaults
        /// How its tunnel behaves.
        package var tunnel = TunnelConfiguration()
        /// Actors that live here or are called from here.
        package var kinds: [HostedKind] = []
        /// How the edge beats.
        package var beats = HeartbeatConfiguration()
        /// When it pre-warms its hub.
        package var preWarm = PreWarmThresholds()
        /// Where the transport is bound.
        package var address = SocketAddress.anyIPv6(port: 0)
        /// Where its actors remember; nil where nothing of theirs outlives the process, which is half the memory.
        package var store: StoreFolder?

        /// An edge of these parts, the others as they usually are.
        package init(credentials: CredentialFolder, hubs: [ConfiguredHub]) {
            self.credentials = credentials
            self.hubs = hubs
        }
    }

    /// The edge.
    package let edge: Edge

    /// What its hub's operators ask of it.
    package let desk: StewardDesk
    /// Words that hubs know it by.
    package let labels: NodeLabels

    private let keeper: CertificateKeeper
    let certificateEnd: Lock<WallTime>
    private let noted: NotedVerifier
    private let nudge: Nudge
    private let clock: any Clock
    private let credentials: NodeCredentials
    private let generator: SeededGenerator
    private let addresses: LocalAddresses
    private let store: EdgeStore?
    private let logger: Logger

    private init(
        _ edge: Edge,
        _ keeper: CertificateKeeper,
        _ certificateEnd: Lock<WallTime>,
        _ parts: Edge.Parts,
        noted: NotedVerifier,
        nudge: Nudge,
        desk: StewardDesk,
        addresses: LocalAddresses,
        store: EdgeStore?,
        generator: SeededGenerator
    ) {
        self.edge = edge
        self.keeper = keeper
        self.certificateEnd = certificateEnd
        self.noted = noted
        self.nudge = nudge
        self.desk = desk
        self.addresses = addresses
        self.store = store
        self.generator = generator
        credentials = parts.credentials
        labels = parts.labels
        clock = parts.clock
        logger = parts.logger
    }

    /// Reads the folder; nothing is connected before ``run()``.
    package static func open(
        _ configuration: Configuration,
        loop: EventLoop,
        clock: any Clock,
        generator: SeededGenerator,
        logger: Logger
    ) async throws -> EdgeService {
        var generator = generator
        let enrolment = DeviceEnrolment(folder: configuration.credentials, loop: loop, clock: clock)
        let credentials = try enrolment.load()
        let verifier = try AdmissionVerifier(trust: credentials.trust)
        let noted = NotedVerifier(verifier)
        let resolver = SystemResolver(clock: clock)
        var parts = Edge.Parts(
            loop: loop,
            credentials: credentials,
            verifier: noted,
            hubs: configuration.hubs,
            resolver: resolver,
            clock: clock,
            generator: generator.split(),
            logger: logger
        )
        let addresses = try await LocalAddresses.watch(on: loop)
        parts.addresses = addresses
        let orders = RenewalOrders(nudge: Nudge())
        let desk = StewardDesk(renewals: orders, clock: clock, logger: logger)
        parts.take(configuration, kinds: [NodeSteward.hosted(at: desk)])
        do {
            let store = try await EdgeStore.open(configuration.store, logger)
            let edge = try await make(parts, remembering: store)
            let tunnel = EdgeRenewal(
                edge: edge,
                verifier: verifier,
                enrolmentAddress: configuration.enrolmentAddress,
                resolver: resolver,
                clock: clock,
                logger: logger
            )
            let certificateEnd = Lock(credentials.validity.notAfter)
            let keeper = CertificateKeeper(
                enrolment: enrolment,
                tunnel: tunnel,
                clock: clock,
                logger: logger,
                nudge: orders.nudge,
                orders: orders,
                end: certificateEnd
            )
            return EdgeService(
                edge,
                keeper,
                certificateEnd,
                parts,
                noted: noted,
                nudge: orders.nudge,
                desk: desk,
                addresses: addresses,
                store: store,
                generator: generator.split()
            )
        } catch {
            addresses.close()
            throw error
        }
    }

    /// The edge of `parts`, whose actors remember by `store`, which is closed where there is no edge.
    private static func make(_ parts: Edge.Parts, remembering store: EdgeStore?) async throws -> Edge {
        guard let store else { return try await make(parts) }
        var parts = parts
        (parts.journal, parts.incarnation) = (store.store, store.generation)
        do {
            return try await make(parts)
        } catch {
            await store.close()
            throw error
        }
    }

    /// The edge of `parts`; on a machine without IPv6 it is bound to IPv4 alone.
    private static func make(_ parts: Edge.Parts) async throws -> Edge {
        do {
            return try await Edge.make(parts)
        } catch {
            guard let error = error as? IOError, parts.address == .anyIPv6(port: 0) else { throw error }
            var parts = parts
            parts.address = .anyIPv4(port: 0)
            parts.logger.log(.info, .noIPv6, error: error)
            return try await Edge.make(parts)
        }
    }

    /// When its certificate ends, as it was read when the edge was opened.
    package var certificateValidity: ValidityPeriod { credentials.validity }

    /// Why it has not believed the last hub that it did not believe.
    package var hubRefusal: CertificateError? { noted.refusal }

    /// Looks into its folder for another certificate now.
    package func renewNow() { nudge.give() }

    /// How the edge stands while it does `phase`.
    package func state(_ phase: NodeState.Phase) -> NodeState {
        let tunnel = edge.tunnel.state
        return NodeState(
            phase,
            checks: [
                NodeState.Check(
                    .tunnelConnected,
                    .readiness,
                    isPassing: tunnel.phase == .connected,
                    tunnel.description
                ),
                .certificate(endingAt: certificateEnd.withLock { $0 }, now: clock.wallTime),
                .clock(edge.hubClock.latest),
            ] + (store.map { [$0.check] } ?? [])
        )
    }

    /// Lets what is under way end, for a while, and closes the tunnel; the edge must run.
    package func drain(_ message: String) async {
        await edge.drain(message, patience: Limits.Steward.drainPatience)
    }

    /// Runs until the calling task is cancelled; ``drain(_:)`` first to leave in good order.
    ///
    /// Call it once.
    package func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.edge.run() }
            group.addTask { await self.keeper.run(self.credentials, generator: self.generator) }
            if let store { group.addTask { await store.watchOver(clock: self.clock) } }
            // Never opened: it ends when this task is cancelled.
            _ = try? await OneShot<Done>().wait()
            group.cancelAll()
        }
        addresses.close()
        await store?.close()
    }

    /// Gives up what ``run()`` would, where it is never called.
    package func abandon() async {
        await edge.transport.close()
        addresses.close()
        await store?.close()
    }
}

extension Edge.Parts {
    /// Is as `configuration` says, with these actors beside those that every edge calls.
    fileprivate mutating func take(_ configuration: EdgeService.Configuration, kinds others: [HostedKind]) {
        labels = configuration.labels
        address = configuration.address
        // Which key the edge has proved the hub knows from its link: nothing about it is kept at the hub's actors here.
        let certificates = HostedKind.plain(CertificatesActor.self, placed: .hubs) { address in
            CertificatesActor(office: nil, key: address.key)
        }
        kinds = configuration.kinds + others + [certificates, ModelShelf.called()]
        connections = configuration.connections
        tunnel = configuration.tunnel
        var beats = Edge.Beats(source: MachineVitals(dataFolder: configuration.credentials.path, clock: clock))
        beats.configuration = configuration.beats
        beats.thresholds = configuration.preWarm
        self.beats = beats
    }
}

extension LogEvent {
    static let noIPv6 = LogEvent("edge.no-ipv6")
}
