package import MeshActors
internal import MeshCheck
package import MeshCore
internal import MeshStore

/// The shipped store's synchronous core over a simulated disk, driven in virtual time.
///
/// It stands where the shipped store has its writer's thread: what was asked for while one batch was made durable is
/// the next batch.
package final class DiskJournal: Journal {
    fileprivate enum Write {
        case append(JournalAppend)
        case snapshot(Snapshot, ActorAddress, Epoch)
    }

    private struct Request {
        let write: Write
        let end: CheckedContinuation<Result<Void, JournalError>, Never>
    }

    private struct State {
        let core: StoreCore
        var requests: [Request] = []
        var generator: SeededGenerator
        var isDead = false
        var segmentsSeen: Int
    }

    private let clock: any Clock
    private let gate: NodeGate
    private let history: History
    private let disk: SimulatedDisk
    private let arrivals = Beacon()
    private let state: Lock<State>

    /// The store on `disk`, for the life behind `gate`.
    package init(
        on disk: SimulatedDisk,
        clock: any Clock,
        gate: NodeGate,
        history: History,
        generator: SeededGenerator
    ) throws(JournalError) {
        var generator = generator
        var configuration = LogConfiguration()
        // Small ones are dropped within a world's time, large ones are not.
        configuration.segmentBytes = generator.integer(in: 1...16) * 4_096
        configuration.allocationStepBytes = min(configuration.segmentBytes, 8 * 1_024)
        configuration.reserveBytes = min(configuration.reserveBytes, 4_096)
        self.clock = clock
        self.gate = gate
        self.history = history
        self.disk = disk
        let core = try StoreCore(on: disk, index: VolatileIndex(), configuration)
        state = Lock(State(core: core, generator: generator, segmentsSeen: core.segmentCount))
    }

    /// Makes batches durable until the task is cancelled.
    package func run() async {
        while !Task.isCancelled {
            await arrivals.wait()
            let delay = state.withLock { $0.generator.integer(in: 20...3_000) }
            do throws(CancellationError) { try await clock.sleep(for: .microseconds(delay)) } catch { break }
            guard await gate.pass() else { break }
            commitBatch()
            compactIfDue()
        }
        let left = state.withLock { state in
            state.isDead = true
            defer { state.requests = [] }
            return state.requests
        }
        for request in left { request.end.resume(returning: .failure(Self.ended)) }
    }

    /// Stages and commits everything that waits, as one batch; nothing else happens meanwhile.
    private func commitBatch() {
        let ends = state.withLock { state in
            var ends: [(Request, Result<Void, JournalError>)] = []
            var staged: [Request] = []
            for request in state.requests {
                do throws(JournalError) {
                    try state.core.stage(request.write)
                    staged.append(request)
                } catch {
                    ends.append((request, .failure(error)))
                }
            }
            state.requests = []
            for request in staged { recordAttempt(request.write) }
            do throws(JournalError) {
                try state.core.commit()
                for request in staged { record(request.write) }
                ends += staged.map { ($0, .success(())) }
            } catch {
                for request in staged {
                    if error.code != .unknownOutcome { recordDenial(request.write) }
                    ends.append((request, .failure(error)))
                }
            }
            return ends
        }
        for (request, end) in ends { request.end.resume(returning: end) }
    }

    /// Drops the oldest segment where that is worth it and the log has gained one, as the shipped driver does.
    private func compactIfDue() {
        state.withLock { state in
            let count = state.core.segmentCount
            defer { state.segmentsSeen = state.core.segmentCount }
            guard count > state.segmentsSeen else { return }
            do throws(JournalError) {
                _ = try state.core.compact()
            } catch {
                history.check(error, isDamaged: disk.isDamaged)
            }
        }
    }

    private func record(_ write: Write) {
        switch write {
        case .append(let append): history.record(.committed(append))
        case .snapshot(let snapshot, let address, _): history.record(.snapshotSaved(address, snapshot))
        }
    }

    private func recordAttempt(_ write: Write) {
        if case .append(let append) = write { history.record(.attempted(append)) }
    }

    private func recordDenial(_ write: Write) {
        if case .append(let append) = write { history.record(.denied(append)) }
    }

    private func write(_ write: Write) async throws(JournalError) {
        guard await gate.pass() else { throw Self.ended }
        let end = await withCheckedContinuation { continuation in
            let isDead = state.withLock { state in
                if !state.isDead { state.requests.append(Request(write: write, end: continuation)) }
                return state.isDead
            }
            if isDead { continuation.resume(returning: .failure(Self.ended)) } else { arrivals.light() }
        }
        guard await gate.pass() else { throw Self.ended }
        try end.get()
    }

    private func ask<Value: Sendable>(
        _ question: (StoreCore) throws(JournalError) -> Value
    ) async throws(JournalError) -> Value {
        guard await gate.pass() else { throw Self.ended }
        let result = state.withLock { state -> Result<Value, JournalError> in
            do throws(JournalError) { return .success(try question(state.core)) } catch {
                history.check(error, isDamaged: disk.isDamaged)
                return .failure(error)
            }
        }
        return try result.get()
    }

    package func claim(
        _ address: ActorAddress,
        for owner: Owner,
        _ takeover: Takeover
    ) async throws(JournalError) -> Claim {
        try await ask { core throws(JournalError) in
            let claim = try core.claim(address, for: owner, takeover)
            history.record(.claimed(address, claim.epoch, owner))
            history.record(.handedOut(address, snapshot: claim.snapshot, entries: []))
            return claim
        }
    }

    package func release(_ address: ActorAddress, _ epoch: Epoch) async throws(JournalError) {
        try await ask { core throws(JournalError) in try core.release(address, epoch) }
    }

    package func append(_ append: JournalAppend) async throws(JournalError) { try await write(.append(append)) }

    package func save(_ snapshot: Snapshot, of address: ActorAddress, _ epoch: Epoch) async throws(JournalError) {
        try await write(.snapshot(snapshot, address, epoch))
    }

    package func entries(of address: ActorAddress, after head: Head) async throws(JournalError) -> [PlacedEntry] {
        try await ask { core throws(JournalError) in
            let entries = try core.entries(of: address, after: head)
            history.record(.handedOut(address, snapshot: nil, entries: entries))
            return entries
        }
    }

    package func actors(after address: ActorAddress?) async throws(JournalError) -> [ActorSummary] {
        try await ask { core throws(JournalError) in try core.actors(after: address) }
    }

    package func actorsToWake(
        until wallTime: WallTime,
        after mark: WakeMark?
    ) async throws(JournalError) -> [ActorSummary] {
        try await ask { core throws(JournalError) in try core.actorsToWake(until: wallTime, after: mark) }
    }

    private static var ended: JournalError { JournalError(.closed, "this life of the node has ended") }
}

extension StoreCore {
    fileprivate func stage(_ write: DiskJournal.Write) throws(JournalError) {
        switch write {
        case .append(let append): try stage(append)
        case .snapshot(let snapshot, let address, let epoch): try stage(snapshot, of: address, epoch)
        }
    }
}
