package import MeshCore

/// How much one link may send of something, over time: a bucket that fills at a steady rate.
package struct BeatBudget: Hashable, Sendable {
    private let interval: Duration
    private let burst: Int64
    /// When the bucket was empty, or would have been.
    private var emptyAt: Instant
    private var excess = 0

    /// One in an `interval`, and up to `burst` at once; full at `now`.
    package init(interval: Duration, burst: Int, now: Instant) {
        self.interval = interval
        self.burst = Int64(burst)
        emptyAt = now + .nanoseconds(-interval.wholeNanoseconds * Int64(burst))
    }

    /// What is to be done with one more.
    package enum Decision: Hashable, Sendable {
        /// Take it.
        case take
        /// Drop it unread.
        case drop
        /// End the link: it is a flood.
        case close
    }

    /// One more has come at `now`.
    package mutating func decide(now: Instant) -> Decision {
        let full = now + .nanoseconds(-interval.wholeNanoseconds * burst)
        emptyAt = max(emptyAt, full)
        guard emptyAt + interval <= now else {
            excess += 1
            return excess > Limits.Heartbeat.maximumExcess ? .close : .drop
        }
        emptyAt = emptyAt + interval
        excess = max(0, excess - 1)
        return .take
    }
}
