internal import Glibc

/// A value that only one thread at a time may touch.
///
/// A pthread mutex, because `Synchronization.Mutex` makes ThreadSanitizer report races that are not there on Linux.
/// Public, so that its generic code is specialised in other modules: docs/decisions/0009-actor-runtime.md.
///
/// Hold it for a few instructions: never across an `await` (the closure is synchronous) and never around I/O.
public final class Lock<Value: ~Copyable>: @unchecked Sendable {
    // Sendable although `Value` may not be: `value` is reached only through `withLock`, under `mutex`, and the
    // `sending` result keeps references to it from leaking out.
    private var value: Value
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>

    /// A lock around `value`.
    public init(_ value: consuming sending Value) {
        self.value = value
        mutex = .allocate(capacity: 1)
        let status = pthread_mutex_init(mutex, nil)
        precondition(status == 0, "pthread_mutex_init failed with \(status)")
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    /// Runs `body` while holding the lock.
    ///
    /// Not re-entrant: calling it again from `body` deadlocks.
    public func withLock<Result: ~Copyable, Failure: Error>(
        _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(&value)
    }
}
