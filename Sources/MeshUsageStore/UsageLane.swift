internal import Glibc
internal import MeshCore

/// A thread for one piece of work after the other, there while there is some, that gives way to all others.
final class UsageLane: Sendable {
    /// What is to be done; with an error where nobody will do it.
    private typealias Work = @Sendable (UsageStoreError?) -> Void

    private struct State {
        var waiting = BoundedQueue<Work>(capacity: Limits.UsageStore.maximumWaiting)
        var isRunning = false
    }

    private let state = Lock(State())

    /// Does `body` behind what was given to it before.
    func run<Value: Sendable>(
        _ body: @escaping @Sendable () throws(UsageStoreError) -> Value
    ) async throws(UsageStoreError) -> Value {
        let result: Result<Value, UsageStoreError> = await withCheckedContinuation { continuation in
            append { refusal in
                do throws(UsageStoreError) {
                    if let refusal { throw refusal }
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
            let isTaken = state.waiting.append(work)
            guard isTaken, !state.isRunning else { return (isTaken, false) }
            state.isRunning = true
            return (true, true)
        }
        guard isTaken else { return work(UsageStoreError(.busy, "too much waits for the database of usage")) }
        guard startsThread else { return }
        let didStart = UsageThread.start { [self] in
            while let next = next() { next(nil) }
        }
        guard !didStart else { return }
        while let next = next() { next(UsageStoreError(.unusable, "the machine has no thread left")) }
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

/// A thread that ends with its work.
private enum UsageThread {
    static func start(_ body: @escaping @Sendable () -> Void) -> Bool {
        var thread = pthread_t()
        let work = Unmanaged.passRetained(UsageWork(body))
        guard pthread_create(&thread, nil, runUsageWork, work.toOpaque()) == 0 else {
            work.release()
            return false
        }
        pthread_detach(thread)
        return true
    }
}

private final class UsageWork: Sendable {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

private func runUsageWork(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context else { return nil }
    let work = Unmanaged<UsageWork>.fromOpaque(context).takeRetainedValue()
    // On Linux zero means this thread, not the process; where it is refused nothing is lost.
    setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
    work.body()
    return nil
}
