internal import MeshCore

/// Threads that ask for names, because the system's resolver blocks: a few at a time, each until nothing waits.
final class NameThreads: Sendable {
    private struct State {
        var waiting = BoundedQueue<@Sendable () -> Void>(capacity: Limits.Names.maximumWaiting)
        var threads = 0
    }

    private let state = Lock(State())

    init() {}

    /// Has `question` asked on a thread; false where too many wait, or the machine has no thread.
    func ask(_ question: @escaping @Sendable () -> Void) -> Bool {
        let (isTaken, startsThread) = state.withLock { state -> (Bool, Bool) in
            guard state.threads < Limits.Names.maximumThreads else { return (state.waiting.append(question), false) }
            state.threads += 1
            return (true, true)
        }
        guard startsThread else { return isTaken }
        let isStarted = LoopThread.start(name: "names") { [self] in
            question()
            while let next = next() { next() }
        }
        if !isStarted { state.withLock { $0.threads -= 1 } }
        return isStarted
    }

    /// The next question; nil where there is none, and then the thread ends.
    private func next() -> (@Sendable () -> Void)? {
        state.withLock { state in
            let next = state.waiting.popFirst()
            if next == nil { state.threads -= 1 }
            return next
        }
    }
}
