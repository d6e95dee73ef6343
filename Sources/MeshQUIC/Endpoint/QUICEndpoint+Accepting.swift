internal import CMeshQUIC
internal import MeshCore
internal import MeshIO

extension QUICEndpoint {
    /// A client's first packet: makes the connection, or asks for a proof of its address, or drops it.
    func accept(
        _ packet: UnsafeRawBufferPointer,
        _ bytes: UnsafePointer<UInt8>,
        _ ecn: UInt8,
        from remote: SocketAddress,
        to local: SocketAddress
    ) {
        var initial = cmesh_quic_initial()
        guard cmesh_quic_accept(&initial, bytes, packet.count) == 0 else {
            counts.stray += 1
            return
        }
        let client = ConnectionID(initial.destination)
        guard !recentRefusals.contains(client, at: loop.now) else { return }
        guard connections.count < configuration.maximumConnections else {
            refuse(initial, packet.count, UInt64(NGTCP2_CONNECTION_REFUSED), "no room", remote, local)
            return
        }
        var original = initial.destination
        var isRetried = false
        switch proof.verdict(on: initial, from: receivedPath.path.pointee.remote, now: now) {
        case .afterRetry(let first):
            original = first
            isRetried = true
        case .known: break
        case .unknown where mayTakeUnproven():
            // ngtcp2 takes any token that it is given for a proof, and then sends more than three times what came.
            initial.token_count = 0
        case .unknown: return askToProveAddress(initial, remote, local)
        case .invalid:
            refuse(initial, packet.count, UInt64(NGTCP2_INVALID_TOKEN), "", remote, local)
            return
        }
        // Who begins handshakes and leaves them has them in mind here for seconds: they spend nobody else's budget.
        if let rate = handshakesPerSecond, handshakes.count(from: remote.network) >= rate {
            let words = CloseReason.retryAfter(.seconds(1))
            refuse(initial, packet.count, UInt64(NGTCP2_CONNECTION_REFUSED), words, remote, local)
            return
        }
        if case .comeAgain(let pause)? = handshakeBudget?.take(at: loop.now) {
            let words = CloseReason.retryAfter(pause)
            recentRefusals.add(client, at: loop.now)
            if !refuse(initial, packet.count, UInt64(NGTCP2_CONNECTION_REFUSED), words, remote, local) {
                // Who is not told does not come then.
                handshakeBudget?.takeBackMoment()
            }
            return
        }
        guard hasRoomForHandshake(from: remote) else {
            counts.refused += 1
            return
        }
        let connection = QUICConnection(endpoint: self, isServer: true, remote: remote)
        guard let user = handler?.endpoint(self, accepting: connection) else {
            refuse(initial, packet.count, UInt64(NGTCP2_CONNECTION_REFUSED), "leaving", remote, local)
            return
        }
        guard begin(connection, for: user, initial, original, isRetried: isRetried) else { return }
        connection.receive(packet, path: receivedPath.path, ecn: ecn)
    }

    /// Tells a client that it is not taken, without keeping anything of it.
    ///
    /// Its address is not proved: the answer is much smaller than what it has sent. False where it is not told.
    @discardableResult
    private func refuse(
        _ initial: cmesh_quic_initial,
        _ received: Int,
        _ code: UInt64,
        _ words: String,
        _ remote: SocketAddress,
        _ local: SocketAddress
    ) -> Bool {
        counts.refused += 1
        guard refusalBudget.take(at: loop.now, counts: &counts) else { return false }
        var (client, server) = (initial.source, initial.destination)
        var answer = [UInt8](repeating: 0, count: Self.refusalBytes)
        let version = initial.version
        let reason = Array(words.utf8)
        let count = ngtcp2_crypto_write_connection_close(
            &answer,
            answer.count,
            version,
            &client,
            &server,
            code,
            reason,
            reason.count
        )
        guard count > 0, count < received else { return false }
        state?.trains.send(Array(answer.prefix(count)), to: remote, from: local)
        flushLater()
        return true
    }

    /// Room for a long header with both ids, and a close with a few words.
    private static let refusalBytes = 256

    /// Where there is no room, only who has proved an address may take another's place.
    private var handshakesBeforeRetry: Int {
        min(configuration.handshakesBeforeRetry, configuration.maximumHandshakes)
    }

    private func hasRoomForHandshake(from remote: SocketAddress) -> Bool {
        guard handshakes.count >= configuration.maximumHandshakes else { return true }
        guard let oldest = handshakes.giveWay(to: remote.network, at: loop.now) else { return false }
        counts.handshakesEnded += 1
        oldest.giveUpHandshake()
        return true
    }

    private func begin(
        _ connection: QUICConnection,
        for user: any QUICConnectionHandler,
        _ initial: cmesh_quic_initial,
        _ original: ngtcp2_cid,
        isRetried: Bool
    ) -> Bool {
        do throws(QUICError) {
            try connection.beginAsServer(initial, original: original, isRetried: isRetried)
        } catch {
            counts.refused += 1
            return false
        }
        connection.handler = user
        handshakes.add(connection, at: loop.now)
        counts.handshakes += 1
        connections.add(connection)
        // Until the client knows our id it uses the one that it has made up.
        connections.add(ConnectionID(initial.destination), of: connection)
        return true
    }

    private func askToProveAddress(_ initial: cmesh_quic_initial, _ remote: SocketAddress, _ local: SocketAddress) {
        guard let packet = proof.retry(for: initial, from: receivedPath.path.pointee.remote, now: now) else { return }
        counts.retries += 1
        state?.trains.send(packet, to: remote, from: local)
        flushLater()
    }

    /// A first packet that cannot be decrypted ends its connection at once and is no handshake under way, but it has
    /// cost as much: so those who prove nothing are counted by the second as well.
    private func mayTakeUnproven() -> Bool {
        guard handshakes.count < handshakesBeforeRetry, handshakeBudget?.isHalfSpent(at: loop.now) != true else {
            return false
        }
        if loop.now >= unprovenRefill {
            unprovenLeft = Limits.Endpoint.unprovenPerSecond
            unprovenRefill = loop.now + .seconds(1)
        }
        guard unprovenLeft > 0 else { return false }
        unprovenLeft -= 1
        return true
    }

    /// ngtcp2 wants the client to prove its address, for reasons of its own; the client comes again.
    func wantsRetry(_ connection: QUICConnection) {
        connection.end(CloseReason(.us, .abandoned, "the client must prove its address first"))
    }
}
