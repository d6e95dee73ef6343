internal import CMeshQUIC
package import MeshCore
package import MeshIO
internal import MeshWire

/// Whom an endpoint asks about clients that connect.
///
/// Called on the loop.
package protocol QUICEndpointHandler: AnyObject {
    /// A client begins a handshake: whoever shall have the connection, or nil to refuse it.
    func endpoint(_ endpoint: QUICEndpoint, accepting connection: QUICConnection) -> (any QUICConnectionHandler)?
}

/// A UDP socket that speaks QUIC: it makes connections, and takes them where it has a handler.
///
/// Confined to its loop. Packets are read in batches and leave in one batch at the end of a turn.
package final class QUICEndpoint {
    /// How its connections behave.
    package let configuration: QUICConfiguration
    /// What it has done beside its connections.
    package internal(set) var counts = Counts()
    /// Frames that were read on its connections.
    var framesRead = FrameTally()
    /// Frames that were written on its connections.
    var framesWritten = FrameTally()

    let loop: EventLoop
    private(set) var tls: TLSContext
    let receivedPath = PathMemory()
    let proof = AddressProof()
    let resetSecret: [UInt8]
    var connections = ConnectionTable()
    var verifiedPeers = VerifiedPeers()
    var handshakes = HandshakesUnderWay()
    var handshakeBudget: HandshakeBudget?
    /// As configured, or as it was said since.
    private(set) var handshakesPerSecond: Int?
    var statelessBudget = StatelessBudget()
    /// Repeated closes do not use up what resets need, nor refusals of first packets what closes need.
    var closeBudget = StatelessBudget()
    var refusalBudget = StatelessBudget()
    var recentRefusals = RecentRefusals<ConnectionID>()
    /// Kept until the endpoint is closed.
    private(set) var handler: (any QUICEndpointHandler)?
    var unprovenLeft = Limits.Endpoint.unprovenPerSecond
    var unprovenRefill = Instant.origin
    /// Bytes written on all connections that their peers have not acknowledged.
    var unreadBytes = 0
    /// Bytes of requests of all connections that are not whole or have no room.
    var unfinishedBytes = 0

    var state: State?
    private var dirty: [QUICConnection] = []
    private var rebinding: Rebinding?
    private lazy var relay = EndpointRelay(self)
    /// Packets received since what there was to send left.
    var packetsSinceFlush = 0

    private lazy var hook = TurnHook(loop: loop, handler: relay)

    /// What an open endpoint sends and receives with.
    struct State {
        let socket: UDPSocket
        let trains: PacketTrains
    }

    /// A change of address that the servers have not all confirmed.
    private struct Rebinding {
        let old: UDPSocket
        var left: Set<ObjectIdentifier>
        var refused = 0
        let settled: (_ refused: Int) -> Void
    }

    /// What an endpoint has done beside its connections.
    package struct Counts: Hashable, Sendable {
        /// Handshakes begun by clients.
        package var handshakes: UInt64 = 0
        /// Clients told to prove their address first.
        package var retries: UInt64 = 0
        /// First packets that begin no connection: too much was under way, there was no room, or a token was wrong.
        package var refused: UInt64 = 0
        /// Handshakes ended to make room for others.
        package var handshakesEnded: UInt64 = 0
        /// Packets that belong to nothing.
        package var stray: UInt64 = 0
        /// Stateless answers that were not sent, by the bound on a second.
        package var unanswered: UInt64 = 0
        /// Stateless resets sent.
        package var resets: UInt64 = 0
        /// Connections closed because too much was written that nobody read.
        package var unreadClosed: UInt64 = 0
        /// Bytes of streams that left, without those sent again, over all connections that there were.
        package var streamBytesSent: UInt64 = 0
    }

    /// Opens `address`; without a handler, which is kept until the end, no client is taken.
    ///
    /// Without credentials it shows no certificate, and servers that want one refuse it. On the loop alone.
    package init(
        loop: EventLoop,
        address: SocketAddress,
        credentials: NodeCredentials?,
        verifier: any PeerVerifier,
        protocols: [ApplicationProtocol] = [.mesh],
        configuration: QUICConfiguration = QUICConfiguration(),
        clock: any Clock,
        handler: (any QUICEndpointHandler)? = nil
    ) throws {
        self.loop = loop
        self.configuration = configuration
        self.handler = handler
        handshakesPerSecond = configuration.handshakesPerSecond
        handshakeBudget = configuration.handshakesPerSecond.map { HandshakeBudget(perSecond: $0) }
        resetSecret = credentials.map { Self.resetSecret(of: $0.privateKey) } ?? .random(count: 32)
        tls = try TLSContext(
            credentials: credentials,
            verifier: verifier,
            protocols: protocols,
            configuration: configuration,
            clock: clock
        )
        let socket = try UDPSocket(loop: loop, address: address, configuration: configuration.socket, owner: relay)
        state = State(socket: socket, trains: PacketTrains(socket: socket))
    }

    /// Shows this certificate in every handshake from now on; connections that are open keep what they have shown.
    ///
    /// On the loop alone.
    package func use(_ credentials: NodeCredentials) throws(QUICError) {
        tls = try TLSContext(
            credentials: credentials,
            verifier: tls.verifier,
            protocols: tls.protocols,
            configuration: configuration,
            clock: tls.clock,
            continuing: tls
        )
    }

    /// Believes no peer any more because it did before: each is verified again.
    ///
    /// On the loop alone.
    package func forgetVerifiedPeers() { verifiedPeers = VerifiedPeers() }

    deinit { precondition(state == nil, "an endpoint was let go without being closed") }

    /// The address it is bound to; that of nothing once it is closed.
    package var localAddress: SocketAddress { state?.socket.localAddress ?? .anyIPv4(port: 0) }

    /// What its socket has done.
    package var socketCounters: UDPCounters? { state?.socket.counters }

    /// How many connections it has, those that are closing included.
    package var connectionCount: Int { connections.count }

    /// The loop's time, as ngtcp2 counts it.
    var now: UInt64 { UInt64(clamping: loop.now.nanoseconds) }

    /// Takes so many handshakes of clients in a second from now on, nil for as many as come.
    ///
    /// On the loop alone.
    package func use(handshakesPerSecond: Int?) {
        self.handshakesPerSecond = handshakesPerSecond
        handshakeBudget = handshakesPerSecond.map { HandshakeBudget(perSecond: $0) }
    }

    // MARK: Clients

    /// Begins a connection; its handler is told how that ends.
    ///
    /// With a ticket of an earlier one it is resumed, and streams may be opened at once: what is written then may
    /// arrive more than once, and the server says whether it takes it.
    package func connect(
        to remote: SocketAddress,
        serverName: ServerName?,
        protocols: [ApplicationProtocol]? = nil,
        ticket: ResumptionTicket? = nil,
        handler: any QUICConnectionHandler
    ) throws(QUICError) -> QUICConnection {
        guard state != nil else { throw QUICError(.stopping, "the endpoint is closed") }
        let connection = QUICConnection(
            endpoint: self,
            isServer: false,
            remote: remote,
            serverName: serverName,
            ticket: ticket
        )
        connection.handler = handler
        // Once: whoever watches the network must not see that two connections are the same client's (RFC 9000 §8.1.3).
        let token = addressTokens.removeValue(forKey: remote)
        try connection.beginAsClient(protocols ?? tls.protocols, token: token)
        connections.add(connection)
        isDirty(connection)
        return connection
    }

    private var addressTokens: [SocketAddress: [UInt8]] = [:]

    func remember(addressToken token: [UInt8], of connection: QUICConnection) {
        if addressTokens.count >= Limits.Endpoint.rememberedAddressTokens { addressTokens = [:] }
        addressTokens[connection.remote] = token
    }

    func giveAddressToken(to connection: QUICConnection) {
        let remote = ngtcp2_conn_get_path(connection.raw).pointee.remote
        guard let token = proof.token(for: remote, now: now) else { return }
        ngtcp2_conn_submit_new_token(connection.raw, token, token.count)
    }

    // MARK: Another address

    /// Goes on at `address`, with all connections; `settled` is called when every server has confirmed it or is gone,
    /// with the number of those that have not confirmed it in time.
    ///
    /// One change at a time, and only an endpoint that nobody has connected to: clients cannot follow a server. On the
    /// loop alone.
    package func rebind(to address: SocketAddress, settled: @escaping (_ refused: Int) -> Void) throws {
        guard let old = state else { throw QUICError(.stopping, "the endpoint is closed") }
        guard rebinding == nil else { throw QUICError(.busy, "an earlier change of address is not settled") }
        let list = connections.all
        guard !list.contains(where: \.isServer) else {
            throw QUICError(.busy, "clients are connected to the present address and could not follow")
        }
        let socket = try UDPSocket(loop: loop, address: address, configuration: configuration.socket, owner: relay)
        old.trains.endTrain()
        old.socket.flush()
        state = State(socket: socket, trains: PacketTrains(socket: socket))
        // What is on its way to the old address is still taken until all is settled.
        rebinding = Rebinding(old: old.socket, left: [], settled: settled)
        for connection in list where connection.move(to: socket.localAddress) {
            rebinding?.left.insert(ObjectIdentifier(connection))
        }
        settleIfDone()
    }

    /// The server of `connection` has confirmed the new path, or has not, or the connection is over.
    func migrationEnded(_ connection: QUICConnection, isConfirmed: Bool = true) {
        guard connection.isMigrating else { return }
        connection.isMigrating = false
        if !isConfirmed { rebinding?.refused += 1 }
        rebinding?.left.remove(ObjectIdentifier(connection))
        settleIfDone()
    }

    private func settleIfDone() {
        guard let rebinding, rebinding.left.isEmpty else { return }
        self.rebinding = nil
        rebinding.old.close()
        rebinding.settled(rebinding.refused)
    }

    // MARK: Turns

    func isDirty(_ connection: QUICConnection) {
        guard !connection.isDirty else { return }
        connection.isDirty = true
        dirty.append(connection)
        hook.mark()
    }

    func flushAfterBlock() { hook.mark() }

    /// Has the socket flushed at the end of the turn.
    func flushLater() { hook.mark() }

    /// While more is held for all peers together than may be, written and not read or asked and not finished, those go
    /// that have done nothing about it for longest; for whom less than the mean is held is not to blame.
    func closeWhoDoesNotRead() {
        while unreadBytes + unfinishedBytes > configuration.maximumUnreadBytes {
            let holders = connections.all.filter { $0.heldBytes > 0 && !$0.isOver }
            let mean = (unreadBytes + unfinishedBytes) / max(1, holders.count)
            let blamed = holders.filter { $0.heldBytes >= mean }
            guard let slowest = blamed.min(by: { $0.lastTaken < $1.lastTaken }) else { return }
            counts.unreadClosed += 1
            slowest.close(code: Self.overloaded, "what was written was not read, or what was asked not finished")
        }
    }

    /// The code of docs/protocol.md for a peer that asks for more than there is room for.
    private static let overloaded = UInt64(PeerErrorCode.overloaded.rawValue)

    /// Sends what the connections of this turn have to say.
    func flush() {
        guard let state, !state.socket.isBlocked else { return }
        packetsSinceFlush = 0
        closeWhoDoesNotRead()
        var list: [QUICConnection] = []
        swap(&list, &dirty)
        for connection in list {
            connection.isDirty = false
            connection.flush(into: state.trains)
        }
        state.socket.flush()
        list.removeAll(keepingCapacity: true)
        if dirty.isEmpty { swap(&list, &dirty) } else { hook.mark() }
    }

    /// Sends what `connection` has, in the middle of a turn.
    func flushNow(_ connection: QUICConnection) {
        guard let state, !state.socket.isBlocked else { return }
        connection.flush(into: state.trains)
    }

    /// Has `timer` told at ngtcp2's `deadline`, which is UInt64.max for never.
    func schedule(_ timer: LoopTimer, at deadline: UInt64) {
        if deadline == .max {
            loop.cancel(timer)
        } else {
            loop.schedule(timer, at: Instant(nanoseconds: Int64(clamping: deadline)))
        }
    }

    // MARK: Connections

    func demandsClientCertificate(for name: String) -> Bool {
        tls.protocols.first { $0.name == name }?.demandsClientCertificate ?? true
    }

    func takesClientCertificate(for name: String) -> Bool {
        tls.protocols.first { $0.name == name }?.takesClientCertificate ?? true
    }

    func handshakeEnded(_ connection: QUICConnection) {
        handshakes.remove(connection)
    }

    func forget(_ connection: QUICConnection) {
        handshakeEnded(connection)
        migrationEnded(connection)
        loop.cancel(connection.timer)
        connections.remove(connection)
    }

    func makeConnectionID(
        for connection: QUICConnection,
        _ id: UnsafeMutablePointer<UInt8>,
        count: Int,
        resetToken: UnsafeMutablePointer<UInt8>
    ) {
        var drawn = ngtcp2_cid.random()
        let place = UnsafeMutableRawBufferPointer(start: id, count: count)
        withUnsafeBytes(of: &drawn.data) { place.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0.prefix(count))) }
        drawn.datalen = count
        _ = ngtcp2_crypto_generate_stateless_reset_token(resetToken, resetSecret, resetSecret.count, &drawn)
        connections.add(ConnectionID(drawn), of: connection)
    }

    func retire(_ id: ConnectionID, of connection: QUICConnection) { connections.remove(id, of: connection) }

    func note(resetToken token: ConnectionID, isInUse: Bool, of connection: QUICConnection) {
        if isInUse {
            connections.add(resetToken: token, of: connection)
        } else {
            connections.remove(resetToken: token, of: connection)
        }
    }

    // MARK: The end

    /// Closes every connection with `code` and lets the socket go.
    ///
    /// On the loop alone.
    package func close(code: UInt64 = 0, _ message: String = "") {
        guard let state else { return }
        for connection in connections.all {
            connection.close(code: code, message)
            connection.end(nil)
        }
        state.trains.endTrain()
        state.socket.flush()
        state.socket.close()
        relay.forget()
        dirty = []
        handler = nil
        self.state = nil
    }

    /// The same after a restart, so that peers of the life before learn at once that it is over; no other node's.
    private static func resetSecret(of key: PrivateKey) -> [UInt8] {
        key.withBytes { key in
            var secret = [UInt8](repeating: 0, count: 32)
            let label = Array("mesh/1 stateless reset".utf8)
            let status = gnutls_hmac_fast(GNUTLS_MAC_SHA256, key.baseAddress, key.count, label, label.count, &secret)
            precondition(status == 0, "SHA-256 is always there")
            return secret
        }
    }
}
