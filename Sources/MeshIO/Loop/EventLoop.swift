internal import CMeshSockets
internal import Glibc
package import MeshCore

/// One thread that waits for descriptors, timers and work, and runs what becomes due: an executor for actors and tasks.
///
/// A turn: hooks that were marked (send what was collected), wait, events of descriptors, work, timers. Everything
/// that a handler, timer, hook or job touches on its loop needs no lock; such types are plain classes, and their
/// calls trap off the loop. Whoever starts a loop stops it.
package final class EventLoop: SerialExecutor, TaskExecutor, @unchecked Sendable {
    // Sendable: `turns` is touched only where `isOnLoop`, which is true on one thread at a time (the loop's own, and
    // after its end that of the work left over, started by the last one to leave); `inbox` is a lock; the rest never
    // changes.
    let inbox = Lock(LoopInbox())
    let turns: LoopTurns
    let latch = Latch()

    /// What the thread is called.
    package let name: String

    /// Starts a loop on a thread of its own.
    package static func start(name: String) throws(IOError) -> EventLoop {
        let loop = try EventLoop(name: name)
        guard LoopThread.start(name: name, { loop.runThread() }) else {
            throw IOError(.tooMany, "the machine has no thread left for the loop '\(name)'")
        }
        return loop
    }

    private init(name: String) throws(IOError) {
        self.name = name
        turns = try LoopTurns()
    }

    /// Whether the caller runs on this loop.
    package var isOnLoop: Bool { cmesh_current_loop() == identity }

    /// Traps where the caller does not run on this loop.
    package func preconditionOnLoop() { precondition(isOnLoop, "called off the loop '\(name)'") }

    /// The loop that the caller runs on.
    static var current: EventLoop? {
        cmesh_current_loop().map { Unmanaged<EventLoop>.fromOpaque($0).takeUnretainedValue() }
    }

    var identity: UnsafeRawPointer { UnsafeRawPointer(Unmanaged.passUnretained(self).toOpaque()) }
}

// MARK: - Work

extension EventLoop {
    /// Runs a job; for the runtime.
    package func enqueue(_ job: consuming ExecutorJob) { add(.job(UnownedJob(job))) }

    /// This loop, for the runtime.
    package func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }

    /// Traps off the loop; for `assumeIsolated`.
    package func checkIsolated() { preconditionOnLoop() }

    /// Whether the caller is isolated to the loop; for the runtime.
    package func isIsolatingCurrentContext() -> Bool? { isOnLoop }

    /// Runs `body` on the loop, after this call even where the caller is on it.
    ///
    /// False where the loop has been stopped, or more wait than `Limits.IO.maximumClosuresWaiting`: then it never runs.
    package func execute(_ body: @escaping @Sendable () -> Void) -> Bool {
        if isOnLoop {
            guard !turns.isStopped, turns.local.count < Limits.IO.maximumClosuresWaiting else { return false }
            turns.local.append(.closure(body))
            return true
        }
        let outcome = inbox.withLock { $0.offer(.closure(body)) }
        if outcome == .wakesLoop { turns.wake() }
        return outcome != .refused
    }

    /// Runs `body` on the loop and returns its result.
    ///
    /// Throws `stopped` where the loop has been stopped, and `tooMany` where ``execute(_:)`` refuses.
    package func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            let isTaken = execute { continuation.resume(with: Swift.Result(catching: body)) }
            if !isTaken { continuation.resume(throwing: refusal) }
        }
    }

    /// Runs `body` on the loop, after this call even where the caller is on it, however much waits there.
    ///
    /// For what takes work away, and comes at most once for work that was taken: a cancellation that is refused when
    /// much waits would leave it waiting. After the end of the loop it runs on a thread of its own.
    package func executeAlways(_ body: @escaping @Sendable () -> Void) { add(.closure(body)) }

    /// How much other threads have left that the loop has not taken up; from any thread.
    package var waitingCount: Int { inbox.withLock { $0.waitingCount } }

    /// Why ``execute(_:)`` has refused.
    package var refusal: IOError {
        inbox.withLock { $0.phase } == .running
            ? IOError(.tooMany, "too much waits for the loop '\(name)'")
            : IOError(.stopped, "the loop '\(name)' has been stopped")
    }

    /// Adds what cannot be refused because its number is that of the tasks; after the end a thread of its own runs it.
    func add(_ work: LoopWork) {
        if isOnLoop {
            turns.local.append(work)
            return
        }
        switch inbox.withLock({ $0.add(work) }) {
        case .taken, .refused: break
        case .wakesLoop: turns.wake()
        case .needsThread: startThreadForRest()
        }
    }
}

// MARK: - Time

extension EventLoop {
    /// The time at which this turn's events were fetched.
    ///
    /// On the loop alone.
    package var now: Instant {
        preconditionOnLoop()
        return turns.now
    }

    /// Has `timer` told at `deadline`, wherever it was scheduled before.
    ///
    /// On the loop alone.
    package func schedule(_ timer: LoopTimer, at deadline: Instant) {
        preconditionOnLoop()
        guard !turns.isStopped else { return }
        turns.timers.schedule(timer, at: deadline)
    }

    /// Takes `timer` out, if it is scheduled.
    ///
    /// On the loop alone.
    package func cancel(_ timer: LoopTimer) {
        preconditionOnLoop()
        turns.timers.cancel(timer)
    }

    /// How many timers wait.
    ///
    /// On the loop alone.
    package var timerCount: Int {
        preconditionOnLoop()
        return turns.timers.count
    }

    func addMarked(_ hook: TurnHook) {
        preconditionOnLoop()
        turns.marked.append(hook)
    }
}

// MARK: - Descriptors

extension EventLoop {
    /// Tells `handler`, which is kept until ``deregister(_:)``, whenever `descriptor` is ready.
    ///
    /// On the loop alone.
    package func register(
        _ descriptor: Int32,
        for readiness: Readiness,
        handler: any LoopHandler
    ) throws(IOError) -> LoopRegistration {
        preconditionOnLoop()
        return try turns.register(descriptor, for: readiness, handler: handler)
    }

    /// Changes what `registration` waits for.
    ///
    /// On the loop alone.
    package func update(_ registration: LoopRegistration, for readiness: Readiness) throws(IOError) {
        preconditionOnLoop()
        try turns.update(registration, for: readiness)
    }

    /// Ends the watch: no event comes any more, not even one that was fetched already.
    ///
    /// On the loop alone.
    ///
    /// Close the descriptor after it, not before.
    package func deregister(_ registration: LoopRegistration) {
        preconditionOnLoop()
        turns.deregister(registration)
    }
}
