internal import CMeshQUIC
package import MeshCore
package import MeshIO

/// What a connection tells the one who uses it.
///
/// Called on the loop, never from inside ngtcp2.
package protocol QUICConnectionHandler: AnyObject {
    /// Both sides have proved who they are; streams may be used.
    func connectionEstablished(_ connection: QUICConnection)

    /// The peer has opened a stream; whoever shall have it sets its handler now.
    func connection(_ connection: QUICConnection, opened stream: QUICStream)

    /// A datagram has arrived.
    func connection(_ connection: QUICConnection, received datagram: [UInt8])

    /// A stream is over; whoever used it has been told.
    func connection(_ connection: QUICConnection, closed stream: QUICStream)

    /// The peer has read some of what was written to it.
    func connectionPeerHasRead(_ connection: QUICConnection)

    /// The peer allows more streams than before.
    func connectionHasStreamCredit(_ connection: QUICConnection)

    /// The server has given a ticket for the next connection.
    func connection(_ connection: QUICConnection, received ticket: ResumptionTicket)

    /// The connection is over, and each of its streams has been told so.
    ///
    /// The last call.
    func connectionClosed(_ connection: QUICConnection, reason: CloseReason)
}

extension QUICConnectionHandler {
    /// Who does not count streams need not know.
    package func connection(_ connection: QUICConnection, closed stream: QUICStream) {}

    /// Who does not wait for it need not know.
    package func connectionPeerHasRead(_ connection: QUICConnection) {}
}

/// One QUIC connection, on either side.
///
///     handshaking ──keys and certificates agreed──▶ established ──close──▶ closing ──3 PTO──▶ closed
///          │                                            │                                      ▲
///          └──refused, too slow────────────────────────┴──peer closed, idle, reset────────────┘
///
/// Confined to the loop of its endpoint. It drives ngtcp2, which holds the protocol: packets go in through
/// `receive`, what ngtcp2 reports is kept as a list and acted on when ngtcp2 has returned, and packets leave when the
/// endpoint flushes, once in a turn of the loop.
package final class QUICConnection {
    enum Phase {
        case handshaking
        case established
        /// Our close has been sent; it is repeated to a peer that has not seen it (RFC 9000 §10.2.1).
        case closing(packet: [UInt8])
        case closed
    }

    /// Whether the peer has connected to us.
    package let isServer: Bool
    /// The one who uses it.
    package var handler: (any QUICConnectionHandler)?
    /// What the peer's certificate says; known once the connection is established, nil where none was demanded.
    package internal(set) var peer: PeerCertificate?
    /// The protocol that was agreed on.
    package internal(set) var protocolName: String?
    /// Whether it was resumed with a ticket.
    package internal(set) var isResumed = false
    /// Whether the server took what this client sent before the handshake was complete.
    package internal(set) var isEarlyDataAccepted = false
    /// Why it ended.
    package internal(set) var closeReason: CloseReason?
    /// What has passed through it.
    package internal(set) var counts = Counts()

    // Strong both ways until the connection ends: the endpoint's table then lets it go.
    let endpoint: QUICEndpoint
    /// What its endpoint showed and believed when it began: GnuTLS's session points into it.
    let tls: TLSContext
    let owner: UnsafeMutablePointer<cmesh_quic_owner>
    let serverName: ServerName?
    let ticket: ResumptionTicket?
    var session: gnutls_session_t?
    var phase = Phase.handshaking
    var streams: [Int64: QUICStream] = [:]
    var sendQueue = StreamQueue()
    var happenings: [Happening] = []
    var datagramsToSend: [[UInt8]] = []
    var connectionIDs: [ConnectionID] = []
    var resetTokens: [ConnectionID] = []
    var refusal: CertificateError?
    var isDirty = false
    var streamsToGrant = 0
    var stops = Stops()
    /// Packets that came after our close.
    var packetsAfterClose = UInt64(0)
    var remote: SocketAddress
    /// Where its packets leave from, as it knows it: a client's socket may be bound to all addresses.
    var local: SocketAddress
    var isMigrating = false
    /// Bytes written to streams that the peer has not acknowledged.
    private(set) var unreadBytes = 0
    /// Those of them that answer requests of the peer.
    private(set) var unreadAnswerBytes = 0
    /// Bytes of its requests that its user keeps, because they are not whole or have no room.
    private(set) var unfinishedBytes = 0
    /// Its user is to be told that the peer has read.
    var isReadPending = false
    /// When the peer last took some of them, or had none to take.
    private(set) var lastTaken = UInt64(0)
    /// Where it is counted among the handshakes under way.
    var handshakeNetwork: SocketAddress.Network?
    private(set) lazy var timer = LoopTimer(handler: relay)
    private lazy var relay = TimerRelay(self)
    var spareHappenings: [Happening] = []

    /// What has passed through a connection.
    package struct Counts: Hashable, Sendable {
        /// UDP payloads that arrived.
        package var packetsReceived: UInt64 = 0
        /// UDP payloads that left.
        package var packetsSent: UInt64 = 0
        /// Streams that the peer opened.
        package var streamsAccepted: UInt64 = 0
        /// Streams that we opened.
        package var streamsOpened: UInt64 = 0
        /// Bytes of streams that arrived.
        package var bytesReceived: UInt64 = 0
        /// Bytes of streams that were written.
        package var bytesWritten: UInt64 = 0
        /// Frames of the mesh protocol that were read.
        package var framesRead: UInt64 = 0
        /// Frames of the mesh protocol that were written.
        package var framesWritten: UInt64 = 0
        /// Packets with bytes of streams that were taken for lost.
        package var packetsLost: UInt64 = 0
        /// Datagrams that were dropped because too many waited, or because they fit no packet or the peer takes none.
        package var datagramsDropped: UInt64 = 0
        var hasSeenReset = false
    }

    init(
        endpoint: QUICEndpoint,
        isServer: Bool,
        remote: SocketAddress,
        serverName: ServerName? = nil,
        ticket: ResumptionTicket? = nil
    ) {
        self.endpoint = endpoint
        tls = endpoint.tls
        self.isServer = isServer
        self.remote = remote
        local = endpoint.localAddress
        self.serverName = serverName
        self.ticket = ticket
        owner = .allocate(capacity: 1)
        cmesh_quic_owner_init(owner, Unmanaged.passUnretained(self).toOpaque(), ConnectionEvents.table)
    }

    deinit {
        ngtcp2_conn_del(owner.pointee.connection)
        if let session { gnutls_deinit(session) }
        owner.deallocate()
    }

    /// ngtcp2's half; it exists from before anybody sees the connection.
    var raw: OpaquePointer {
        guard let connection = owner.pointee.connection else {
            preconditionFailure("a connection is used before it was made")
        }
        return connection
    }

    /// Whether streams may be used.
    package var isEstablished: Bool { if case .established = phase { true } else { false } }

    var isOver: Bool {
        switch phase {
        case .handshaking, .established: false
        case .closing, .closed: true
        }
    }

    // MARK: Streams

    /// A stream to the peer, or nil while as many are open as the peer allows.
    ///
    /// ``QUICConnectionHandler/connectionHasStreamCredit(_:)`` says when to try again.
    package func openStream() -> QUICStream? {
        guard !isOver else { return nil }
        var id = Int64(-1)
        guard ngtcp2_conn_open_bidi_stream(raw, &id, nil) == 0 else { return nil }
        counts.streamsOpened += 1
        return adopt(id)
    }

    func adopt(_ id: Int64) -> QUICStream {
        let stream = QUICStream(id, of: self)
        streams[id] = stream
        ngtcp2_conn_set_stream_user_data(raw, id, Unmanaged.passUnretained(stream).toOpaque())
        return stream
    }

    /// How many streams are open, from either side.
    package var streamCount: Int { streams.count }

    /// The streams that are open, from either side, the oldest first.
    package var openStreams: [QUICStream] { streams.values.sorted { $0.id < $1.id } }

    /// Packets that were taken for lost with bytes of streams that are open.
    var packetsLostOfOpenStreams: UInt64 { streams.values.reduce(0) { $0 &+ $1.packetsLost } }

    // MARK: What the peer has not read

    /// What its user keeps of the peer's requests has grown by `count`, or become less.
    func keeps(_ count: Int) {
        if count < 0 || unreadBytes + unfinishedBytes == 0 { lastTaken = endpoint.now }
        unfinishedBytes += count
        endpoint.unfinishedBytes += count
    }

    /// What is held for the peer's sake, and goes once it reads or says the rest.
    var heldBytes: Int { unreadBytes + unfinishedBytes }

    func wrote(_ count: Int, to stream: QUICStream) {
        if unreadBytes + unfinishedBytes == 0 { lastTaken = endpoint.now }
        unreadBytes += count
        endpoint.unreadBytes += count
        if stream.progress.isAnswer { unreadAnswerBytes += count }
    }

    func released(_ count: Int, of stream: QUICStream) {
        guard count > 0 else { return }
        lastTaken = endpoint.now
        unreadBytes -= count
        endpoint.unreadBytes -= count
        if stream.progress.isAnswer { unreadAnswerBytes -= count }
    }

    /// Few bytes let no memory go, and count all the same for whoever reads slowly.
    func peerHasTaken() { lastTaken = endpoint.now }

    // MARK: Datagrams

    /// Sends `bytes` once, if they fit one packet; they may be lost, or dropped here when too many wait.
    ///
    /// None at all are not sent: ngtcp2 0.12 ends the process over an empty datagram.
    package func send(datagram bytes: [UInt8]) {
        guard !isOver, !bytes.isEmpty else { return }
        if datagramsToSend.count >= Limits.Connection.maximumDatagramsWaiting {
            dropDatagram()
        }
        datagramsToSend.append(bytes)
        endpoint.isDirty(self)
    }

    /// The oldest that waits is not sent.
    func dropDatagram() {
        datagramsToSend.removeFirst()
        counts.datagramsDropped += 1
    }

    // MARK: Keys and paths

    /// Changes the keys of both directions; false while an earlier change is not settled.
    package func updateKeys() -> Bool {
        guard isEstablished else { return false }
        let status = ngtcp2_conn_initiate_key_update(raw, endpoint.now)
        endpoint.isDirty(self)
        return status == 0
    }

    /// Round trips, the congestion window and what is under way.
    package var pathStatistics: PathStatistics {
        var found = cmesh_quic_statistics()
        cmesh_quic_get_statistics(raw, &found)
        return PathStatistics(
            smoothedRoundTrip: .nanoseconds(Int64(clamping: found.smoothed_round_trip)),
            shortestRoundTrip: .nanoseconds(Int64(clamping: found.shortest_round_trip)),
            latestRoundTrip: .nanoseconds(Int64(clamping: found.latest_round_trip)),
            congestionWindowBytes: Int(clamping: found.congestion_window),
            bytesInFlight: Int(clamping: found.bytes_in_flight)
        )
    }

    /// Where the peer's packets come from.
    package var remoteAddress: SocketAddress { remote }
}

extension QUICConnection: TimerHandler {
    /// Acts on its deadline; for the loop.
    package func timerFired(_ timer: LoopTimer) { deadlineReached() }
}

/// How the path to the peer looks.
package struct PathStatistics: Hashable, Sendable {
    /// The running mean.
    package let smoothedRoundTrip: Duration
    /// The shortest seen.
    package let shortestRoundTrip: Duration
    /// The newest.
    package let latestRoundTrip: Duration
    /// Bytes that may be under way.
    package let congestionWindowBytes: Int
    /// Bytes that are under way.
    package let bytesInFlight: Int
}
