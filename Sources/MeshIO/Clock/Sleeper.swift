internal import MeshCore

/// One task that waits for a deadline.
final class Sleeper: TimerHandler, @unchecked Sendable {
    // Sendable: `timer` is touched on `loop` alone, `state` is a lock.
    private enum State {
        case new
        case waiting(CheckedContinuation<Bool, Never>)
        case over
    }

    private let state = Lock(State.new)
    private let loop: EventLoop
    private let deadline: Instant
    private(set) lazy var timer = LoopTimer(handler: self)
    fileprivate(set) var place: Int?

    init(loop: EventLoop, deadline: Instant) {
        self.loop = loop
        self.deadline = deadline
    }

    /// True once the deadline is reached, false where the task is cancelled or the loop stopped before.
    func wait() async -> Bool {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in begin(continuation) }
        } onCancel: {
            cancel()
        }
    }

    private func begin(_ continuation: CheckedContinuation<Bool, Never>) {
        let isWaiting = state.withLock { state -> Bool in
            // Cancelled before it began.
            guard case .new = state else { return false }
            state = .waiting(continuation)
            return true
        }
        guard isWaiting else { return continuation.resume(returning: false) }
        if loop.isOnLoop {
            schedule()
        } else {
            loop.add(.closure { self.schedule() })
        }
    }

    private func schedule() {
        guard case .waiting = state.withLock({ $0 }) else { return }
        loop.turns.sleepers.add(self)
        loop.schedule(timer, at: deadline)
        if loop.turns.isStopped { end() }
    }

    func timerFired(_ timer: LoopTimer) {
        loop.turns.sleepers.remove(self)
        wake(isDue: true)
    }

    /// The loop ends before the deadline.
    func end() {
        loop.turns.sleepers.remove(self)
        wake(isDue: false)
    }

    /// Wakes the task at once, from any thread; the timer goes as soon as the loop gets to it.
    private func cancel() {
        wake(isDue: false)
        if loop.isOnLoop {
            forget()
        } else {
            loop.add(.closure { self.forget() })
        }
    }

    private func forget() {
        loop.cancel(timer)
        loop.turns.sleepers.remove(self)
    }

    private func wake(isDue: Bool) {
        let waiter = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            defer { state = .over }
            guard case .waiting(let continuation) = state else { return nil }
            return continuation
        }
        waiter?.resume(returning: isDue)
    }
}

/// The sleepers of a loop, which keeps them while they wait. Confined to it.
final class SleeperList {
    private var sleepers: [Sleeper] = []

    var count: Int { sleepers.count }

    func add(_ sleeper: Sleeper) {
        sleeper.place = sleepers.count
        sleepers.append(sleeper)
    }

    func remove(_ sleeper: Sleeper) {
        guard let place = sleeper.place else { return }
        sleeper.place = nil
        let last = sleepers.removeLast()
        guard place < sleepers.count else { return }
        sleepers[place] = last
        last.place = place
    }

    func endAll() {
        while let sleeper = sleepers.last { sleeper.end() }
    }
}
