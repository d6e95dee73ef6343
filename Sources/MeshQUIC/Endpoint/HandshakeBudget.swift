package import MeshCore

/// How many handshakes a second a server takes, so that those who are connected are served while a herd comes back.
///
/// Whoever is refused is told when to come again: each gets a moment of its own, as far apart as the server takes them.
/// A value without a clock.
package struct HandshakeBudget {
    /// Between two handshakes, where many come.
    private let interval: Duration
    /// How far ahead of it may be, so that a few at once are no herd.
    private let burst: Duration
    /// When the handshakes that were taken are paid for.
    private var paidUntil = Instant.origin
    /// When the last of those who were refused shall come.
    private var bookedUntil = Instant.origin

    /// A budget of `perSecond` handshakes.
    package init(perSecond: Int) {
        interval = .seconds(1) / max(1, perSecond)
        burst = interval * Self.burst(perSecond)
    }

    /// Takes one handshake; or says after what time to come again.
    package mutating func take(at now: Instant) -> Verdict {
        paidUntil = max(paidUntil, now)
        guard paidUntil > now + burst else {
            paidUntil = paidUntil + interval
            return .take
        }
        bookedUntil = min(max(bookedUntil, paidUntil) + interval, now + Limits.Endpoint.longestRetryAfter)
        return .comeAgain(after: bookedUntil - now)
    }

    /// The moment that was promised last is free again: whom it was meant for could not be told.
    package mutating func takeBackMoment() { bookedUntil = bookedUntil + (.zero - interval) }

    /// Whether less than half of what may come at once is left: then an address must be proved first.
    package func isHalfSpent(at now: Instant) -> Bool { paidUntil > now + burst / 2 }

    /// Whether a handshake is taken.
    package enum Verdict: Hashable, Sendable {
        /// It is.
        case take
        /// It is not; the client shall come again so much later.
        case comeAgain(after: Duration)
    }

    /// A quarter of a second's worth, and a few at least.
    private static func burst(_ perSecond: Int) -> Int { max(8, perSecond / 4) }
}
