internal import MeshAPI
internal import MeshCertificates
internal import MeshCore
internal import MeshGateway
internal import MeshRelay

extension Gateway {
    /// What the hub of `settings` answers to whom `keys` know, once `service` is there.
    init(
        ofHub settings: HubSettings,
        _ keys: KeyOffice,
        _ chats: HubChats,
        _ sessions: SessionOffice,
        _ accounts: any LedgerPort,
        _ billing: HubBilling,
        _ service: @escaping @Sendable () -> HubService?,
        state: @escaping @Sendable () -> NodeState,
        _ ground: RoleGround
    ) {
        let clock = ground.clock
        let status = HubStatus(
            identity: settings.grant.identity,
            service: service,
            chats: chats,
            state: state,
            clock: clock
        )
        var ports = Ports(status: status, doctor: NodeDoctor(.hub(settings), ground, state: state))
        ports.directory = HubNodes(service: service, clock: clock)
        ports.callers = keys
        ports.commander = HubCommander(service: service, clock: clock, logger: ground.logger)
        ports.chat = settings.acceptsUnredacted ? chats : RedactedOnly(chats)
        let accepts = settings.acceptsUnredacted
        ports.escalation = HubQuestions(chats, sessions: sessions) { accepts }
        ports.sessions = sessions
        ports.usage = chats.tally
        ports.ledger = accounts
        ports.billing = billing.desk
        var generator = ground.generator
        self.init(ports: ports, clock: clock, logger: ground.logger, generator: generator.split())
    }

    /// What the edge of `settings` answers, once `service` is there; without `chats` no applications.
    init(
        ofEdge settings: EdgeSettings,
        _ chats: EdgeChats?,
        tenant: TenantID,
        _ service: @escaping @Sendable () -> EdgeService?,
        state: @escaping @Sendable () -> NodeState,
        _ ground: RoleGround
    ) throws {
        let status = EdgeStatus(service: service, state: state, clock: ground.clock)
        let doctor = NodeDoctor(.edge(settings), ground, state: state) { service()?.edge.hubClock.latest }
        var ports = Ports(status: status, doctor: doctor)
        ports.callers = try EdgeCallers(tenant: tenant, keyAt: settings.apiKeyFile)
        ports.chat = chats
        ports.escalation = chats
        ports.sessions = chats?.sessions
        ports.usage = chats?.usage
        var generator = ground.generator
        self.init(ports: ports, clock: ground.clock, logger: ground.logger, generator: generator.split())
    }
}

/// When a node began, for whoever asks for how long it has run.
struct NodeBeginning: Sendable {
    private let instant: Instant
    private let wallTime: WallTime

    /// It begins now.
    init(_ clock: any Clock) {
        instant = clock.now
        wallTime = clock.wallTime
    }

    /// A status of a node of `role` that stands as `state` says.
    func status(_ role: NodeRole, _ state: NodeState, now: Instant) -> StatusDocument {
        StatusDocument(
            role: role.rawValue,
            software: NodeSoftware.name,
            phase: state.phase.rawValue,
            isReady: state.isReady,
            isLive: state.isLive,
            startedAt: wallTime.description,
            uptimeSeconds: (now - instant).roundedSeconds,
            checks: state.checks.map { check in
                StatusDocument.Check(
                    name: check.name.rawValue,
                    weight: check.weight.rawValue,
                    isPassing: check.isPassing,
                    detail: check.detail
                )
            }
        )
    }
}
