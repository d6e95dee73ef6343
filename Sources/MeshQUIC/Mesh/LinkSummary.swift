package import MeshCore
internal import MeshIO

/// How a transport and all its links stand together; no link is named.
package struct LinkSummary: Hashable, Sendable {
    /// What has passed through links, those that have ended included: none of it ever falls.
    package struct Totals: Hashable, Sendable {
        /// UDP payloads that arrived.
        package internal(set) var packetsReceived = UInt64(0)
        /// UDP payloads that left.
        package internal(set) var packetsSent = UInt64(0)
        /// Packets with bytes of streams that were taken for lost.
        package internal(set) var packetsLost = UInt64(0)
        /// Bytes of streams that arrived.
        package internal(set) var bytesReceived = UInt64(0)
        /// Bytes of streams that were written.
        package internal(set) var bytesWritten = UInt64(0)
        /// Streams begun by either side.
        package internal(set) var streams = UInt64(0)
        /// Datagrams that were dropped before they left.
        package internal(set) var datagramsDropped = UInt64(0)
    }

    /// Links that are open.
    package internal(set) var links = 0
    /// Of open links, the smoothed round trips in nanoseconds.
    package internal(set) var roundTrips = Distribution(over: .fine)
    /// Of open links, the congestion windows in bytes.
    package internal(set) var congestionWindows = Distribution(over: .fine)
    /// Bytes that are under way on open links.
    package internal(set) var bytesInFlight = 0
    /// Streams of open links.
    package internal(set) var streams = 0
    /// Requests that wait for a stream of their link.
    package internal(set) var requestsWaiting = 0
    /// What has passed.
    package internal(set) var totals = Totals()
    /// Frames that were read.
    package internal(set) var framesRead = FrameTally()
    /// Frames that were written.
    package internal(set) var framesWritten = FrameTally()
    /// Connections, those that begin and those that are closing included.
    package internal(set) var connections = 0
    /// Handshakes under way with clients.
    package internal(set) var handshakesUnderWay = 0
    /// Bytes written that no peer has acknowledged.
    package internal(set) var unreadBytes = 0
    /// Datagrams that the kernel dropped because the loop did not fetch them in time.
    package internal(set) var overflows = 0
    /// What the endpoint has done.
    package internal(set) var endpoint = QUICEndpoint.Counts()

    init() {}
}

/// A look at all links, some at a time.
final class LinkWalk {
    private var rest: [PeerLink]
    private var summary = LinkSummary()

    init(over links: [PeerLink]) { rest = links }

    /// Looks at the next `count` links; false where there are no more.
    func goOn(_ count: Int, in core: TransportCore) -> Bool {
        for _ in 0..<count {
            guard let link = rest.popLast() else { return false }
            guard link.isOpen, let connection = link.connection else { continue }
            let path = connection.pathStatistics
            summary.links += 1
            summary.roundTrips.note(path.smoothedRoundTrip)
            summary.congestionWindows.note(Int64(path.congestionWindowBytes))
            summary.bytesInFlight += path.bytesInFlight
            summary.streams += connection.streamCount
            summary.requestsWaiting += link.requestsWaiting
            core.tally(link)
        }
        return !rest.isEmpty
    }

    /// What was seen, with what the transport as a whole has done.
    func end(in core: TransportCore) -> LinkSummary {
        var found = summary
        found.totals = core.totals
        guard let quic = core.quic else { return found }
        found.framesRead = quic.framesRead
        found.framesWritten = quic.framesWritten
        found.connections = quic.connectionCount
        found.handshakesUnderWay = quic.handshakes.count
        found.unreadBytes = quic.unreadBytes
        found.overflows = Int(quic.state?.socket.overflows ?? 0)
        found.endpoint = quic.counts
        return found
    }
}

extension TransportCore {
    /// Looks at some more links; the summary once all have been seen.
    func summarise() -> LinkSummary? {
        let walk = walk ?? LinkWalk(over: links.inNoOrder)
        self.walk = walk
        guard !walk.goOn(Limits.Link.summarisedAtOnce, in: self) else { return nil }
        self.walk = nil
        return walk.end(in: self)
    }

    /// Adds what has passed through `link` since it was asked the last time.
    func tally(_ link: PeerLink) {
        guard let connection = link.connection else { return }
        var now = LinkSummary.Totals()
        let counts = connection.counts
        now.packetsReceived = counts.packetsReceived
        now.packetsSent = counts.packetsSent
        now.packetsLost = counts.packetsLost &+ connection.packetsLostOfOpenStreams
        now.bytesReceived = counts.bytesReceived
        now.bytesWritten = counts.bytesWritten
        now.streams = counts.streamsOpened &+ counts.streamsAccepted
        now.datagramsDropped = counts.datagramsDropped
        totals.add(now, since: link.tallied)
        link.tallied = now
    }
}

extension LinkSummary.Totals {
    mutating func add(_ now: LinkSummary.Totals, since then: LinkSummary.Totals) {
        func gain(_ now: UInt64, _ then: UInt64) -> UInt64 { now > then ? now - then : 0 }
        packetsReceived &+= gain(now.packetsReceived, then.packetsReceived)
        packetsSent &+= gain(now.packetsSent, then.packetsSent)
        packetsLost &+= gain(now.packetsLost, then.packetsLost)
        bytesReceived &+= gain(now.bytesReceived, then.bytesReceived)
        bytesWritten &+= gain(now.bytesWritten, then.bytesWritten)
        streams &+= gain(now.streams, then.streams)
        datagramsDropped &+= gain(now.datagramsDropped, then.datagramsDropped)
    }
}

extension QUICTransport {
    /// How all links stand together; they are looked at some at a time, so that the loop serves meanwhile.
    package func summary() async -> LinkSummary {
        let core = core
        while let found = try? await loop.run({ core.value.summarise() }) as LinkSummary?? {
            if let found { return found }
            // A timer, and not only other work: so what has arrived has its turn.
            guard (try? await clock.sleep(for: Self.summaryPause)) != nil else { break }
        }
        loop.executeAlways { core.value.walk = nil }
        return LinkSummary()
    }

    private static let summaryPause = Duration.milliseconds(1)
}
