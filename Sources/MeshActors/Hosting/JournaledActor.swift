internal import MeshCore

/// What an activation works with.
struct ActorEnvironment: Sendable {
    let journal: any Journal
    let clock: any Clock
    let logger: Logger
    let counters: ActorCounters
}

/// How the append ended that an answer waits for.
enum CommitOutcome: Sendable {
    case committed
    case failed(ActorErrorCode)
}

/// Opens when an answer may leave, or be given up.
typealias CommitGate = OneShot<CommitOutcome>

extension CommitGate {
    /// Waits; nil once what `address` has appended is durable, or why that will not be known here.
    nonisolated(nonsending) func failure(of address: ActorAddress) async -> ActorError? {
        do {
            guard case .failed(let code) = try await wait() else { return nil }
            return ActorError(code, "the append of \(address) has failed")
        } catch {
            return ActorError(.cancelled, "the call to \(address) was cancelled before its commit")
        }
    }
}

/// The Swift actor that drives one ``CommitPipeline``: the running half of every journaled value.
///
/// Callers decide on their own thread, one at a time under the lock of `desk`, and wait for their commit: a decision is
/// synchronous, so a change of executor would cost more than it. One task, in ``run()``, appends, begins effects and
/// saves snapshots; it is a child of the node's `run()`, and its life is the activation's.
package actor JournaledActor<Value: Journaled> {
    /// What callers and the activation's task share; each step of either is one turn under the lock.
    private struct Desk: ~Copyable {
        var pipeline: CommitPipeline<Value>
        var generator: SeededGenerator
        var currentAppend = CommitGate()
        var nextAppend = CommitGate()
        /// The traces of commands that have changed something, by the heads they made; for their effects.
        var currentTraces: [Head: TraceContext] = [:]
        var nextTraces: [Head: TraceContext] = [:]
        private var notedHead = Head.none

        init(pipeline: consuming CommitPipeline<Value>, generator: SeededGenerator) {
            self.pipeline = pipeline
            self.generator = generator
        }

        /// Notes the trace of a command that has made an entry; what else waits for that entry finds its head noted.
        mutating func noteTrace() {
            let head = pipeline.decidedHead
            guard head != notedHead else { return }
            notedHead = head
            if let trace = TraceContext.current { nextTraces[head] = trace }
        }
    }

    private let desk: Lock<Desk>
    private var effects = EffectSchedule<Value.Effect>()
    /// Whether a task waits for the next effect that rests.
    private var isResting = false
    /// As of the last commit: weighing takes a look at every part of the value.
    private var weight: PipelineWeight
    /// How many forgotten answers the log and the counters know of.
    private var answersForgotten = 0
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
        // Before any call: what is decided before `run()` begins is not durable yet.
        effects.listed(replayed.value.pendingEffects)
        #if PLANTED_BUGS
        if PlantedBug.forgetEffects.isOn { effects = EffectSchedule() }
        #endif
        let pipeline = CommitPipeline(replayed)
        weight = pipeline.weight
        desk = Lock(Desk(pipeline: pipeline, generator: generator))
        self.environment = environment
        self.handler = handler
        self.meter = meter
    }

    // MARK: Deciding

    /// Decides `command` and returns its answer once everything it depends on is durable.
    ///
    /// Cancelling ends the wait; what has been decided stays decided.
    nonisolated(nonsending) package func perform<C: Command>(
        _ command: C,
        id: CommandID?
    ) async throws(CallFailure<C.Refusal>) -> C.Reply where C.Target == Value {
        var id = id
        var gate: CommitGate?
        do throws(CallFailure<C.Refusal>) {
            let reply = try decide(command, id: &id, &gate)
            if let gate, let failure = await gate.failure(of: address) { throw .failed(failure) }
            return reply
        } catch {
            throw await settled(error, gate).naming(id)
        }
    }

    /// Decides `command` at once; the answer, or the refusal, leaves only when `gate` has opened, if there is one.
    ///
    /// A command that changes anything has an `id` afterwards.
    nonisolated func decide<C: Command>(
        _ command: C,
        id: inout CommandID?,
        _ gate: inout CommitGate?
    ) throws(CallFailure<C.Refusal>) -> C.Reply where C.Target == Value {
        try desk.withLock { desk throws(CallFailure<C.Refusal>) in
            var release = Release.atOnce
            defer {
                switch release {
                case .atOnce: gate = nil
                case .withCurrentAppend: gate = desk.currentAppend
                case .withNextAppend:
                    gate = desk.nextAppend
                    desk.noteTrace()
                    news.raise()
                }
            }
            let clock = environment.clock
            return try desk.pipeline.decide(command, id: &id, by: clock, using: &desk.generator, &release)
        }
    }

    /// A refusal leaves as an answer does: `failure` once `gate` has opened, or why it did not.
    nonisolated(nonsending) func settled<Refusal>(
        _ failure: CallFailure<Refusal>,
        _ gate: CommitGate?
    ) async -> CallFailure<Refusal> {
        guard case .refused = failure, let gate, let obstacle = await gate.failure(of: address) else { return failure }
        return .failed(obstacle)
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
        // Effects that ended meanwhile have told the value: whoever comes next must not perform them again.
        while !Task.isCancelled, !hasFailed, case .append(let append) = nextStep() { await commit(append) }
        let hasLeftNothing = desk.withLock { $0.pipeline.isQuiet && !$0.pipeline.hasFailed }
        guard hasLeftNothing, !Task.isCancelled else {
            fail(.closed)
            return false
        }
        if let snapshot = desk.withLock({ $0.pipeline.finalSnapshot }) { await save(snapshot) }
        return true
    }

    private enum Step: Sendable {
        case append(JournalAppend)
        case wait
        case end
    }

    private func step(_ group: inout DiscardingTaskGroup) async -> Bool {
        guard !Task.isCancelled, !hasFailed else { return false }
        #if PLANTED_BUGS
        if PlantedBug.effectBeforeCommit.isOn { effects.listed(desk.withLock { $0.pipeline.value.pendingEffects }) }
        #endif
        for effect in effects.begin(now: environment.clock.now) {
            let trace = effects.trace(of: effect.position)
            group.addTask { await TraceContext.$current.withValue(trace) { await self.carryOut(effect) } }
        }
        if !isResting, let due = effects.nextDue {
            isResting = true
            group.addTask { await self.rest(until: due) }
        }
        reportWeight()
        switch nextStep() {
        case .append(let append): await commit(append)
        case .wait: await news.wait()
        case .end: return false
        }
        return true
    }

    private func reportWeight() {
        meter.report(bytes: weight.bytes, isBusy: effects.isBusy)
        let forgotten = weight.answersForgotten
        guard forgotten > answersForgotten else { return }
        if answersForgotten == 0 {
            environment.logger.log(.warning, .answersForgotten, [LogField(.actor, .text("\(address)"))])
        }
        environment.counters.add(\.answersForgotten, forgotten - answersForgotten)
        answersForgotten = forgotten
    }

    /// In one turn, so that nothing is decided between the look for an append and the look whether this is the end.
    private func nextStep() -> Step {
        let wallTime = environment.clock.wallTime
        return desk.withLock { desk in
            if let append = desk.pipeline.beginAppend(at: wallTime) {
                desk.currentAppend = desk.nextAppend
                desk.nextAppend = CommitGate()
                (desk.currentTraces, desk.nextTraces) = (desk.nextTraces, [:])
                return .append(append)
            }
            return desk.pipeline.isClosed ? .end : .wait
        }
    }

    private func commit(_ append: JournalAppend) async {
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
        let (done, gate, traces, weight) = desk.withLock {
            ($0.pipeline.appendSucceeded(), $0.currentAppend, $0.currentTraces, $0.pipeline.weight)
        }
        guard let commit = done else { return }
        self.weight = weight
        effects.listed(commit.effects, traces)
        gate.open(.committed)
        if let snapshot = commit.snapshot { await save(snapshot) }
    }

    #if PLANTED_BUGS
    private func failedAppendIsDone() {
        _ = desk.withLock { $0.pipeline.appendSucceeded() }
        desk.withLock { $0.currentAppend }.open(.committed)
    }
    #endif

    private func fail(_ code: JournalErrorCode) {
        let (current, next) = desk.withLock { desk in
            desk.pipeline.appendFailed(code)
            return (desk.currentAppend, desk.nextAppend)
        }
        current.open(.failed(ActorErrorCode(ofAppend: code)))
        // What waits behind the failed append was never sent: it can be asked again as if nothing had been.
        next.open(.failed(.moved))
    }

    private func save(_ unsaved: UnsavedSnapshot<Value>) async {
        do throws(JournalError) {
            try await environment.journal.save(unsaved.encoded(), of: address, epoch)
            desk.withLock { $0.pipeline.snapshotSaved(unsaved.head) }
        } catch {
            // The journal holds everything: a missing snapshot costs time at the next activation.
            desk.withLock { $0.pipeline.snapshotFailed(unsaved.head) }
            environment.counters.add(\.snapshotFailures)
            let fields = [
                LogField(.actor, .text("\(address)")), LogField(.error, .text(error.identity)),
                LogField(.reason, .text(error.message)),
            ]
            environment.logger.log(.warning, .snapshotFailed, fields)
        }
    }

    private var isClosed: Bool { desk.withLock { $0.pipeline.isClosed } }
    private var hasFailed: Bool { desk.withLock { $0.pipeline.hasFailed } }

    /// Decides nothing from now on but completions; ``run()`` ends when everything decided is durable.
    func close() {
        desk.withLock { $0.pipeline.close() }
        news.raise()
    }

    /// Gives the ownership back.
    func release() async {
        try? await environment.journal.release(address, epoch)
    }

    // MARK: Effects and alarms

    /// Performs an effect until its result is known, or it is put aside; then tells the value, once.
    private func carryOut(_ pending: PendingEffect<Value.Effect>) async {
        let position = pending.position
        while true {
            let attempt = effects.attempt(of: position)
            let context = EffectContext(address: address, position: position, attempt: attempt)
            do {
                let telling = try await handler.perform(pending, context)
                return await conclude(position, telling)
            } catch {
                guard !Task.isCancelled, !hasFailed, !isClosed else { return }
                noteFailure(of: context, error)
            }
            switch effects.failed(position, now: environment.clock.now) {
            case .retry(let pause): do { try await environment.clock.sleep(for: pause) } catch { return }
            case .putAside:
                environment.counters.add(\.effectsAbandoned)
                environment.logger.log(.error, .effectAbandoned, [LogField(.actor, .text("\(address)"))])
                return news.raise()
            case .rest: return news.raise()
            }
        }
    }

    /// What has been done in the world is not done again because the value does not take its result.
    private func conclude(_ position: EventPosition, _ telling: EffectHandler<Value>.Telling) async {
        let failure = await telling(self)
        // In an activation that ends nobody waits for the commit: `run()` appends what has been decided.
        if failure != nil, Task.isCancelled || hasFailed || isClosed { return }
        if effects.ended(position) {
            let reason = failure ?? "its completion left it pending"
            environment.counters.add(\.effectsNotCompleted)
            let fields = [LogField(.actor, .text("\(address)")), LogField(.reason, .text(reason))]
            environment.logger.log(.error, .effectNotCompleted, fields)
        }
        news.raise()
    }

    /// One task wakes the activation's for all effects that rest: their pauses are equally long.
    private func rest(until instant: Instant) async {
        try? await environment.clock.sleep(until: instant)
        isResting = false
        news.raise()
    }

    /// Tells the value of an effect that has been performed.
    ///
    /// A full pipeline is waited for: the effect must not be performed again because its result found no room. Any
    /// other failure is final in this activation.
    func complete<C: Command>(
        _ completion: C,
        id: CommandID
    ) async throws(CallFailure<C.Refusal>) where C.Target == Value {
        while true {
            do throws(CallFailure<C.Refusal>) {
                _ = try await perform(completion, id: id)
                return
            } catch {
                guard case .overloaded(let pause) = error else { throw error }
                do { try await environment.clock.sleep(for: pause) } catch _ { throw error }
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

    /// Sends the value its alarm if the time has come.
    ///
    /// An alarm that has moved is done, also where it is overdue still: one for every hour catches up by ringing.
    func wake(at wallTime: WallTime) async -> WakeOutcome {
        let (alarm, head, outcome) = desk.withLock { desk in
            (desk.pipeline.value.nextAlarm, desk.pipeline.decidedHead, desk.pipeline.outcomeWithoutAlarm)
        }
        guard let alarm, alarm.wallTime <= wallTime else { return outcome }
        do {
            try await alarm.ring(self, CommandID(derivedFrom: head, index: 0, .alarm))
        } catch {
            return .stillDue
        }
        let next = desk.withLock { $0.pipeline.value.nextAlarm?.wallTime }
        return next == alarm.wallTime ? .stillDue : .moved
    }
}

extension CommitPipeline {
    /// What waking an actor comes to whose alarm is not due.
    fileprivate var outcomeWithoutAlarm: WakeOutcome {
        value.pendingEffects.isEmpty ? .moved : .effectsPending(nextAlarm: value.nextAlarm?.wallTime)
    }
}
