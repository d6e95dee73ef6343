internal import Glibc
internal import MeshCore
internal import MeshIO

/// The one thread that touches a model, with calls for it.
///
/// Computing blocks for milliseconds at a time, so it is neither the pool's nor an event loop's. The thread ends when
/// ``close()`` was called and its work says so.
///
/// Sendable: `calls` and `isClosed` are touched under `mutex` alone, the pointers never change.
final class EngineThread<Worker>: @unchecked Sendable {
    typealias Call = @Sendable (Worker) -> Void

    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    private var calls = BoundedQueue<Call>(capacity: Limits.Inference.maximumCalls)
    private var isClosed = false
    private var isWoken = false
    private var hasEnded = false

    init() {
        mutex = .allocate(capacity: 1)
        condition = .allocate(capacity: 1)
        var attributes = pthread_condattr_t()
        let status =
            pthread_mutex_init(mutex, nil) | pthread_condattr_init(&attributes)
            | pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) | pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
        precondition(status == 0, "a mutex or a condition cannot be made")
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Starts the thread; false where the machine has no more of them.
    ///
    /// `body` runs on it; what it made is gone when ``waitForEnd(_:)`` returns.
    func start(_ body: sending @escaping () -> Void) -> Bool {
        // Templates, schemas and regular expressions are followed by recursion.
        WorkThread.start(stackBytes: 16 * 1_024 * 1_024) {
            body()
            self.end()
        }
    }

    /// Has `call` made on the thread; false where it is closed or too many wait.
    func call(_ call: @escaping Call) -> Bool {
        pthread_mutex_lock(mutex)
        let isTaken = !isClosed && calls.append(call)
        if isTaken { pthread_cond_signal(condition) }
        pthread_mutex_unlock(mutex)
        return isTaken
    }

    /// Has the thread look at its work again.
    func wake() {
        pthread_mutex_lock(mutex)
        isWoken = true
        pthread_cond_signal(condition)
        pthread_mutex_unlock(mutex)
    }

    /// Takes no more calls; those that wait are made.
    func close() {
        pthread_mutex_lock(mutex)
        isClosed = true
        pthread_cond_broadcast(condition)
        pthread_mutex_unlock(mutex)
    }

    private func end() {
        pthread_mutex_lock(mutex)
        hasEnded = true
        pthread_cond_broadcast(condition)
        pthread_mutex_unlock(mutex)
    }

    /// Blocks until the thread's work is over, for `patience` at most; false where it is not.
    ///
    /// Only after ``close()``: before, it would take signals that are meant for the thread.
    func waitForEnd(_ patience: Duration) -> Bool {
        var until = Self.time(after: patience)
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while !hasEnded {
            guard pthread_cond_timedwait(condition, mutex, &until) == 0 else { return hasEnded }
        }
        return true
    }

    /// On the clock of the condition, an hour from now at most.
    private static func time(after patience: Duration) -> timespec {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        let nanoseconds = max(0, min(patience.wholeNanoseconds, 3_600_000_000_000)) + Int64(time.tv_nsec)
        time.tv_sec += Int(nanoseconds / 1_000_000_000)
        time.tv_nsec = Int(nanoseconds % 1_000_000_000)
        return time
    }

    /// On the thread.
    ///
    /// The next call. Where there is none it waits, if `waits`, until there is one or something else to look at, for
    /// `patience` at most.
    func next(waits: Bool, patience: Duration?) -> (call: Call?, isClosed: Bool) {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        if waits && calls.isEmpty && !isClosed && !isWoken {
            if let patience {
                var until = Self.time(after: patience)
                pthread_cond_timedwait(condition, mutex, &until)
            } else {
                pthread_cond_wait(condition, mutex)
            }
        }
        isWoken = false
        return (calls.popFirst(), isClosed)
    }
}
