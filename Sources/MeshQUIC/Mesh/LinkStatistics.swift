package import MeshIO

/// What a link has done, and how it stands.
package struct LinkStatistics: Hashable, Sendable {
    /// What has passed through its connection.
    package let counts: QUICConnection.Counts
    /// How the path to the peer looks.
    package let path: PathStatistics
    /// Where the peer's packets come from.
    package let remote: SocketAddress
    /// Whether it was resumed with a ticket.
    package let isResumed: Bool
    /// Whether the server took our hello before the handshake was complete.
    package let isEarlyDataAccepted: Bool
    /// The streams that are open, the oldest first.
    package let streams: [StreamStatistics]

    init(_ connection: QUICConnection) {
        var counts = connection.counts
        for stream in connection.openStreams { counts.packetsLost += stream.packetsLost }
        self.counts = counts
        path = connection.pathStatistics
        remote = connection.remoteAddress
        isResumed = connection.isResumed
        isEarlyDataAccepted = connection.isEarlyDataAccepted
        streams = connection.openStreams.map(StreamStatistics.init)
    }
}

/// How one stream stands.
package struct StreamStatistics: Hashable, Sendable {
    /// Its number in the connection.
    package let id: Int64
    /// What has passed through it.
    package let counts: QUICStream.Counts
    /// Bytes that wait to be sent.
    package let unsentBytes: Int
    /// Bytes that are kept, sent or not, until the peer acknowledges them.
    package let heldBytes: Int
    /// Bytes that have arrived and nobody has taken.
    package let untakenBytes: Int

    init(_ stream: QUICStream) {
        id = stream.id
        counts = stream.counts
        unsentBytes = stream.unsentBytes
        heldBytes = stream.heldBytes
        untakenBytes = stream.untakenBytes
    }
}
