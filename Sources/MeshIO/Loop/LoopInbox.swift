internal import MeshCore

/// What other threads leave for a loop, under one lock.
///
/// `isSleeping` is set only together with the look into an empty queue, so that whoever adds afterwards sees it: no
/// wake-up is lost, and none is sent to a loop that is awake.
///
///     running ──stop──▶ stopping ──(thread ends)──▶ ended ◀──▶ ended, with a thread for work that came too late
struct LoopInbox {
    enum Phase { case running, stopping, ended }

    enum Outcome { case taken, wakesLoop, needsThread, refused }

    private(set) var phase = Phase.running
    private var work = WorkQueue()
    private var isSleeping = false
    private var hasThreadForRest = false
    private var waiters: [CheckedContinuation<Void, Never>] = []

    /// How much has come that the loop has not taken up.
    var waitingCount: Int { work.count }

    /// Takes `work`, which cannot be refused: a job that never runs is a task that never ends.
    mutating func add(_ work: LoopWork) -> Outcome {
        self.work.append(work)
        guard phase == .ended else { return wake() }
        guard !hasThreadForRest else { return .taken }
        hasThreadForRest = true
        return .needsThread
    }

    /// Takes `work` where the loop runs and there is room.
    mutating func offer(_ work: LoopWork) -> Outcome {
        guard phase == .running, self.work.count < Limits.IO.maximumClosuresWaiting else { return .refused }
        return add(work)
    }

    mutating func stop() -> Outcome {
        guard phase == .running else { return .taken }
        phase = .stopping
        return wake()
    }

    /// Whether the loop may wait; everything added from now on wakes it.
    mutating func fallAsleep() -> Bool {
        guard work.isEmpty, phase == .running else { return false }
        isSleeping = true
        return true
    }

    /// Moves what has come to `local`; true once the loop is to end.
    mutating func wakeUp(into local: inout WorkQueue) -> Bool {
        isSleeping = false
        if !work.isEmpty { local.append(contentsOf: &work) }
        return phase != .running
    }

    /// The loop's thread ends; the answer is who waits for that.
    mutating func end(withRest hasRest: Bool) -> [CheckedContinuation<Void, Never>] {
        phase = .ended
        hasThreadForRest = hasRest || !work.isEmpty
        defer { waiters = [] }
        return waiters
    }

    /// Whether a thread for the rest is to be started by the one that just ended.
    var startsThreadForRest: Bool { hasThreadForRest }

    /// Moves what came too late to `local`; false, and nobody runs it any more, where there is nothing.
    mutating func takeRest(into local: inout WorkQueue) -> Bool {
        if !work.isEmpty { local.append(contentsOf: &work) }
        hasThreadForRest = !local.isEmpty
        return hasThreadForRest
    }

    /// Keeps `continuation` until the end; false where that is over.
    mutating func wait(_ continuation: CheckedContinuation<Void, Never>) -> Bool {
        guard phase != .ended else { return false }
        waiters.append(continuation)
        return true
    }

    private mutating func wake() -> Outcome {
        guard isSleeping else { return .taken }
        isSleeping = false
        return .wakesLoop
    }
}
