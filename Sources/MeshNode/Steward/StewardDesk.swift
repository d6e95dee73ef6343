internal import MeshActors
package import MeshCore

/// Where an edge's steward finds what it needs of the edge, and the edge what it was asked for.
package final class StewardDesk: Sendable {
    private let renewals: RenewalOrders
    private let drained = OneShot<Done>()
    private let clock: any Clock
    private let logger: Logger

    /// A desk of an edge whose certificate is renewed by `renewals`.
    package init(renewals: RenewalOrders, clock: any Clock, logger: Logger) {
        self.renewals = renewals
        self.clock = clock
        self.logger = logger
    }

    /// Returns when the edge is to go; false where the caller is cancelled.
    package func waitForDrain() async -> Bool { (try? await drained.wait()) != nil }

    // MARK: The steward's side

    /// The edge's calendar.
    func answered() -> WallTime {
        logger.log(.debug, .pinged)
        return clock.wallTime
    }

    /// When the certificate ends that the edge has after this.
    func renew() async throws(StewardRefusal) -> WallTime {
        logger.log(.info, .renewalAsked)
        return try await renewals.renew()
    }

    /// How long the edge will take at most.
    func drain() -> Duration {
        logger.log(.info, .drainAsked)
        drained.open(Done())
        return Limits.Steward.drainPatience
    }
}

extension LogEvent {
    static let pinged = LogEvent("edge.pinged")
    static let renewalAsked = LogEvent("edge.renewal-asked")
    static let drainAsked = LogEvent("edge.drain-asked")
}
