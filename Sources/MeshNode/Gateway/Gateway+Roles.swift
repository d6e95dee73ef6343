internal import MeshAPI
internal import MeshCore
internal import MeshGateway

extension Gateway {
    /// What the hub `identity` answers, once `service` is there.
    init(
        ofHub identity: NodeIdentity,
        _ service: @escaping @Sendable () -> HubService?,
        state: @escaping @Sendable () -> NodeState,
        clock: any Clock,
        logger: Logger
    ) {
        let status = HubStatus(identity: identity, service: service, state: state, clock: clock)
        var ports = Ports(status: status, doctor: StateDoctor(state: state))
        ports.directory = HubNodes(service: service, clock: clock)
        ports.commander = HubCommander(service: service, clock: clock, logger: logger)
        self.init(ports: ports, clock: clock)
    }

    /// What an edge answers, once `service` is there.
    init(
        ofEdge service: @escaping @Sendable () -> EdgeService?,
        state: @escaping @Sendable () -> NodeState,
        clock: any Clock
    ) {
        let status = EdgeStatus(service: service, state: state, clock: clock)
        self.init(ports: Ports(status: status, doctor: StateDoctor(state: state)), clock: clock)
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
