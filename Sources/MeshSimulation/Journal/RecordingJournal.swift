package import MeshActors
internal import MeshCheck
package import MeshCore

/// A journal in front of another that tells the history of everything that the other one took.
///
/// The other one must not suspend between taking an append and returning; ``VolatileJournal`` does not.
package final class RecordingJournal: Journal {
    private let inner: any Journal
    private let history: History

    /// The journal `inner`, observed for `history`.
    package init(_ inner: any Journal, history: History) {
        self.inner = inner
        self.history = history
    }

    package func claim(
        _ address: ActorAddress,
        for owner: Owner,
        _ takeover: Takeover
    ) async throws(JournalError) -> Claim {
        let claim = try await inner.claim(address, for: owner, takeover)
        history.record(.claimed(address, claim.epoch, owner))
        history.record(.handedOut(address, snapshot: claim.snapshot, entries: []))
        return claim
    }

    package func release(_ address: ActorAddress, _ epoch: Epoch) async throws(JournalError) {
        try await inner.release(address, epoch)
    }

    package func append(_ append: JournalAppend) async throws(JournalError) {
        try await inner.append(append)
        history.record(.committed(append))
    }

    package func entries(of address: ActorAddress, after head: Head) async throws(JournalError) -> [PlacedEntry] {
        let entries = try await inner.entries(of: address, after: head)
        history.record(.handedOut(address, snapshot: nil, entries: entries))
        return entries
    }

    package func save(_ snapshot: Snapshot, of address: ActorAddress, _ epoch: Epoch) async throws(JournalError) {
        try await inner.save(snapshot, of: address, epoch)
        history.record(.snapshotSaved(address, snapshot))
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
