package import MeshActors
package import MeshCheck
package import MeshCore

/// A journal in front of another that tells somebody of everything that the other one took, a history for one.
///
/// The other one must not suspend between taking an append and returning; ``VolatileJournal`` does not.
package final class RecordingJournal: Journal {
    private let inner: any Journal
    private let record: @Sendable (HistoryEvent) -> Void

    /// The journal `inner`; `record` is told of each thing before its answer leaves.
    package init(_ inner: any Journal, record: @escaping @Sendable (HistoryEvent) -> Void) {
        self.inner = inner
        self.record = record
    }

    /// The journal `inner`, observed for `history`.
    package convenience init(_ inner: any Journal, history: History) {
        self.init(inner) { history.record($0) }
    }

    package func claim(
        _ address: ActorAddress,
        for owner: Owner,
        _ takeover: Takeover
    ) async throws(JournalError) -> Claim {
        let claim = try await inner.claim(address, for: owner, takeover)
        record(.claimed(address, claim.epoch, owner))
        record(.handedOut(address, snapshot: claim.snapshot, entries: []))
        return claim
    }

    package func release(_ address: ActorAddress, _ epoch: Epoch) async throws(JournalError) {
        try await inner.release(address, epoch)
    }

    package func append(_ append: JournalAppend) async throws(JournalError) {
        try await inner.append(append)
        record(.committed(append))
    }

    package func entries(of address: ActorAddress, after head: Head) async throws(JournalError) -> [PlacedEntry] {
        let entries = try await inner.entries(of: address, after: head)
        record(.handedOut(address, snapshot: nil, entries: entries))
        return entries
    }

    package func save(_ snapshot: Snapshot, of address: ActorAddress, _ epoch: Epoch) async throws(JournalError) {
        try await inner.save(snapshot, of: address, epoch)
        record(.snapshotSaved(address, snapshot))
    }

    package func actors(after address: ActorAddress?) async throws(JournalError) -> [ActorSummary] {
        try await inner.actors(after: address)
    }

    package func actorsToWake(
        until wallTime: WallTime,
        after mark: WakeMark?
    ) async throws(JournalError) -> [ActorSummary] {
        try await inner.actorsToWake(until: wallTime, after: mark)
    }
}
