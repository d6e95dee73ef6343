internal import MeshIO

/// What a transport holds and has done.
package struct TransportStatistics: Hashable, Sendable {
    /// Connections, those that begin and those that are closing included.
    package internal(set) var connections = 0
    /// Links that are open.
    package internal(set) var links = 0
    /// Streams of all connections.
    package internal(set) var streams = 0
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

extension TransportCore {
    var statistics: TransportStatistics {
        var found = TransportStatistics()
        found.links = nodes.count
        guard let quic else { return found }
        found.connections = quic.connectionCount
        found.streams = quic.connections.all.reduce(0) { $0 + $1.streamCount }
        found.handshakesUnderWay = quic.handshakes.count
        found.unreadBytes = quic.unreadBytes
        found.overflows = Int(quic.state?.socket.overflows ?? 0)
        found.endpoint = quic.counts
        return found
    }
}
