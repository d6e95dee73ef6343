internal import MeshAPI
internal import MeshCore
internal import MeshGateway
internal import MeshIO
internal import MeshQUIC
internal import MeshTunnel

/// What a hub says of itself.
struct HubStatus: StatusPort {
    private let identity: NodeIdentity
    private let service: @Sendable () -> HubService?
    private let chats: HubChats
    private let state: @Sendable () -> NodeState
    private let clock: any Clock
    private let beginning: NodeBeginning

    init(
        identity: NodeIdentity,
        service: @escaping @Sendable () -> HubService?,
        chats: HubChats,
        state: @escaping @Sendable () -> NodeState,
        clock: any Clock
    ) {
        self.identity = identity
        self.service = service
        self.chats = chats
        self.state = state
        self.clock = clock
        beginning = NodeBeginning(clock)
    }

    func version() -> VersionDocument {
        VersionDocument(software: NodeSoftware.name, role: NodeRole.hub.rawValue, node: identity.node.text)
    }

    func status() async -> StatusDocument {
        var status = beginning.status(.hub, state(), now: clock.now)
        status.node = identity.node.text
        status.hub = service().map { service in
            let beats = service.hub.beats.beatCounts
            let (connected, gone) = service.hub.tunnels.withRoster { ($0.connectedCount, $0.goneCount) }
            return StatusDocument.Hub(
                connected: Int64(connected),
                suspected: Int64(service.hub.beats.suspectedCount),
                gone: Int64(gone),
                beatsReceived: Int64(clamping: beats.received),
                beatsLost: Int64(clamping: beats.lost),
                beatsLate: Int64(clamping: beats.late),
                edgesAt: service.hub.transport.localAddress.description,
                enrolmentAt: service.listener?.localAddress.description
            )
        }
        status.models = chats.offers.map {
            StatusDocument.Model(name: $0.name, engine: $0.engine, isAsked: $0.isAsked)
        }
        status.engine =
            switch chats.engineCondition {
            case .starting: StatusDocument.Engine(state: "starting", detail: "its models are being loaded")
            case .ready(let words): StatusDocument.Engine(state: "ready", detail: words)
            case .none(let words): StatusDocument.Engine(state: "none", detail: words)
            }
        return status
    }
}
