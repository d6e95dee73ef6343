internal import MeshCore

/// What an activation works with.
struct ActorEnvironment: Sendable {
    let journal: any Journal
    let clock: any Clock
    let logger: Logger
    let counters: ActorCounters
}

/// How much a resident weighs and whether it has work of its own, for the caretaker to read.
final class ActivityMeter: Sendable {
    private let reading = Lock((bytes: Limits.Hosting.residentBytes + Limits.Hosting.assumedBytes, isBusy: false))

    var current: (bytes: Int, isBusy: Bool) { reading.withLock { $0 } }

    /// The value weighs `bytes`; what the stay itself takes is added.
    func report(bytes: Int, isBusy: Bool) {
        reading.withLock { $0 = (bytes + Limits.Hosting.residentBytes, isBusy) }
    }
}

/// The Swift actor that drives one ``CommitPipeline``: the running half of every journaled value.
///
/// Callers decide in their own turn and wait for their commit. One task, in ``run()``, appends, begins effects and
/// saves snapshots; it is a child of the node's `run()`, and its life is the activation's.
package actor JournaledActor<Value: Journaled> {
    private enum CommitOutcome: Sendable {
        case committed
        case failed(ActorErrorCode)
    }

    private var pipeline: CommitPipeline<Value>
    private var currentAppend = OneShot<CommitOutcome>()
    private var nextAppend = OneShot<CommitOutcome>()
    private var effects = EffectSchedule<Value.Effect>()
    private var generator: SeededGenerator
    private let news = Signal()
    private let environment: ActorEnvironment
    private let handler: EffectHandler<Value>
    private let meter: ActivityMeter
    private let address: ActorAddress
    private let epoch: Epoch

    init(
        _ replayed: consuming ReplayedActor<Value>,
        _ environment: ActorEnvironment,
        _ handler: EffectHandler<Value>,
        _ meter: ActivityMeter,
        _ generator: SeededGenerator
    ) {
        address = replayed.address
        epoch = replayed.epoch
        pipeline = CommitPipeline(replayed)
        // Before any call: what is decided before `run()` begins is not durable yet.
        effects.listed(pipeline.value.pendingEffects)
        #if PLANTED_BUGS
        if PlantedBug.forgetEffects.isOn { effects = EffectSchedule() }
        #endif
        self.environment = environment
        self.handler = handler
        self.meter = meter
        self.generator = generator
    }

    /// Decides `command` and returns its answer once everything it depends on is durable.
    ///
    /// Cancelling ends the wait; what has been decided stays decided.
    package func perform<C: Command>(
        _ command: C,
        id: CommandID?
    ) async throws(CallFailure<C.Refusal>) -> C.Reply where C.Target == Value {
        let wallTime = environment.clock.wallTime
        var release = Release.atOnce
        do throws(CallFailure<C.Refusal>) {
            let reply = try pipeline.decide(command, id: id, at: wallTime, using: &generator, &release)
            if release != .atOnce { try await released(release, C.Refusal.self) }
            return reply
        } catch {
            if case .refused = error, release != .atOnce { try await released(release, C.Refusal.self) }
            throw error
        }
    }

    private func released<Refusal>(
        _ release: Release,
        _: Refusal.Type
    ) async throws(CallFailure<Refusal>) {
        switch release {
        case .atOnce: break
        case .withCurrentAppend: try await committed(currentAppend, Refusal.self)
        case .withNextAppend:
            news.raise()
            try await committed(nextAppend, Refusal.self)
        }
    }

    private func committed<Refusal>(
        _ append: OneShot<CommitOutcome>,
        _: Refusal.Type
    ) async throws(CallFailure<Refusal>) {
        let outcome: CommitOutcome
        do {
            outcome = try await append.wait()
        } catch {
            throw .failed(ActorError(.cancelled, "the call to \(address) was cancelled before its commit"))
        }
        if case .failed(let code) = outcome {
            throw .failed(ActorError(code, "the append of \(address) has failed"))
        }
    }

    // MARK: The activation's own task

    /// Appends, performs effects and saves snapshots until the actor is closed, cancelled, or its journal fails.
    ///
    /// True when everything decided has been appended.
    func run() async -> Bool {
        await withDiscardingTaskGroup { group in
            while await step(&group) {}
            group.cancelAll()
        }
        guard pipeline.isQuiet, !pipeline.hasFailed, !Task.isCancelled else {
            fail(.closed)
            return false
        }
        if let snapshot = pipeline.finalSnapshot { await save(snapshot) }
        return true
    }

    private func step(_ group: inout DiscardingTaskGroup) async -> Bool {
        guard !Task.isCancelled, !pipeline.hasFailed else { return false }
        #if PLANTED_BUGS
        if PlantedBug.effectBeforeCommit.isOn { effects.listed(pipeline.value.pendingEffects) }
        #endif
        for effect in effects.begin() { group.addTask { await self.carryOut(effect) } }
        meter.report(bytes: pipeline.value.approximateBytes, isBusy: effects.isBusy)
        if let append = pipeline.beginAppend(at: environment.clock.wallTime) {
            await commit(append)
            return true
        }
        guard !isClosed else { return false }
        await news.wait()
        return true
    }

    private func commit(_ append: JournalAppend) async {
        currentAppend = nextAppend
        nextAppend = OneShot()
        do throws(JournalError) {
            try await environment.journal.append(append)
        } catch {
            environment.counters.add(\.evictions)
            environment.logger.log(
                .warning,
                .evicted,
                [
                    LogField(.actor, .text("\(address)")), LogField(.error, .text(error.identity)),
                    LogField(.reason, .text(error.message)),
                ]
            )
            #if PLANTED_BUGS
            if PlantedBug.failedAppendIsDone.isOn { return failedAppendIsDone() }
            #endif
            return fail(error.code)
        }
        guard let commit = pipeline.appendSucceeded() else { return }
        effects.listed(commit.effects)
        currentAppend.open(.committed)
        if let snapshot = commit.snapshot { await save(snapshot) }
    }

    #if PLANTED_BUGS
    private func failedAppendIsDone() {
        _ = pipeline.appendSucceeded()
        currentAppend.open(.committed)
    }
    #endif

    private func fail(_ code: JournalErrorCode) {
        pipeline.appendFailed(code)
        let outcome = CommitOutcome.failed(ActorErrorCode(ofAppend: code))
        currentAppend.open(outcome)
        // What waits behind the failed append was never sent: it can be asked again as if nothing had been.
        nextAppend.open(.failed(.moved))
    }

    private func save(_ snapshot: Snapshot) async {
        do throws(JournalError) {
            try await environment.journal.save(snapshot, of: address, epoch)
            pipeline.snapshotSaved(snapshot.head)
        } catch {
            // The journal holds everything: a missing snapshot costs time at the next activation.
            environment.logger.log(.warning, .snapshotFailed, error: error)
        }
    }

    private var isClosed: Bool { pipeline.isClosed }

    /// Decides nothing from now on; ``run()`` ends when everything decided is durable.
    func close() {
        pipeline.close()
        news.raise()
    }

    /// Gives the ownership back.
    func release() async {
        try? await environment.journal.release(address, epoch)
    }

    // MARK: Effects and alarms

    private func carryOut(_ pending: PendingEffect<Value.Effect>) async {
        let backoff = Backoff(first: Limits.Effects.firstPause, longest: Limits.Effects.longestPause)
        for attempt in 1...Limits.Effects.maximumAttempts {
            let context = EffectContext(address: address, position: pending.position, attempt: attempt)
            do {
                try await handler.carryOut(pending, context, self)
                return ended(pending.position)
            } catch {
                guard !Task.isCancelled, !pipeline.hasFailed, !isClosed else { return }
                noteFailure(of: context, error)
            }
            guard attempt < Limits.Effects.maximumAttempts else { break }
            do { try await environment.clock.sleep(for: backoff.pause(after: attempt)) } catch { return }
        }
        environment.counters.add(\.effectsAbandoned)
        environment.logger.log(.error, .effectAbandoned, [LogField(.actor, .text("\(address)"))])
        ended(pending.position)
    }

    /// Tells the value of an effect that has been performed.
    ///
    /// A full pipeline is waited for: the effect must not be performed again because its result found no room.
    func complete<C: Command>(_ completion: C, id: CommandID) async throws where C.Target == Value {
        while true {
            do throws(CallFailure<C.Refusal>) {
                _ = try await perform(completion, id: id)
                return
            } catch {
                guard case .overloaded(let pause) = error else { throw error }
                try await environment.clock.sleep(for: pause)
            }
        }
    }

    private func noteFailure(of context: EffectContext, _ error: any Error) {
        environment.counters.add(\.effectFailures)
        let reason = (error as? any StructuredError)?.description ?? "\(type(of: error))"
        environment.logger.log(
            .warning,
            .effectFailed,
            [
                LogField(.actor, .text("\(address)")), LogField(.attempt, .integer(Int64(context.attempt))),
                LogField(.reason, .text(reason)),
            ]
        )
    }

    private func ended(_ position: EventPosition) {
        effects.ended(position)
        news.raise()
    }

    /// Sends the value its alarm if the time has come; false when the alarm is still due afterwards.
    func wake(at wallTime: WallTime) async -> Bool {
        guard let alarm = pipeline.value.nextAlarm, alarm.wallTime <= wallTime else { return true }
        do {
            try await alarm.ring(self, CommandID(derivedFrom: pipeline.decidedHead, index: 0, .alarm))
        } catch {
            return false
        }
        return pipeline.value.nextAlarm.map { $0.wallTime > wallTime } ?? true
    }
}
