package import MeshActors
package import MeshCore
internal import MeshIO

/// The journal of one machine: a log with group commit, written by a thread of its own.
///
/// What callers ask while a sync is under way is written together with the next one. Waiting never occupies a thread of
/// the cooperative pool. Reads and backups have threads of their own, and the writer waits for none of them. One
/// process owns a store; ``close()`` it, or let go of the last reference.
package final class LogStore: Journal {
    private let queue: RequestQueue<StoreRequest>
    private let readers: ReaderThreads
    private let compaction: CompactionThread
    private let ledger: StoreLedger

    /// How often the store has been opened, this time included: no two lives of its owner have the same.
    package let generation: UInt64

    private init(
        _ queue: RequestQueue<StoreRequest>,
        _ readers: ReaderThreads,
        _ compaction: CompactionThread,
        _ ledger: StoreLedger,
        generation: UInt64
    ) {
        self.ledger = ledger
        self.queue = queue
        self.readers = readers
        self.compaction = compaction
        self.generation = generation
    }

    deinit { queue.close() }

    /// Opens the store on `disk`, or makes one there.
    ///
    /// `index` is filled from the log as far as it lacks anything.
    package static func open(
        on disk: any Disk,
        index: any LogIndex,
        _ configuration: LogConfiguration = LogConfiguration()
    ) async throws(JournalError) -> LogStore {
        let queue = RequestQueue<StoreRequest>(
            capacity: Limits.Store.maximumRequestsWaiting,
            byteCapacity: configuration.waitingBytes
        )
        let compaction = CompactionThread()
        let ledger = StoreLedger()
        let opened: Result<StoreReader, JournalError> = await withUnsafeContinuation { opened in
            let didStart = WorkThread.start {
                StoreWriter.run(queue, on: disk, index, configuration, compaction, ledger) {
                    opened.resume(returning: $0)
                }
            }
            if !didStart { opened.resume(returning: .failure(.noThread)) }
        }
        let readers: ReaderThreads
        let generation: UInt64
        do throws(JournalError) {
            let reader = try opened.get()
            guard let started = ReaderThreads(reader: reader) else { throw JournalError.noThread }
            readers = started
            generation = reader.generation
        } catch {
            queue.close()
            throw error
        }
        return LogStore(queue, readers, compaction, ledger, generation: generation)
    }

    /// Makes `owner` the owner; see ``Journal``.
    ///
    /// What the index has to fetch from the disk is fetched by a reader's thread first, and the snapshot is read by one
    /// afterwards, so that the writer's own part is short.
    package func claim(
        _ address: ActorAddress,
        for owner: Owner,
        _ takeover: Takeover
    ) async throws(JournalError) -> Claim {
        let result: Result<Claim, JournalError> = await withUnsafeContinuation { answer in
            readers.submit(for: address) { [self] reader in
                // Its outcome counts only for the cache: the writer looks again, and says what is wrong.
                _ = try? reader.get().index.row(of: address)
                let work: StoreRequest.Work = { [self] core in
                    take(address, for: owner, takeover, core, answer)
                }
                submit(.perform(behind: address, behindEverything: false, work)) {
                    answer.resume(returning: .failure($0))
                }
            }
        }
        return try result.get()
    }

    private func take(
        _ address: ActorAddress,
        for owner: Owner,
        _ takeover: Takeover,
        _ core: StoreCore,
        _ answer: UnsafeContinuation<Result<Claim, JournalError>, Never>
    ) {
        let (epoch, row): (Epoch, ActorRow)
        do throws(JournalError) {
            (epoch, row) = try core.take(address, for: owner, takeover)
        } catch {
            return answer.resume(returning: .failure(error))
        }
        guard row.snapshotPosition != nil else {
            return answer.resume(returning: .success(Claim(epoch: epoch, head: row.head, snapshot: nil)))
        }
        readers.submit(for: address) { [self] reader in
            do throws(JournalError) {
                let snapshot = try reader.get().snapshot(of: row, address)
                guard snapshot?.head ?? .none <= row.head else {
                    throw JournalError(.unknownOutcome, "\(address) was claimed once more meanwhile")
                }
                answer.resume(returning: .success(Claim(epoch: epoch, head: row.head, snapshot: snapshot)))
            } catch {
                let release: StoreRequest.Work = { try? $0.release(address, epoch) }
                submit(.perform(behind: address, behindEverything: false, release)) { _ in }
                answer.resume(returning: .failure(error))
            }
        }
    }

    /// Gives the actor up.
    package func release(_ address: ActorAddress, _ epoch: Epoch) async throws(JournalError) {
        try await perform(behind: address) { core throws(JournalError) in try core.release(address, epoch) }
    }

    /// Returns when the entries are durable.
    package func append(_ append: JournalAppend) async throws(JournalError) {
        try await submitWaiting { .append(append, $0) }
    }

    /// The entries behind `head`, as many as one read returns.
    package func entries(of address: ActorAddress, after head: Head) async throws(JournalError) -> [PlacedEntry] {
        try await readers.perform(for: address) { reader throws(JournalError) in
            try reader.entries(of: address, after: head)
        }
    }

    /// Returns when the snapshot is durable.
    package func save(
        _ snapshot: Snapshot,
        of address: ActorAddress,
        _ epoch: Epoch
    ) async throws(JournalError) {
        try await submitWaiting { .save(snapshot, address, epoch, $0) }
    }

    /// The actors behind `address`, as many as one scan returns.
    package func actors(after address: ActorAddress?) async throws(JournalError) -> [ActorSummary] {
        // First what only the writer knows: what it then writes is in the index before it forgets that it did not.
        let unwritten = try await perform { core throws(JournalError) in
            try core.checkOpen()
            return core.unwritten
        }
        return try await readers.perform(for: nil) { reader throws(JournalError) in
            try reader.actors(after: address, unwritten: unwritten)
        }
    }

    /// The actors that are due.
    package func actorsToWake(
        until wallTime: WallTime,
        after mark: WakeMark?
    ) async throws(JournalError) -> [ActorSummary] {
        try await readers.perform(for: nil) { reader throws(JournalError) in
            try reader.actorsToWake(until: wallTime, after: mark)
        }
    }

    /// Bytes of the index and of what waits for it, and of the buffers.
    package var memoryInUse: Int { readers.indexMemory + Self.bufferBytes }

    /// Returns once the writer has come to it between two batches: never, where its disk hangs.
    ///
    /// A log that had no room is looked at again on this occasion: who was refused may not come back by itself.
    package func answers() async { try? await perform { $0.engine.lookForRoom() } }

    /// Writes what has been asked so far, notes the end of the log, and refuses everything from then on.
    package func close() async throws(JournalError) {
        await readers.close()
        await compaction.stop()
        defer { queue.close() }
        try await perform(behindEverything: true) { core throws(JournalError) in try core.close() }
    }

    /// Drops the oldest part of the log where little of it is still needed; the store does so by itself as it grows.
    package func compact() async throws(JournalError) -> Bool {
        try await perform(behindEverything: true) { core throws(JournalError) in try core.compact() }
    }

    /// Copies the store as it stands to the empty `target` while it goes on serving; checking that is for the caller.
    ///
    /// What stands before a durable end never changes, and segments that compaction drops stay open until they have
    /// been copied: the writer only says where the end is, and a thread that gives way to others does the rest.
    package func backUp(to target: any Disk) async throws(JournalError) {
        let copy = try await perform(behindEverything: true) { core throws(JournalError) in
            try core.checkOpen()
            return core.engine.copyable
        }
        let failure: JournalError? = await withUnsafeContinuation { answer in
            let didStart = WorkThread.start {
                WorkThread.yieldToOthers()
                do throws(JournalError) {
                    try copy.write(to: target)
                    answer.resume(returning: nil)
                } catch {
                    answer.resume(returning: error)
                }
            }
            if !didStart { answer.resume(returning: .noThread) }
        }
        if let failure { throw failure }
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

    /// A batch that is filled, another that is being read, one of a scan.
    private static let bufferBytes = 4 * 1_024 * 1_024

    /// Why old segments are not dropped, if they are not; the log grows meanwhile.
    package var compactionFailure: JournalError? { compaction.failure }

    /// Why the index does not follow the log, if it does not; appends are refused once too much waits for it.
    package var indexFailure: JournalError? { readers.indexFailure }

    /// What it has done, and how it stands; it waits for nobody, and may be asked on a loop.
    package var statistics: StoreStatistics {
        var statistics = ledger.current
        let view = readers.view
        (statistics.end, statistics.segments) = (view.end, view.segments.count)
        (statistics.requestsWaiting, statistics.bytesWaiting) = queue.depth
        statistics.memoryBytes = memoryInUse
        statistics.compactionFailure = compactionFailure
        statistics.indexFailure = indexFailure
        if statistics.condition == .serving, !readers.indexHasRoom { statistics.condition = .readOnly }
        return statistics
    }

    private func submit(_ request: StoreRequest, refused: (JournalError) -> Void) {
        switch queue.append(request, bytes: request.bytes) {
        case nil: return
        case .full: refused(JournalError(.overloaded, "too many requests wait for the store"))
        case .closed: refused(.closedStore)
        }
    }

    /// Submits a request as soon as there is room for it: whoever writes too much waits, and loses nothing.
    private func submitWaiting(
        _ request: (StoreRequest.Answer) -> StoreRequest
    ) async throws(JournalError) {
        while true {
            let error: JournalError? = await withUnsafeContinuation { answer in
                submit(request(answer)) { answer.resume(returning: $0) }
            }
            guard let error else { return }
            guard error.code == .overloaded else { throw error }
            await withUnsafeContinuation { answer in queue.whenThereIsRoom { answer.resume() } }
        }
    }
}

extension JournalError {
    static let closedStore = JournalError(.closed, "the store has been closed")
    static let noThread = JournalError(.unknownOutcome, "the machine has no thread left for the store")
}
