internal import MeshAccounts
internal import MeshActors
internal import MeshCertificates
internal import MeshCheck
internal import MeshCore
internal import MeshGateway
internal import MeshIO
internal import MeshLedger
internal import MeshQUIC
internal import MeshRelay
internal import MeshTelemetry

/// `meshnode --role hub`.
struct HubRole {
    let settings: HubSettings
    let ground: RoleGround

    func run() async throws {
        ground.signals.letStopTake(settings.drainPatience)
        let folder = try ground.takeFolder(settings.node.data, for: .hub)
        let told = Lock<HubService?>(nil)
        let accounts = LedgerOffice(
            policy: try settings.ledger.policy(),
            newAccounts: settings.ledger.newAccounts,
            clock: ground.clock,
            logger: ground.logger
        )
        let billing = try await HubBilling.make(settings.stripe, accounts, folder: folder.path, ground)
        let chats = try await HubChats.make(settings.chat, accounts, settings.ledger, ground)
        let registry = MetricRegistry()
        let startedAt = ground.clock.wallTime
        HubMetrics.register(in: registry, startedAt: startedAt, clock: ground.clock) { [ground] in
            guard let service = told.withLock({ $0 }), let node = await ground.nodeReading() else { return nil }
            return await service.reading(node, ground.phase.current, chats, accounts.meters.counts)
        }
        // First of all, so that whoever asks meanwhile hears that the hub is starting.
        let keys = KeyOffice(tenant: settings.grant.identity.tenant, clock: ground.clock, logger: ground.logger)
        let sessions = SessionOffice()
        let site = try await openSite(registry, keys, chats, sessions, accounts, billing) { told.withLock { $0 } }
        let operators: OperatorSite
        let service: HubService
        do {
            operators = try await OperatorSite.open(keeper: keys, folder: folder.path, ground)
            let folder = HubFolder(path: folder.path)
            do { service = try await open(folder, keys, chats, sessions, accounts, billing) } catch {
                await operators.stop()
                throw error
            }
        } catch {
            await site?.stop()
            throw error
        }
        told.withLock { $0 = service }
        if service.hasMadeAuthority {
            let words = "made the authority of a new mesh in '\(folder.path)/ca': keep a copy of it safe"
            ground.logger.log(.info, .authorityMade, [LogField(.reason, .text(words))])
        }
        let patience = Lock(settings.drainPatience)
        await withDiscardingTaskGroup { group in
            group.addTask { await service.run() }
            group.addTask { await chats.run() }
            group.addTask { await billing.run() }
            group.addTask { [ground] in
                await ground.reload.run { configuration throws(ConfigurationError) in
                    let next = try HubSettings(configuration)
                    patience.withLock { $0 = next.drainPatience }
                    ground.signals.letStopTake(next.drainPatience)
                    await service.use(
                        certificateLife: next.certificatesFor,
                        handshakesPerSecond: next.handshakesPerSecond
                    )
                    service.renewNow()
                    site?.renew(ground.logger)
                }
            }
            await report(service, site)
            await ground.signals.waitForStop()
            await ground.stopping()
            let patience = patience.withLock { $0 }
            await drain(service, chats, patience: patience)
            await operators.stop()
            await site?.stop()
            group.cancelAll()
        }
        await billing.close()
        withExtendedLifetime(folder) {}
    }

    /// What chats have used is charged before the accounts leave.
    private func drain(_ service: HubService, _ chats: HubChats, patience: Duration) async {
        let charged = OneShot<Bool>()
        await withDiscardingTaskGroup { group in
            group.addTask {
                await chats.drain(patience: patience)
                charged.open(true)
            }
            await service.hub.drain("the hub is being stopped", patience: patience) { _ = try? await charged.wait() }
        }
    }

    private func openSite(
        _ registry: MetricRegistry,
        _ keys: KeyOffice,
        _ chats: HubChats,
        _ sessions: SessionOffice,
        _ accounts: LedgerOffice,
        _ billing: HubBilling,
        _ service: @escaping @Sendable () -> HubService?
    ) async throws -> NodeSite? {
        let state: @Sendable () -> NodeState = { [ground] in
            service()?.state(ground.phase.current) ?? NodeState(.starting, checks: [])
        }
        let desk = AccountDesk(
            accounts,
            prices: { chats.price(of: $0, at: $1) },
            checkout: billing.till,
            topUpPage: settings.ledger.topUpURL,
            signUps: billing.signUps,
            clock: ground.clock
        )
        let content = NodeSite.Content(
            names: settings.grant.dnsNames,
            parts: [.storeAnswers, .storeWrites, .listenerBound, .certificateCounts],
            registry: registry,
            gateway: Gateway(ofHub: settings, keys, chats, sessions, desk, billing, service, state: state, ground),
            state: state
        )
        return try await NodeSite.open(settings.node.http, content, ground)
    }

    private func open(
        _ folder: HubFolder,
        _ keys: KeyOffice,
        _ chats: HubChats,
        _ sessions: SessionOffice,
        _ accounts: LedgerOffice,
        _ billing: HubBilling
    ) async throws -> HubService {
        let resolver = SystemResolver(clock: ground.clock)
        var configuration = HubService.Configuration(
            folder: folder,
            address: try await settings.listen.resolved(by: resolver),
            enrolmentAddress: try await settings.enrolListen?.resolved(by: resolver),
            grant: settings.grant
        )
        configuration.warmUp = chats
        configuration.keys = keys
        var generator = ground.generator
        configuration.kinds.append(ModelShelf.hosted(by: chats))
        configuration.questions = EscalationOffice(
            chats: chats,
            recent: chats.recent,
            clock: ground.clock,
            logger: ground.logger,
            generator: generator.split()
        )
        configuration.sessions = sessions
        configuration.accounts = accounts
        configuration.kinds += accounts.kinds(telling: billing.sink)
        configuration.enrolment.certificateLife = settings.certificatesFor
        configuration.connections.idleTimeout = settings.node.idleTimeout
        configuration.connections.allowsResumption = settings.node.resumption
        configuration.connections.handshakesPerSecond = settings.handshakesPerSecond
        if settings.checkAccounts {
            // Any edge may come: whoever has turned this on is checking, and there is no money in them.
            configuration.kinds += [
                .journaled(SampleAccount.self, performer: NoTransfers(), placed: .hubs, access: .edges(.any))
            ]
        }
        if let command = settings.issuer {
            let authorities = folder.authority.certificatePath
            configuration.issuer = try CommandIssuer(["/bin/sh", "-c", command], authorities: authorities)
        }
        do {
            return try await HubService.open(
                configuration,
                loop: ground.loop,
                clock: ground.clock,
                generator: ground.generator,
                logger: ground.logger
            )
        } catch {
            throw advised(error, folder)
        }
    }

    /// What to do about certificates whose time it is not.
    private func advised(_ error: any Error, _ folder: HubFolder) -> any Error {
        guard let error = error as? CertificateError else { return error }
        switch error.code {
        case .expired:
            let words =
                "\(error.message), and no certificate of it counts any more: replace it "
                + "(meshnode ca rotate begin --folder '\(folder.authority.path)', then switch), and enrol edges again"
            return StartError(.certificates, words, cause: error)
        case .notYetValid:
            return StartError(.clock, "set this machine's clock, and start again: \(error.message)", cause: error)
        default: return error
        }
    }

    private func report(_ service: HubService, _ site: NodeSite?) async {
        let address = service.hub.transport.localAddress.description
        await ground.ready(
            "serving edges at \(address)",
            [
                LogField(.node, .text(settings.grant.identity.text)),
                LogField(.address, .text(address)),
                LogField(.enrolmentAddress, .text(service.listener?.localAddress.description ?? "-")),
                LogField(.operatorsAddress, .text(site?.address.description ?? "-")),
            ]
        )
    }
}

extension LogEvent {
    static let authorityMade = LogEvent("hub.authority-made")
}

extension LogKey {
    static let enrolmentAddress = LogKey("enrolment_address")
}
