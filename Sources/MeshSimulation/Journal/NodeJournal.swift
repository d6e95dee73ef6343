package import MeshActors
package import MeshCore

/// One life's way to a ``JournalService``: each call travels there and back, and ends when the life does.
package final class NodeJournal: Journal {
    private let service: JournalService
    private let gate: NodeGate

    /// The way of the life behind `gate`.
    package init(_ service: JournalService, gate: NodeGate) {
        self.service = service
        self.gate = gate
    }

    package func claim(
        _ address: ActorAddress,
        for owner: Owner,
        _ takeover: Takeover
    ) async throws(JournalError) -> Claim {
        try await visit { store throws(JournalError) in try await store.claim(address, for: owner, takeover) }
    }

    package func release(_ address: ActorAddress, _ epoch: Epoch) async throws(JournalError) {
        try await visit { store throws(JournalError) in try await store.release(address, epoch) }
    }

    package func append(_ append: JournalAppend) async throws(JournalError) {
        try await visit { [service] _ throws(JournalError) in try await service.append(append) }
    }

    package func entries(of address: ActorAddress, after head: Head) async throws(JournalError) -> [PlacedEntry] {
        try await visit { store throws(JournalError) in try await store.entries(of: address, after: head) }
    }

    package func save(_ snapshot: Snapshot, of address: ActorAddress, _ epoch: Epoch) async throws(JournalError) {
        try await visit { store throws(JournalError) in try await store.save(snapshot, of: address, epoch) }
    }

    package func actors(after address: ActorAddress?) async throws(JournalError) -> [ActorSummary] {
        try await visit { store throws(JournalError) in try await store.actors(after: address) }
    }

    package func actorsToWake(
        until wallTime: WallTime,
        after mark: WakeMark?
    ) async throws(JournalError) -> [ActorSummary] {
        try await visit { store throws(JournalError) in try await store.actorsToWake(until: wallTime, after: mark) }
    }

    /// A call that has left the node happens although the node dies; what comes back reaches only the living.
    private func visit<Value: Sendable>(
        _ call: (any Journal) async throws(JournalError) -> Value
    ) async throws(JournalError) -> Value {
        guard await gate.pass() else { throw JournalError(.closed, "this life of the node has ended") }
        try await service.travel()
        let result: Result<Value, JournalError>
        do throws(JournalError) { result = .success(try await call(service.store)) } catch { result = .failure(error) }
        try await service.travel()
        guard await gate.pass() else { throw JournalError(.closed, "this life of the node has ended") }
        return try result.get()
    }
}
