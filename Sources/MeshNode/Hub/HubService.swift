package import MeshAccounts
package import MeshActors
package import MeshCertificates
package import MeshCore
package import MeshIO
internal import MeshIdentity
package import MeshQUIC
package import MeshRelay
internal import MeshStore
package import MeshTunnel

/// A hub in a folder: its authority, its store, its tunnels and its listener for enrolment, all in one process.
///
/// What `meshnode --role hub` runs. ``run()`` owns every task.
package final class HubService: Sendable {
    /// How a hub is set up.
    package struct Configuration: Sendable {
        /// Where it lies.
        package var folder: HubFolder
        /// Where edges come to.
        package var address: SocketAddress
        /// Where devices come to that have no certificate yet; nil for nowhere.
        package var enrolmentAddress: SocketAddress?
        /// Who the hub is, and under which names it answers.
        package var grant: NodeGrant
        /// How it gives certificates.
        package var enrolment = EnrolmentConfiguration()
        /// Who signs them; nil for the authority in its folder.
        package var issuer: (any CertificateIssuer)?
        /// How its connections behave.
        package var connections = Hub.connectionDefaults
        /// Makes ready what edges will soon ask for.
        package var warmUp: any WarmUpHook = NoWarmUp()
        /// Actors that live here beside its own.
        package var kinds: [HostedKind] = []
        /// Who answers the questions of edges; nil where nobody does.
        package var questions: EscalationOffice?
        /// Who judges API keys, by the rings in the store; nil where nobody has one.
        package var keys: KeyOffice?
        /// Who keeps conversations; nil where nobody does.
        package var sessions: SessionOffice?
        /// Who keeps accounts, whose kinds are among ``kinds``; nil where nobody does.
        package var accounts: LedgerOffice?

        /// A hub of these parts, the others as they usually are.
        package init(
            folder: HubFolder,
            address: SocketAddress,
            enrolmentAddress: SocketAddress?,
            grant: NodeGrant
        ) {
            self.folder = folder
            self.address = address
            self.enrolmentAddress = enrolmentAddress
            self.grant = grant
        }
    }

    /// The hub.
    package let hub: Hub
    /// Who is put out, and how.
    package let revocations: RevocationOffice
    /// Where devices come to that have no certificate yet; nil where none may.
    package let listener: EnrolmentListener?
    /// Whether this start has made the authority.
    package let hasMadeAuthority: Bool

    let store: LogStore
    let storeWatch: StoreWatch
    let office: EnrolmentOffice
    let links: HubLinks
    private let keeper: HubCertificateKeeper
    private let nudge = Nudge()
    let certificateEnd: Lock<WallTime>
    /// When the authority ends that signs now; nil until it has been looked at.
    let authorityEnd = Lock<WallTime?>(nil)
    private let clock: any Clock
    private let clerk: RevocationClerk
    private let questions: EscalationOffice?
    private let logger: Logger

    /// What a hub stands on.
    private struct Ground {
        let loop: EventLoop
        let clock: any Clock
        let generator: SeededGenerator
        let logger: Logger
        let store: LogStore

        func owner(_ identity: NodeIdentity) -> Owner { Owner(node: identity.node, incarnation: store.generation) }
    }

    private init(
        _ configuration: Configuration,
        _ ground: Ground,
        _ own: HubCredentials,
        _ credentials: NodeCredentials,
        hasMadeAuthority: Bool
    ) async throws {
        self.hasMadeAuthority = hasMadeAuthority
        clock = ground.clock
        certificateEnd = Lock(credentials.validity.notAfter)
        let (clock, logger, store) = (ground.clock, ground.logger, ground.store)
        (self.store, self.logger) = (store, logger)
        questions = configuration.questions
        storeWatch = StoreWatch(logger: logger)
        let admission = try AdmissionVerifier(trust: credentials.trust)
        office = EnrolmentOffice(
            issuer: own.issuer,
            tokenKey: try configuration.folder.authority.tokenKey(makeIfMissing: true),
            configuration: configuration.enrolment,
            clock: clock,
            logger: logger
        )
        try await Self.readActors(of: configuration, into: admission, office, ground)
        let links = HubLinks(office: office, clock: clock)
        self.links = links
        let hub = try await Self.makeHub(configuration, credentials, admission, office.kinds, links, ground)
        self.hub = hub
        revocations = try RevocationOffice(node: hub.node, admission: admission) {
            await hub.transport.recheckPeers()
        }
        office.open(on: hub.node, named: configuration.grant.identity.node, revocations: revocations)
        configuration.keys?.open(on: hub.node)
        configuration.sessions?.open(on: hub.node)
        configuration.accounts?.open(on: hub.node)
        let knocks = try KnockVerifier(trust: credentials.trust, grace: configuration.enrolment.grace)
        do {
            listener = try await Self.listen(configuration.enrolmentAddress, credentials, knocks, ground)
        } catch {
            await hub.transport.close("the hub could not be started")
            throw error
        }
        clerk = RevocationClerk(
            orders: configuration.folder.authority.revocationOrders,
            office: revocations,
            isKnown: { [office] in await office.isKnown($0) },
            clock: clock,
            logger: logger
        )
        keeper = HubCertificateKeeper(
            own: own,
            admission: admission,
            knocks: knocks,
            transport: hub.transport,
            listener: listener,
            clock: clock,
            logger: logger,
            first: credentials,
            nudge: nudge,
            end: certificateEnd,
            authorityEnd: authorityEnd
        )
    }

    /// Opens the store, reads who is put out, and then lets edges come; nothing is answered before ``run()``.
    package static func open(
        _ configuration: Configuration,
        loop: EventLoop,
        clock: any Clock,
        generator: SeededGenerator,
        logger: Logger
    ) async throws -> HubService {
        let folder = configuration.folder
        let hasMadeAuthority = try folder.prepare(now: clock.wallTime)
        let issuer = configuration.issuer ?? AuthorityIssuer(folder: folder.authority)
        let own = try HubCredentials(configuration.grant, keyAt: folder.keyPath, issuer: issuer)
        let credentials = try await own.issue(now: clock.wallTime)
        let (store, index) = try await folder.store.open()
        if case .madeAgain(let reason) = index {
            logger.log(.warning, .indexMadeAgain, [LogField(.reason, .text(reason))])
        }
        let ground = Ground(loop: loop, clock: clock, generator: generator, logger: logger, store: store)
        do {
            return try await HubService(configuration, ground, own, credentials, hasMadeAuthority: hasMadeAuthority)
        } catch {
            try? await store.close()
            throw error
        }
    }

    private static func makeHub(
        _ configuration: Configuration,
        _ credentials: NodeCredentials,
        _ admission: AdmissionVerifier,
        _ kinds: [HostedKind],
        _ links: HubLinks,
        _ ground: Ground
    ) async throws -> Hub {
        var parts = Hub.Parts(
            loop: ground.loop,
            address: configuration.address,
            credentials: credentials,
            verifier: admission,
            journal: ground.store,
            incarnation: ground.store.generation,
            clock: ground.clock,
            generator: ground.generator,
            logger: ground.logger
        )
        parts.kinds = configuration.kinds + kinds + (configuration.keys?.kinds ?? [])
        parts.kinds += configuration.sessions?.kinds() ?? []
        parts.connections = configuration.connections
        parts.warmUp = configuration.warmUp
        parts.storeAnswers = { [store = ground.store] in await store.answers() }
        parts.linkChanged = { change in
            switch change {
            case .opened(let peer): links.opened(peer.link.number, peer.certificate)
            case .closed(let peer): links.closed(peer.link.number)
            }
        }
        do {
            return try await Hub.make(parts)
        } catch {
            throw StartError(listeningAt: configuration.address, "hub.listen (--listen)", error) ?? error
        }
    }

    private static func listen(
        _ address: SocketAddress?,
        _ credentials: NodeCredentials,
        _ knocks: KnockVerifier,
        _ ground: Ground
    ) async throws -> EnrolmentListener? {
        guard let address else { return nil }
        do {
            return try await EnrolmentListener(
                loop: ground.loop,
                address: address,
                credentials: try credentials.showingAuthority(now: ground.clock.wallTime),
                verifier: knocks,
                clock: ground.clock
            )
        } catch {
            throw StartError(listeningAt: address, "hub.enrolListen (--enrol-listen)", error) ?? error
        }
    }

    /// Who is put out and which keys count, before anybody can come: a node without a transport reads them from the
    /// journal.
    private static func readActors(
        of configuration: Configuration,
        into admission: AdmissionVerifier,
        _ office: EnrolmentOffice,
        _ ground: Ground
    ) async throws {
        let owner = ground.owner(configuration.grant.identity)
        let keys = configuration.keys
        let reader = ActorNode(
            owner: owner,
            kinds: office.kinds + (keys?.kinds ?? []),
            membership: Membership(epoch: 1, members: [Member(owner, role: .hub)]),
            journal: ground.store,
            transport: nil,
            clock: ground.clock,
            generator: ground.generator,
            logger: ground.logger
        )
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { await reader.run() }
            try await RevocationOffice(node: reader, admission: admission, cutLinks: {}).load()
            try await keys?.load(from: ground.store, on: reader)
            await reader.drain()
            group.cancelAll()
        }
    }

    /// Gives itself a fresh certificate, and looks at its authority's folder, now.
    package func renewNow() { nudge.give() }

    /// Gives certificates of another life, and takes so many handshakes in a second, from now on.
    package func use(certificateLife: Duration, handshakesPerSecond: Int) async {
        office.use(certificateLife: certificateLife)
        await hub.use(handshakesPerSecond: handshakesPerSecond)
    }

    /// How the hub stands while it does `phase`.
    package func state(_ phase: NodeState.Phase) -> NodeState {
        let isFresh = hub.pulse.isFresh
        let places = [hub.transport.localAddress, listener?.localAddress].compactMap { $0?.description }
        return NodeState(
            phase,
            checks: [
                NodeState.Check(
                    .storeAnswers,
                    .liveness,
                    isPassing: isFresh,
                    isFresh ? "the store has answered within the last seconds" : "the store does not answer"
                ),
                .store(store.statistics.condition),
                NodeState.Check(.listenerBound, .readiness, isPassing: true, places.joined(separator: ", ")),
                .certificate(endingAt: certificateEnd.withLock { $0 }, now: clock.wallTime),
            ]
        )
    }

    /// Runs until the calling task is cancelled, then closes the store.
    ///
    /// Call it once; ``Hub/drain(_:patience:elsewhere:)`` first to leave in good order.
    package func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.hub.run() }
            if let questions {
                group.addTask { await questions.run() }
                group.addTask { [hub] in
                    await hub.transport.serveQuestions { stream in
                        guard let payload = stream.question, let edge = stream.opener else { return }
                        try await questions.serve(stream, asking: payload, by: edge)
                    }
                }
            }
            group.addTask { await self.keeper.run() }
            group.addTask { await self.clerk.run() }
            group.addTask { [store] in await self.storeWatch.run(clock: self.clock) { store.statistics } }
            group.addTask { [links, hub] in
                await links.run { await hub.transport.close(PeerLinkID($0), $1) }
            }
            if let listener {
                group.addTask { [office] in await listener.serve { await office.answer($0) } }
            }
            // Never opened: it ends when this task is cancelled.
            _ = try? await OneShot<Done>().wait()
            group.cancelAll()
        }
        await listener?.close()
        do throws(JournalError) {
            try await store.close()
        } catch {
            logger.log(.error, .storeNotClosed, error: error)
        }
    }
}

extension LogEvent {
    static let storeNotClosed = LogEvent("hub.store-not-closed")
}
