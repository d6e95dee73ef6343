package import MeshCore

/// How far this machine's clock is from its hub's.
///
/// Who of the two is wrong nobody can say from here: so both are named, and whoever reads it knows.
package struct ClockDifference: Hashable, Sendable {
    /// What this machine's clock said.
    package let own: WallTime
    /// What the hub's said at that moment.
    package let hub: WallTime

    /// What two clocks said at one moment.
    package init(own: WallTime, hub: WallTime) {
        self.own = own
        self.hub = hub
    }

    /// What is to be thought of it.
    package enum Verdict: Hashable, Sendable {
        /// As clocks do.
        case agree
        /// More than clocks that somebody sets, by less than would end certificates early.
        case apart
        /// One of them is wrong: an edge does not start like that.
        case wrong
    }

    /// What is to be thought of it.
    package var verdict: Verdict {
        switch magnitude {
        case ..<Limits.HubClock.tolerated: .agree
        case ..<Limits.HubClock.wrong: .apart
        default: .wrong
        }
    }

    /// How far, without the direction; a hub may say any number.
    package var magnitude: Duration { .milliseconds(ahead == .min ? .max : abs(ahead)) }

    /// Milliseconds that this machine's clock is ahead; below zero where it is behind.
    package var ahead: Int64 {
        let (difference, overflow) = own.millisecondsSince1970.subtractingReportingOverflow(hub.millisecondsSince1970)
        return overflow ? (own < hub ? .min : .max) : difference
    }

    /// `this machine's clock (2026-11-22T…) is 24h ahead of the hub's (2026-11-21T…)`.
    package var description: String {
        let direction = ahead < 0 ? "behind" : "ahead of"
        return "this machine's clock (\(own)) is \(Self.text(magnitude)) \(direction) the hub's (\(hub))"
    }

    private static func text(_ magnitude: Duration) -> String {
        // Whatever a hub says: a number of centuries tells nobody more than many years.
        guard magnitude <= .seconds(1_000_000_000) else { return "many years" }
        guard magnitude >= .seconds(60) else { return magnitude.shortText }
        // What took the answer its way is no minute less.
        return Duration.seconds((magnitude + .milliseconds(500)).components.seconds).shortText
    }
}

extension ClockDifference: CustomStringConvertible {}
