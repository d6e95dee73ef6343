/// The port to time.
///
/// Whoever needs to know the time or to wait is given one in `init`.
///
/// Real nodes get the machine's clock from `MeshIO`; simulations and tests get `VirtualClock` from `MeshTestKit`, on
/// which an hour passes in no time. Safe to call from any task or thread.
package protocol Clock: Sendable {
    /// Now, on the monotonic clock: for deadlines and intervals.
    var now: Instant { get }

    /// Now, as people know it: for timestamps that leave the process. It may jump.
    var wallTime: WallTime { get }

    /// Returns once ``now`` has reached `deadline`; at once when it already has. Cancelling the task ends the wait.
    ///
    /// Sleepers of one clock wake in the order of their deadlines, those with the same deadline in order of arrival.
    func sleep(until deadline: Instant) async throws(CancellationError)
}

extension Clock {
    /// Returns after `duration`.
    package func sleep(for duration: Duration) async throws(CancellationError) {
        try await sleep(until: now + duration)
    }
}
