/// A point on a node's monotonic clock, in nanoseconds since an origin that only that clock knows.
///
/// Instants of two clocks cannot be compared; what must travel or be kept is a ``WallTime``.
package struct Instant: Hashable, Sendable {
    /// Nanoseconds since the clock's origin.
    package let nanoseconds: Int64

    /// The instant `nanoseconds` after the clock's origin.
    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// The clock's origin.
    package static let origin = Instant(nanoseconds: 0)

    /// The instant `duration` later; it stops at the end of time (292 years) instead of wrapping.
    package static func + (instant: Instant, duration: Duration) -> Instant {
        let (sum, overflow) = instant.nanoseconds.addingReportingOverflow(duration.wholeNanoseconds)
        guard overflow else { return Instant(nanoseconds: sum) }
        return Instant(nanoseconds: duration < .zero ? .min : .max)
    }

    /// The time from `earlier` to `later`.
    package static func - (later: Instant, earlier: Instant) -> Duration {
        let (difference, overflow) = later.nanoseconds.subtractingReportingOverflow(earlier.nanoseconds)
        guard overflow else { return .nanoseconds(difference) }
        return .nanoseconds(later > earlier ? Int64.max : Int64.min)
    }
}

extension Instant: Comparable {
    package static func < (left: Instant, right: Instant) -> Bool { left.nanoseconds < right.nanoseconds }
}

extension Instant: CustomStringConvertible {
    package var description: String { "\(Duration.nanoseconds(nanoseconds)) after the origin" }
}

extension Duration {
    /// The duration in nanoseconds, rounded towards zero and stopped at the ends of `Int64`.
    package var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, carried) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000)
        guard overflow || carried else { return sum }
        return seconds < 0 ? .min : .max
    }
}
