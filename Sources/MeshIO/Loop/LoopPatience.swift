/// How long a loop looks for events again and again before it sleeps.
///
/// To fall asleep and be woken takes tens of microseconds where idle processors are given away, as in virtual machines:
/// more than a peer nearby takes to answer. A loop whose waits were short of late looks a little longer than that; one
/// that waits for long, or whose processor others want, sleeps at once. So an idle loop costs nothing.
package struct LoopPatience {
    /// The time of a wait, smoothed; at first none is known to be short.
    private var usualWait = Self.longestCounted

    /// Nothing is known yet of how long it waits.
    package init() {}

    /// Nanoseconds for which to look before sleeping.
    package var looking: Int64 { usualWait <= Self.worthLooking ? Self.longestLook : 0 }

    /// A wait has taken so many nanoseconds.
    package mutating func waited(_ nanoseconds: Int64) {
        usualWait += (min(max(nanoseconds, 0), Self.longestCounted) - usualWait) / 8
    }

    /// Somebody else wanted the processor while the loop looked.
    package mutating func wasInTheWay() { usualWait = Self.longestCounted }

    private static let longestCounted: Int64 = 1_000_000
    private static let worthLooking: Int64 = 100_000
    private static let longestLook: Int64 = 50_000
}
