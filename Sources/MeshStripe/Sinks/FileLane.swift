internal import Glibc
internal import MeshCore

/// A thread that waits for the disk, because nothing on an event loop may; it is there while there is work.
package final class FileLane: Sendable {
    /// What is to be done; with an error where nobody will do it.
    private typealias Work = @Sendable (StripeError?) -> Void

    private struct State {
        var waiting = BoundedQueue<Work>(capacity: Limits.Stripe.maximumWaiting)
        var isRunning = false
    }

    private let state = Lock(State())

    /// A thread with nothing to do.
    package init() {}

    /// Does `body` behind what was given to it before.
    package func run<Value: Sendable>(
        _ body: @escaping @Sendable () throws(StripeError) -> Value
    ) async throws(StripeError) -> Value {
        let result: Result<Value, StripeError> = await withCheckedContinuation { continuation in
            append { refusal in
                do throws(StripeError) {
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
            if state.isRunning { return (state.waiting.append(work), false) }
            state.isRunning = true
            return (true, true)
        }
        guard isTaken else { return work(StripeError(.unusable, "too much waits for the disk")) }
        guard startsThread else { return }
        let isStarted = FileThread.start { [self] in
            work(nil)
            while let next { next(nil) }
        }
        guard !isStarted else { return }
        let refusal = StripeError(.unusable, "the machine has no thread left")
        work(refusal)
        while let next { next(refusal) }
    }

    /// The next work; nil where there is none, and then the lane is at rest.
    private var next: Work? {
        state.withLock { state in
            let next = state.waiting.popFirst()
            if next == nil { state.isRunning = false }
            return next
        }
    }
}

/// A thread that ends with its work.
private enum FileThread {
    static func start(_ body: @escaping @Sendable () -> Void) -> Bool {
        var thread = pthread_t()
        let work = Unmanaged.passRetained(FileWork(body))
        guard pthread_create(&thread, nil, runFileWork, work.toOpaque()) == 0 else {
            work.release()
            return false
        }
        pthread_detach(thread)
        return true
    }
}

private final class FileWork: Sendable {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

private func runFileWork(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let context { Unmanaged<FileWork>.fromOpaque(context).takeRetainedValue().body() }
    return nil
}
