package import MeshActors
package import MeshCore

/// The journal of one machine: a log with group commit, written by a thread of its own.
///
/// What callers ask while a sync is under way is written together with the next one. Waiting never occupies a thread of
/// the cooperative pool. One process owns a store; ``close()`` it, or let go of the last reference.
package final class LogStore: Journal {
    private let queue: RequestQueue<StoreRequest>

    private init(_ queue: RequestQueue<StoreRequest>) { self.queue = queue }

    deinit { queue.close() }

    /// Opens the store on `disk`, or makes one there.
    ///
    /// `index` is filled from the log as far as it lacks anything.
    package static func open(
        on disk: any Disk,
        index: any LogIndex,
        _ configuration: LogConfiguration = LogConfiguration()
    ) async throws(JournalError) -> LogStore {
        let queue = RequestQueue<StoreRequest>(capacity: Limits.Store.maximumRequestsWaiting)
        let error: JournalError? = await withUnsafeContinuation { opened in
            let didStart = StoreThread.start {
                StoreWriter.run(queue, on: disk, index, configuration) { opened.resume(returning: $0) }
            }
            if !didStart {
                opened.resume(returning: JournalError(.unknownOutcome, "the machine has no thread left for the store"))
            }
        }
        if let error { throw error }
        return LogStore(queue)
    }

    /// Makes `owner` the owner; see ``Journal``.
    package func claim(
        _ address: ActorAddress,
        for owner: Owner,
        _ takeover: Takeover
    ) async throws(JournalError) -> Claim {
        try await perform(behind: address) { core throws(JournalError) in
            try core.claim(address, for: owner, takeover)
        }
    }

    /// Gives the actor up.
    package func release(_ address: ActorAddress, _ epoch: Epoch) async throws(JournalError) {
        try await perform(behind: address) { core throws(JournalError) in try core.release(address, epoch) }
    }

    /// Returns when the entries are durable.
    package func append(_ append: JournalAppend) async throws(JournalError) {
        let error: JournalError? = await withUnsafeContinuation { answer in
            submit(.append(append, answer)) { answer.resume(returning: $0) }
        }
        if let error { throw error }
    }

    /// How many entries the actors have.
    package func entries(of address: ActorAddress, after head: Head) async throws(JournalError) -> [PlacedEntry] {
        try await perform { core throws(JournalError) in try core.entries(of: address, after: head) }
    }

    /// Returns when the snapshot is durable.
    package func save(
        _ snapshot: Snapshot,
        of address: ActorAddress,
        _ epoch: Epoch
    ) async throws(JournalError) {
        let error: JournalError? = await withUnsafeContinuation { answer in
            submit(.save(snapshot, address, epoch, answer)) { answer.resume(returning: $0) }
        }
        if let error { throw error }
    }

    /// How many actors there are.
    package func actors(after address: ActorAddress?) async throws(JournalError) -> [ActorSummary] {
        try await perform { core throws(JournalError) in try core.actors(after: address) }
    }

    /// The actors that are due.
    package func actorsToWake(
        until wallTime: WallTime,
        after mark: WakeMark?
    ) async throws(JournalError) -> [ActorSummary] {
        try await perform { core throws(JournalError) in try core.actorsToWake(until: wallTime, after: mark) }
    }

    /// Writes what has been asked so far, notes the end of the log, and refuses everything from then on.
    package func close() async throws(JournalError) {
        defer { queue.close() }
        try await perform(behindEverything: true) { core throws(JournalError) in try core.close() }
    }

    /// Drops the oldest part of the log where little of it is still needed; the store does so by itself as it grows.
    package func compact() async throws(JournalError) -> Bool {
        try await perform(behindEverything: true) { core throws(JournalError) in try core.compact() }
    }

    /// Copies the store as it stands to the empty `target` while it goes on serving, and verifies the copy.
    ///
    /// The log only grows at its end, so that what stands before a place is the same whenever it is copied. Compaction
    /// waits meanwhile, because the writer does: copying takes its turn between two batches.
    package func backUp(to target: any Disk) async throws(JournalError) -> VerificationReport {
        try await perform(behindEverything: true) { core throws(JournalError) in
            try core.engine.copy(to: target)
            return StoreVerification.verify(target)
        }
    }

    /// Runs `body` on the writer's thread, in the order of requests, between two batches.
    func perform<Result: Sendable>(
        behind address: ActorAddress? = nil,
        behindEverything: Bool = false,
        _ body: @escaping @Sendable (StoreCore) throws(JournalError) -> Result
    ) async throws(JournalError) -> Result {
        let result: Swift.Result<Result, JournalError> = await withUnsafeContinuation { answer in
            let work: StoreRequest.Work = { core in
                answer.resume(returning: Swift.Result { () throws(JournalError) in try body(core) })
            }
            submit(.perform(behind: address, behindEverything: behindEverything, work)) {
                answer.resume(returning: .failure($0))
            }
        }
        return try result.get()
    }

    private func submit(_ request: StoreRequest, refused: (JournalError) -> Void) {
        switch queue.append(request) {
        case nil: return
        case .full: refused(JournalError(.readOnly, "too many requests wait for the store"))
        case .closed: refused(JournalError(.closed, "the store has been closed"))
        }
    }
}
