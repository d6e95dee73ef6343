package import MeshCore

/// How long a tunnel waits before it does something again: every pause is drawn, so that no two edges keep step.
package struct TunnelPauses: Hashable, Sendable {
    private let configuration: TunnelConfiguration

    /// What a hub said last about those who come back.
    private var window: Duration?

    /// The pauses of a tunnel that has heard of no window.
    package init(_ configuration: TunnelConfiguration) { self.configuration = configuration }

    /// The range from which the pause after `failures` vain attempts is drawn.
    package func range(after failures: Int) -> Duration {
        var range = configuration.firstPause
        for _ in 0..<max(0, failures) where range < configuration.longestPause { range = range * 2 }
        return max(.zero, min(range, configuration.longestPause))
    }

    /// Takes over what a hub says; more than ``Limits/Tunnel/longestWindow`` counts as that.
    package mutating func heard(window: Duration) {
        self.window = max(.zero, min(window, Limits.Tunnel.longestWindow))
    }

    /// The pause after `error`, the `failures`th in a row.
    ///
    /// A hub that says when to come again is believed, up to ``Limits/Tunnel/longestRetryAfter``.
    package func pause(after error: DialError, failures: Int, _ generator: inout SeededGenerator) -> Duration {
        guard let retryAfter = error.retryAfter else { return Self.draw(upTo: range(after: failures), &generator) }
        // The hub spreads whom it refuses; the drawn part is for hubs that tell everybody the same.
        let asked = max(.zero, min(retryAfter, Limits.Tunnel.longestRetryAfter))
        return asked + Self.draw(upTo: configuration.firstPause, &generator)
    }

    /// The pause after the loss of a link, with `failures` before it that are not forgotten.
    package func pauseAfterLoss(failures: Int, _ generator: inout SeededGenerator) -> Duration {
        let own = range(after: failures)
        guard let window else { return Self.draw(upTo: own, &generator) }
        return Self.draw(upTo: failures == 0 ? window : max(own, window), &generator)
    }

    /// The pause before another link is made because a hub leaves: within its window, and before its patience ends.
    package func pause(before farewell: HubFarewell, _ generator: inout SeededGenerator) -> Duration {
        let range = min(farewell.window, farewell.patience / 2, Limits.Tunnel.longestWindow)
        return Self.draw(upTo: max(.zero, range), &generator)
    }

    /// How long a link must be well before `failures` are forgotten: the more there were, the longer.
    package func grace(after failures: Int, _ generator: inout SeededGenerator) -> Duration {
        let range = range(after: failures)
        return range + Self.draw(upTo: range, &generator)
    }

    /// The pause of the slow lane after `doublings` failures that will be the same again.
    package func slowLane(doublings: Int, _ generator: inout SeededGenerator) -> Duration {
        var shortest = configuration.slowLanePause
        // Half of the longest, so that there is still something to draw.
        let longest = max(shortest, configuration.longestSlowLanePause / 2)
        for _ in 0..<max(0, doublings) where shortest < longest { shortest = shortest * 2 }
        shortest = min(shortest, longest)
        return shortest + Self.draw(upTo: shortest, &generator)
    }

    /// A duration from nothing to `range`, each as likely as the other.
    private static func draw(upTo range: Duration, _ generator: inout SeededGenerator) -> Duration {
        let nanoseconds = min(range.wholeNanoseconds, Int64.max - 1)
        guard nanoseconds > 0 else { return .zero }
        #if PLANTED_BUGS
        if PlantedBug.backoffWithoutJitter.isOn { return range }
        #endif
        return .nanoseconds(generator.integer(in: 0...Int(nanoseconds)))
    }
}
