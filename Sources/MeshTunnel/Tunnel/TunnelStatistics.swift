internal import MeshCore

/// What a tunnel has come to so far.
package struct TunnelStatistics: Hashable, Sendable {
    /// How it stands.
    package var state = TunnelState.disconnected

    /// Attempts begun.
    package var attempts = UInt64(0)

    /// Links that answered, whether the first, one after a loss, or one in place of another.
    package var connections = UInt64(0)

    /// Times that the tunnel came back after a loss.
    package var reconnects = UInt64(0)

    /// Links that were replaced by another before they ended.
    package var replacements = UInt64(0)

    /// Links that were resumed with a ticket.
    package var resumptions = UInt64(0)

    /// Times that all links went on from another address.
    package var migrations = UInt64(0)

    /// Probes that were answered.
    package var probesAnswered = UInt64(0)

    /// Probes that were not.
    package var probesMissed = UInt64(0)

    /// How long the last answer to a probe took.
    package var lastProbeTime: Duration?

    /// How long the tunnel has been connected without a break; zero while it is not.
    package var uptime = Duration.zero

    /// How long it has been connected in all.
    package var timeConnected = Duration.zero

    /// How long somebody has wanted it to be connected: since it was started, and while it was not stopped.
    package var timeWanted = Duration.zero

    /// Why the last attempt or link came to its end.
    package var lastError: String?

    /// The sum over all links; round trip and congestion window are those of the current one.
    package var figures = LinkFigures()

    /// Nothing yet.
    package init() {}

    /// The part of the wanted time that the tunnel was connected, in millionths: 999,000 is 99.9 %.
    package var availabilityPartsPerMillion: Int {
        let wanted = timeWanted.wholeNanoseconds / 1_000_000
        guard wanted > 0 else { return 0 }
        return Int(min(timeConnected.wholeNanoseconds / 1_000_000, wanted) * 1_000_000 / wanted)
    }
}

extension LinkFigures {
    /// Adds what `other` has counted; what is of one moment, such as the round trip, stays.
    package mutating func add(countsOf other: LinkFigures) {
        bytesSent &+= other.bytesSent
        bytesReceived &+= other.bytesReceived
        framesSent &+= other.framesSent
        framesReceived &+= other.framesReceived
        streams &+= other.streams
        packetsLost &+= other.packetsLost
    }
}
