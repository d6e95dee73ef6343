internal import MeshActors
internal import MeshChat
internal import MeshCore
internal import MeshGateway
internal import MeshPrivacy
internal import MeshRelay
internal import MeshTunnel

/// The way of an edge's applications to its hub, from the moment that the listener is there: the edge itself comes
/// later.
final class EdgeChats: Sendable {
    private let desk = Lock<EdgeDesk?>(nil)

    /// Nobody can be asked yet.
    init() {}

    /// Asks over `edge` from now on.
    func open(_ desk: EdgeDesk) { self.desk.withLock { $0 = desk } }

    private func opened() throws(ChatError) -> EdgeDesk {
        guard let desk = desk.withLock({ $0 }) else {
            throw ChatError(.unavailable, "the edge is starting", cause: ChatFailure(retryAfter: .seconds(1)))
        }
        return desk
    }
}

extension EdgeChats: ChatPort {
    func begin(_ call: ChatCall) async throws(ChatError) -> any ChatRun { try await opened().begin(call) }

    func models() async -> [ModelDescription] { await (try? opened())?.models() ?? [] }

    func model(named name: String) async -> ModelDescription? { await (try? opened())?.model(named: name) }
}

extension EdgeDesk {
    /// The desk of `edge`, whose maps are `maps`.
    convenience init(of edge: Edge, tenant: TenantID, maps: ConversationMaps, generator: SeededGenerator) {
        let parts = Parts(maps: maps, opener: HubChannels(of: edge), tenant: tenant) { name in
            let shelf = try edge.node.actor(ModelShelf.self, ModelShelf.key)
            let deadline = edge.clock.now + Limits.Relay.modelPatience
            guard let name else { return try await shelf.call(ModelShelf.List(), deadline: deadline) }
            return try await shelf.call(ModelShelf.Find(name), deadline: deadline)
        }
        self.init(parts, clock: edge.clock, generator: generator)
    }
}
