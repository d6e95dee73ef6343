package import MeshActors
package import MeshCertificates
package import MeshCore
package import MeshIO
internal import MeshIdentity
package import MeshQUIC
internal import MeshStore

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
        /// How its connections behave.
        package var connections = Hub.connectionDefaults
        /// Actors that live here beside its own.
        package var kinds: [HostedKind] = []

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

    private let store: LogStore
    private let office: EnrolmentOffice
    private let links: Intake<LinkChange>
    private let keeper: HubCertificateKeeper
    private let logger: Logger

    private init(_ parts: Made) {
        hub = parts.hub
        revocations = parts.revocations
        listener = parts.listener
        hasMadeAuthority = parts.hasMadeAuthority
        store = parts.store
        office = parts.office
        links = parts.links
        keeper = parts.keeper
        logger = parts.logger
    }

    private struct Made {
        let hub: Hub
        let revocations: RevocationOffice
        let listener: EnrolmentListener?
        let hasMadeAuthority: Bool
        let store: LogStore
        let office: EnrolmentOffice
        let links: Intake<LinkChange>
        let keeper: HubCertificateKeeper
        let logger: Logger
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
        let issuer = AuthorityIssuer(folder: folder.authority)
        let own = try HubCredentials(configuration.grant, keyAt: folder.keyPath, issuer: issuer)
        let credentials = try await own.issue(now: clock.wallTime)
        let admission = try AdmissionVerifier(trust: credentials.trust)
        let knocks = try KnockVerifier(trust: credentials.trust, grace: configuration.enrolment.grace)
        let (store, _) = try await folder.store.open()
        do {
            let office = EnrolmentOffice(
                issuer: issuer,
                tokenKey: try folder.authority.tokenKey(makeIfMissing: true),
                configuration: configuration.enrolment,
                clock: clock,
                logger: logger
            )
            let owner = Owner(node: configuration.grant.identity.node, incarnation: store.generation)
            try await loadRevocations(into: admission, of: office, owner, store, clock, generator, logger)
            let links = LinkChange.waitingRoom()
            var parts = Hub.Parts(
                loop: loop,
                address: configuration.address,
                credentials: credentials,
                verifier: admission,
                journal: store,
                incarnation: store.generation,
                clock: clock,
                generator: generator,
                logger: logger
            )
            parts.kinds = configuration.kinds + office.kinds
            parts.connections = configuration.connections
            parts.storeAnswers = { await store.answers() }
            parts.linkChanged = { _ = links.offer($0) }
            let hub = try await Hub.make(parts)
            let transport = hub.transport
            let revocations = try RevocationOffice(node: hub.node, admission: admission) {
                await transport.recheckPeers()
            }
            office.open(on: hub.node, revocations: revocations)
            let listener: EnrolmentListener? =
                if let address = configuration.enrolmentAddress {
                    try await EnrolmentListener(
                        loop: loop,
                        address: address,
                        credentials: try credentials.showingAuthority(now: clock.wallTime),
                        verifier: knocks,
                        clock: clock
                    )
                } else { nil }
            let keeper = HubCertificateKeeper(
                own: own,
                admission: admission,
                knocks: knocks,
                transport: transport,
                listener: listener,
                clock: clock,
                logger: logger
            )
            return HubService(
                Made(
                    hub: hub,
                    revocations: revocations,
                    listener: listener,
                    hasMadeAuthority: hasMadeAuthority,
                    store: store,
                    office: office,
                    links: links,
                    keeper: keeper,
                    logger: logger
                )
            )
        } catch {
            try? await store.close()
            throw error
        }
    }

    /// Before anybody can come: a node without a transport reads them from the journal.
    private static func loadRevocations(
        into admission: AdmissionVerifier,
        of office: EnrolmentOffice,
        _ owner: Owner,
        _ store: LogStore,
        _ clock: any Clock,
        _ generator: SeededGenerator,
        _ logger: Logger
    ) async throws {
        let reader = ActorNode(
            owner: owner,
            kinds: office.kinds,
            membership: Membership(epoch: 1, members: [Member(owner, role: .hub)]),
            journal: store,
            transport: nil,
            clock: clock,
            generator: generator,
            logger: logger
        )
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { await reader.run() }
            try await RevocationOffice(node: reader, admission: admission, cutLinks: {}).load()
            await reader.drain()
            group.cancelAll()
        }
    }

    /// Runs until the calling task is cancelled, then closes the store.
    ///
    /// Call it once; ``Hub/drain(_:patience:elsewhere:)`` first to leave in good order.
    package func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.hub.run() }
            group.addTask { await self.keeper.run() }
            group.addTask { await self.followLinks() }
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

    /// Notes which keys are proved, in the order in which links open.
    private func followLinks() async {
        while let change = await links.next() {
            switch change {
            case .opened(let peer):
                if case .isCut(let words) = await office.linkOpened(peer.certificate) {
                    await hub.transport.close(peer.link, words)
                }
            case .closed(let peer): office.linkClosed(peer.certificate)
            }
        }
    }
}

extension LogEvent {
    static let storeNotClosed = LogEvent("hub.store-not-closed")
}
