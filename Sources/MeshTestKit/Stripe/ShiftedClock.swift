package import MeshCore
package import MeshIO

/// A clock whose days can be turned.
package final class ShiftedClock: Clock {
    private let inner: MachineClock
    private let shift = Lock<Int64>(0)

    /// As far as `inner`.
    package init(_ inner: MachineClock) { self.inner = inner }

    /// What people have set goes on by whole seconds; nothing that sleeps wakes.
    package func turn(by duration: Duration) { shift.withLock { $0 += duration.components.seconds * 1_000 } }

    package var now: Instant { inner.now }

    package var wallTime: WallTime {
        WallTime(millisecondsSince1970: inner.wallTime.millisecondsSince1970 + shift.withLock { $0 })
    }

    package func sleep(until deadline: Instant) async throws(CancellationError) {
        try await inner.sleep(until: deadline)
    }
}
