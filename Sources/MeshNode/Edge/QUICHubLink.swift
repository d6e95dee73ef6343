internal import MeshCore
internal import MeshQUIC
internal import MeshTunnel

/// One link of a tunnel, over QUIC.
struct QUICHubLink: HubLink {
    let hub: NodeID
    let isResumed: Bool
    private let link: PeerLinkID
    private let transport: QUICTransport
    private let events: LinkEvents

    init(_ peer: LinkPeer, of transport: QUICTransport, events: LinkEvents) {
        hub = peer.node
        isResumed = peer.isResumed
        link = peer.link
        self.transport = transport
        self.events = events
    }

    func nextEvent() async -> LinkEvent { await events.next() }

    func close(_ message: String) async { await transport.close(link, message) }

    func retire() async { await transport.retire(link) }

    func figures() async -> LinkFigures {
        guard let found = await transport.statistics(of: link) else { return events.lastFigures }
        let figures = LinkFigures(found)
        events.lastFigures = figures
        return figures
    }
}

extension LinkFigures {
    fileprivate init(_ found: LinkStatistics) {
        self.init()
        bytesSent = found.counts.bytesWritten
        bytesReceived = found.counts.bytesReceived
        framesSent = found.counts.framesWritten
        framesReceived = found.counts.framesRead
        streams = found.counts.streamsOpened + found.counts.streamsAccepted
        packetsLost = found.counts.packetsLost
        roundTrip = found.path.smoothedRoundTrip
        congestionWindow = found.path.congestionWindowBytes
    }
}
