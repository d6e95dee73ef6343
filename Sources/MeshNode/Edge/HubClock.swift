internal import MeshActors
package import MeshCore

/// Compares this machine's clock with its hub's at each acknowledgement of a beat, which says the hub's time.
///
/// The certificates of both may count all the same: a clock that is off by a day shows nowhere else until something
/// ends too early. A running edge says so and goes on; what an edge does at its start is its role's business.
package final class HubClock: Sendable {
    private struct State {
        var latest: ClockDifference?
        var verdict = ClockDifference.Verdict.agree
    }

    private let state = Lock(State())
    private let first = OneShot<ClockDifference>()
    private let logger: Logger

    /// Tells `logger` when the clocks part, and when they meet again.
    package init(logger: Logger) { self.logger = logger }

    /// What was found last; nil until a beat was acknowledged.
    package var latest: ClockDifference? { state.withLock { $0.latest } }

    /// What was found first, once it is.
    package func firstDifference() async throws(CancellationError) -> ClockDifference { try await first.wait() }

    /// The hub's clock said `hub` when this machine's says `own`.
    package func heard(_ hub: WallTime, own: WallTime) {
        let difference = ClockDifference(own: own, hub: hub)
        let verdict = difference.verdict
        let before = state.withLock { state in
            defer { state = State(latest: difference, verdict: verdict) }
            return state.verdict
        }
        if verdict != before { report(difference, verdict) }
        first.open(difference)
    }

    private func report(_ difference: ClockDifference, _ verdict: ClockDifference.Verdict) {
        switch verdict {
        case .agree: logger.log(.info, .clocksAgree)
        case .apart, .wrong:
            let words = "\(difference): set the one that is wrong"
            let level: LogLevel = verdict == .wrong ? .error : .warning
            logger.log(level, .clocksApart, [LogField(.reason, .text(words))])
        }
    }
}

extension LogEvent {
    static let clocksAgree = LogEvent("edge.clocks-agree")
}
