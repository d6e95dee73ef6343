package import MeshActors
package import MeshCore

/// A test double: a journal in front of another that is slow, and fails when it is told to.
package final class FaultyJournal: Journal {
    /// What happens to an append.
    package enum Fault: Hashable, Sendable {
        /// It fails and nothing has been written.
        case refuse(JournalErrorCode)
        /// It is written, and then fails as of unknown outcome.
        case loseConfirmation
    }

    private struct State {
        var faults: [Int: Fault] = [:]
        var appends = 0
        var running: [ActorAddress: Int] = [:]
        var overlaps = 0
        var unreadable: Set<ActorAddress> = []
        var reads: [ActorAddress: Int] = [:]
        var scans = 0
    }

    private let journal: any Journal
    private let clock: any Clock
    private let delay: Duration
    private let state = Lock(State())

    /// `journal`, each write to which takes `delay`.
    package init(_ journal: any Journal, clock: any Clock, delay: Duration = .zero) {
        self.journal = journal
        self.clock = clock
        self.delay = delay
    }

    /// Lets the append with that number, counted from 1, go wrong.
    package func fail(append number: Int, _ fault: Fault) { state.withLock { $0.faults[number] = fault } }

    /// Lets the next append go wrong.
    package func failNextAppend(_ fault: Fault) { state.withLock { $0.faults[$0.appends + 1] = fault } }

    /// Lets every read of the entries of `address` fail, or none any more.
    package func failReads(of address: ActorAddress, _ isFailing: Bool) {
        state.withLock { state in
            if isFailing { state.unreadable.insert(address) } else { state.unreadable.remove(address) }
        }
    }

    /// How often entries of `address` were asked for.
    package func readCount(of address: ActorAddress) -> Int { state.withLock { $0.reads[address, default: 0] } }

    /// How often actors were listed.
    package var scanCount: Int { state.withLock { $0.scans } }

    /// How many appends were asked for.
    package var appendCount: Int { state.withLock { $0.appends } }

    /// How often an actor had two appends under way at a time, which no pipeline may do.
    package var overlapCount: Int { state.withLock { $0.overlaps } }

    package func append(_ append: JournalAppend) async throws(JournalError) {
        let fault = state.withLock { state -> Fault? in
            state.appends += 1
            state.running[append.address, default: 0] += 1
            if state.running[append.address, default: 0] > 1 { state.overlaps += 1 }
            return state.faults.removeValue(forKey: state.appends)
        }
        defer { state.withLock { $0.running[append.address, default: 1] -= 1 } }
        // A cancelled caller does not undo an append: it is only not waited for.
        if delay > .zero { try? await clock.sleep(for: delay) }
        switch fault {
        case .refuse(let code)?: throw JournalError(code, "a fault was asked for")
        case .loseConfirmation?:
            try await journal.append(append)
            throw JournalError(.unknownOutcome, "a fault was asked for")
        case nil: try await journal.append(append)
        }
    }

    package func claim(
        _ address: ActorAddress,
        for owner: Owner,
        _ takeover: Takeover
    ) async throws(JournalError) -> Claim {
        if delay > .zero { try? await clock.sleep(for: delay) }
        return try await journal.claim(address, for: owner, takeover)
    }

    package func release(_ address: ActorAddress, _ epoch: Epoch) async throws(JournalError) {
        if delay > .zero { try? await clock.sleep(for: delay) }
        try await journal.release(address, epoch)
    }

    package func entries(of address: ActorAddress, after head: Head) async throws(JournalError) -> [PlacedEntry] {
        let isUnreadable = state.withLock { state in
            state.reads[address, default: 0] += 1
            return state.unreadable.contains(address)
        }
        if isUnreadable { throw JournalError(.corrupt, "a fault was asked for") }
        return try await journal.entries(of: address, after: head)
    }

    package func save(_ snapshot: Snapshot, of address: ActorAddress, _ epoch: Epoch) async throws(JournalError) {
        if delay > .zero { try? await clock.sleep(for: delay) }
        try await journal.save(snapshot, of: address, epoch)
    }

    package func actors(after address: ActorAddress?) async throws(JournalError) -> [ActorSummary] {
        state.withLock { $0.scans += 1 }
        return try await journal.actors(after: address)
    }

    package func actorsToWake(
        until wallTime: WallTime,
        after mark: WakeMark?
    ) async throws(JournalError) -> [ActorSummary] {
        try await journal.actorsToWake(until: wallTime, after: mark)
    }
}
