internal import MeshCore

/// Work that blocks, one piece after the other, on a thread that is there while there is some.
package final class WorkLane: Sendable {
    /// Why a piece of work is not done.
    package enum Refusal: Hashable, Sendable {
        /// As many pieces wait as may.
        case full
        /// The machine has no thread left.
        case noThread

        /// For people.
        package var message: String {
            switch self {
            case .full: "too much waits for the disk"
            case .noThread: "the machine has no thread left"
            }
        }
    }

    /// What is to be done; with a refusal where nobody will do it.
    private typealias Work = @Sendable (Refusal?) -> Void

    private struct State {
        var waiting: BoundedQueue<Work>
        var isRunning = false
    }

    private let state: Lock<State>
    private let yieldsToOthers: Bool

    /// A lane with nothing to do, on which `capacity` pieces may wait behind the one under way.
    ///
    /// One that `yieldsToOthers` runs where nothing else wants to.
    package init(capacity: Int, yieldsToOthers: Bool = false) {
        state = Lock(State(waiting: BoundedQueue(capacity: capacity)))
        self.yieldsToOthers = yieldsToOthers
    }

    /// Does `body` behind what was given to it before; throws what `error` makes of a refusal.
    package func run<Value: Sendable, Failure: Error>(
        refusing error: @escaping @Sendable (Refusal) -> Failure,
        _ body: @escaping @Sendable () throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let result: Result<Value, Failure> = await withCheckedContinuation { continuation in
            append { refusal in
                do throws(Failure) {
                    if let refusal { throw error(refusal) }
                    continuation.resume(returning: .success(try body()))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }

    private func append(_ work: @escaping Work) {
        let (isTaken, startsThread) = state.withLock { state -> (Bool, Bool) in
            if state.isRunning { return (state.waiting.append(work), false) }
            state.isRunning = true
            return (true, true)
        }
        guard isTaken else { return work(.full) }
        guard startsThread else { return }
        let isStarted = WorkThread.start { [self] in
            if yieldsToOthers { WorkThread.yieldToOthers() }
            work(nil)
            while let next = next() { next(nil) }
        }
        guard !isStarted else { return }
        work(.noThread)
        while let next = next() { next(.noThread) }
    }

    /// The next piece; nil where there is none, and then the lane is at rest.
    private func next() -> Work? {
        state.withLock { state in
            let next = state.waiting.popFirst()
            if next == nil { state.isRunning = false }
            return next
        }
    }
}
