package import MeshChat
package import MeshCore

/// What an edge has asked last, with its placeholders.
package struct RecentAsk: Hashable, Sendable {
    /// Its run.
    package let run: UniqueID
    /// On whose behalf.
    package let tenant: TenantID
    /// What was asked.
    package let chat: ChatRequest

    /// What was asked as `run`.
    package init(run: UniqueID, tenant: TenantID, chat: ChatRequest) {
        self.run = run
        self.tenant = tenant
        self.chat = chat
    }
}

/// What each edge has asked last, in memory: what its next question will begin like, for whoever makes it ready.
package final class RecentAsks: Sendable {
    private struct State {
        var asks: [NodeID: RecentAsk] = [:]
        /// Of those that are kept, the one that asked least recently first.
        var order: [NodeID] = []
    }

    private let state = Lock(State())

    /// Nobody has asked anything.
    package init() {}

    /// `edge` has asked this now.
    package func note(_ ask: RecentAsk, of edge: NodeID) {
        // Read back, a longer one costs more than it saves.
        let isShort = TokenEstimate.most(of: ask.chat) <= Limits.Relay.maximumRecentBytes
        state.withLock { state in
            state.order.removeAll { $0 == edge }
            state.asks[edge] = isShort ? ask : nil
            guard isShort else { return }
            state.order.append(edge)
            guard state.order.count > Limits.Relay.maximumRecentEdges else { return }
            state.asks[state.order.removeFirst()] = nil
        }
    }

    /// What `edge` has asked last; nil where that is not kept.
    package subscript(edge: NodeID) -> RecentAsk? { state.withLock { $0.asks[edge] } }
}
