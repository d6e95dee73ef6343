internal import MeshCore
package import MeshIO
internal import MeshWire

/// How connections of an endpoint behave.
package struct QUICConfiguration: Sendable {
    /// A connection without a packet for so long is over, on both sides by the smaller of the two values.
    package var idleTimeout = Duration.seconds(30)

    /// A packet is sent after so long without one, so that neither side nor a router forgets; nil never.
    package var keepAlive: Duration?

    /// A handshake that takes longer is given up.
    package var handshakeTimeout = Duration.seconds(10)

    /// A peer that has not said hello so long after the handshake is let go.
    package var helloTimeout = Limits.Hello.patience

    /// Bytes that the peer may send on one stream before we take them.
    package var streamWindow = 2 * 1_024 * 1_024

    /// Bytes that the peer may send on all streams together before we take them.
    package var connectionWindow = 8 * 1_024 * 1_024

    /// Streams that the peer may have open at a time.
    package var maximumStreams = 1_024

    /// The largest datagram that we take; 0 for none.
    package var maximumDatagramBytes = 1_200

    /// The largest UDP payload that we send; path discovery finds out how much of it fits.
    package var maximumPayloadBytes = 1_452

    /// Connections of the endpoint at a time.
    package var maximumConnections = Limits.Endpoint.maximumConnections

    /// Bytes written to all peers together that they have not read; beyond it those go who have not read for longest.
    package var maximumUnreadBytes = Limits.Endpoint.maximumUnreadBytes

    /// Handshakes of clients under way at a time; a further one takes the place of another.
    package var maximumHandshakes = Limits.Endpoint.maximumHandshakes

    /// Handshakes under way from which on a client must prove its address; 0 asks every client.
    package var handshakesBeforeRetry = Limits.Endpoint.handshakesBeforeRetry

    /// Handshakes of clients taken in a second; nil for as many as come.
    ///
    /// Whoever comes when they are spent is told when to come again, before any signature is made.
    package var handshakesPerSecond: Int?

    /// Whether clients may resume with a ticket.
    package var allowsResumption = true

    /// Whether early data of a resumed client is taken; it may be replayed, so only what is idempotent belongs in it.
    package var allowsEarlyData = true

    /// How the endpoint's socket is made.
    package var socket = UDPConfiguration()

    /// The defaults.
    package init() {}
}
