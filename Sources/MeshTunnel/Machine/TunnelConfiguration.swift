internal import MeshCore

/// How patient and how eager a tunnel is.
package struct TunnelConfiguration: Hashable, Sendable {
    /// The range of the pause after one vain attempt is twice this, after two four times, and so on.
    package var firstPause = Duration.seconds(1)

    /// No pause between attempts has a larger range.
    package var longestPause = Duration.seconds(60)

    /// Vain attempts before the tunnel fails: at least 1, and no more than ``Limits/Tunnel/maximumAttempts``.
    package var attempts = 10

    /// Whether a tunnel that has failed tries again by itself.
    package var hasSlowLane = true

    /// The shortest pause of the slow lane; the longest is twice as long.
    ///
    /// It doubles with each failure that will be the same again, such as a certificate that nobody believes.
    package var slowLanePause = Duration.seconds(60)

    /// The slow lane doubles no further.
    package var longestSlowLanePause = Duration.seconds(3_600)

    /// How long an attempt may take until the hub has said hello, names and addresses included.
    package var dialTimeout = Duration.seconds(10)

    /// How long the hub's actors may be silent before they are asked.
    package var probeInterval = Duration.seconds(5)

    /// How long they may take to answer; a link without an answer is closed.
    package var probeTimeout = Duration.seconds(5)

    /// The pause before asking again, within the time above, where the question has failed at once.
    package var probeRetryPause = Duration.seconds(1)

    /// How long a link that has been replaced may finish what is under way, unless the hub said how long.
    package var retirePatience = Duration.seconds(60)

    /// The defaults above.
    package init() {}

    /// ``attempts`` within its bounds.
    var attemptLimit: Int { min(max(attempts, 1), Limits.Tunnel.maximumAttempts) }
}
