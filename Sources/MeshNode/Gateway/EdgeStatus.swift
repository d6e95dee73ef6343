internal import MeshAPI
internal import MeshCore
internal import MeshGateway
internal import MeshTunnel

/// What an edge says of itself.
struct EdgeStatus: StatusPort {
    private let service: @Sendable () -> EdgeService?
    private let state: @Sendable () -> NodeState
    private let clock: any Clock
    private let beginning: NodeBeginning

    init(
        service: @escaping @Sendable () -> EdgeService?,
        state: @escaping @Sendable () -> NodeState,
        clock: any Clock
    ) {
        self.service = service
        self.state = state
        self.clock = clock
        beginning = NodeBeginning(clock)
    }

    func version() -> VersionDocument {
        VersionDocument(software: NodeSoftware.name, role: NodeRole.edge.rawValue, node: service()?.edge.name.text)
    }

    func status() async -> StatusDocument {
        var status = beginning.status(.edge, state(), now: clock.now)
        guard let service = service() else { return status }
        status.node = service.edge.name.text
        status.labels = Dictionary(uniqueKeysWithValues: service.labels.all.map { ($0.name, $0.value) })
        let tunnel = service.edge.tunnel.state
        let since: Duration? =
            if case .connected(let connection) = tunnel { clock.now - connection.since } else { nil }
        status.edge = StatusDocument.Edge(
            tunnel: tunnel.phase.rawValue,
            detail: tunnel.description,
            hub: tunnel.hub?.text,
            connectedSeconds: since?.roundedSeconds
        )
        return status
    }
}
