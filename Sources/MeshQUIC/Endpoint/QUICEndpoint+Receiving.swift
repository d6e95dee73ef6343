internal import CMeshQUIC
internal import MeshCore
package import MeshIO

extension QUICEndpoint {
    /// Hands a packet to the connection that it belongs to; for the socket.
    package func received(_ datagram: borrowing ReceivedDatagram) {
        receivedPath.set(remote: datagram.remote, local: datagram.local)
        let ecn = datagram.congestion.rawValue
        datagram.bytes.withUnsafeBytes { packet in
            guard let bytes = packet.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
            if let connection = owner(of: bytes, count: packet.count) {
                // A client's socket may be bound to all addresses, or have changed: its path is the one it has chosen.
                if !connection.isServer { receivedPath.set(remote: datagram.remote, local: connection.local) }
                connection.receive(packet, path: receivedPath.path, ecn: ecn)
                packetsSinceFlush += 1
                // What so many have been answered with leaves, so that the peer works on it while the others are read.
                if packetsSinceFlush >= Self.packetsBetweenAnswers, connection.hasStreamsToSend { flush() }
            } else {
                receivedByNobody(packet, bytes, ecn, from: datagram.remote, to: datagram.local)
            }
        }
    }

    /// Fewer cost more calls than the peer's early start is worth; with a whole train the two sides take turns.
    private static var packetsBetweenAnswers: Int { 3 }

    /// Whose a packet is, by the connection id in it.
    private func owner(of bytes: UnsafePointer<UInt8>, count: Int) -> QUICConnection? {
        if bytes[0] & Self.longHeader == 0 {
            guard count > ConnectionID.ownBytes else { return nil }
            return connections.connection(ConnectionID(bytes + 1, count: ConnectionID.ownBytes))
        }
        var found = ngtcp2_version_cid()
        guard ngtcp2_pkt_decode_version_cid(&found, bytes, count, ConnectionID.ownBytes) == 0,
            let id = found.dcid, found.dcidlen <= Int(NGTCP2_MAX_CIDLEN)
        else { return nil }
        return connections.connection(ConnectionID(id, count: found.dcidlen))
    }

    private func receivedByNobody(
        _ packet: UnsafeRawBufferPointer,
        _ bytes: UnsafePointer<UInt8>,
        _ ecn: UInt8,
        from remote: SocketAddress,
        to local: SocketAddress
    ) {
        guard bytes[0] & Self.longHeader != 0 else {
            return receivedShort(packet, bytes, ecn, from: remote, to: local)
        }
        var found = ngtcp2_version_cid()
        switch ngtcp2_pkt_decode_version_cid(&found, bytes, packet.count, ConnectionID.ownBytes) {
        case 0: if handler != nil { accept(packet, bytes, ecn, from: remote, to: local) } else { counts.stray += 1 }
        case NGTCP2_ERR_VERSION_NEGOTIATION: offerVersions(found, from: remote, to: local)
        default: counts.stray += 1
        }
    }

    // MARK: Packets of connections that are gone

    private func receivedShort(
        _ packet: UnsafeRawBufferPointer,
        _ bytes: UnsafePointer<UInt8>,
        _ ecn: UInt8,
        from remote: SocketAddress,
        to local: SocketAddress
    ) {
        counts.stray += 1
        guard packet.count > ConnectionID.ownBytes else { return }
        // A reset looks like any packet with a random id; its last bytes say whose it is (RFC 9000 §10.3).
        let end = bytes + (packet.count - ConnectionID.resetTokenBytes)
        if let connection = connections.connection(resetBy: ConnectionID(end, count: ConnectionID.resetTokenBytes)) {
            if !connection.isServer { receivedPath.set(remote: remote, local: connection.local) }
            return connection.receive(packet, path: receivedPath.path, ecn: ecn)
        }
        guard handler != nil, packet.count > Self.shortestReset, mayAnswerStateless() else { return }
        sendReset(for: bytes, count: packet.count, to: remote, from: local)
    }

    /// Smaller than what caused it, so that two endpoints never answer each other for ever.
    private func sendReset(
        for bytes: UnsafePointer<UInt8>,
        count: Int,
        to remote: SocketAddress,
        from local: SocketAddress
    ) {
        var id = ngtcp2_cid()
        ngtcp2_cid_init(&id, bytes + 1, ConnectionID.ownBytes)
        var token = [UInt8](repeating: 0, count: ConnectionID.resetTokenBytes)
        guard ngtcp2_crypto_generate_stateless_reset_token(&token, resetSecret, resetSecret.count, &id) == 0 else {
            return
        }
        let noise = [UInt8].random(count: min(count - ConnectionID.resetTokenBytes - 1, 24))
        var packet = [UInt8](repeating: 0, count: 64)
        let written = ngtcp2_pkt_write_stateless_reset(&packet, packet.count, token, noise, noise.count)
        guard written > 0 else { return }
        counts.resets += 1
        state?.trains.send(Array(packet.prefix(written)), to: remote, from: local)
        flushLater()
    }

    private func offerVersions(_ found: ngtcp2_version_cid, from remote: SocketAddress, to local: SocketAddress) {
        guard handler != nil, mayAnswerStateless() else { return }
        var packet = [UInt8](repeating: 0, count: 256)
        // A reserved version keeps clients honest about those they do not know (RFC 9000 §15).
        let versions: [UInt32] = [0x1A2A_3A4A, NGTCP2_PROTO_VER_V1]
        let noise = [UInt8].random(count: 1)[0]
        let count = ngtcp2_pkt_write_version_negotiation(
            &packet,
            packet.count,
            noise,
            found.scid,
            found.scidlen,
            found.dcid,
            found.dcidlen,
            versions,
            versions.count
        )
        guard count > 0 else { return }
        state?.trains.send(Array(packet.prefix(count)), to: remote, from: local)
        flushLater()
    }

    /// Sends a close; repeats of it only as far as the second's share allows.
    func sendClose(_ packet: [UInt8], path: UnsafePointer<ngtcp2_path>, isRepeat: Bool) {
        guard !isRepeat || closeBudget.take(at: loop.now, counts: &counts) else { return }
        guard let remote = SocketAddress(path.pointee.remote) else { return }
        state?.trains.send(packet, to: remote, from: SocketAddress(path.pointee.local))
        flushLater()
    }

    private func mayAnswerStateless() -> Bool { statelessBudget.take(at: loop.now, counts: &counts) }

    private static let longHeader = UInt8(0x80)
    /// A packet that is not longer gets no reset: an answer must be shorter, and no shorter than any packet.
    private static let shortestReset = 41
}

/// How many answers of one kind that keep no state may leave in a second.
struct StatelessBudget {
    private var left = Limits.Endpoint.maximumStatelessPerSecond
    private var refill = Instant.origin

    /// Whether one more may leave.
    mutating func take(at now: Instant, counts: inout QUICEndpoint.Counts) -> Bool {
        if now >= refill {
            left = Limits.Endpoint.maximumStatelessPerSecond
            refill = now + .seconds(1)
        }
        guard left > 0 else {
            counts.unanswered += 1
            return false
        }
        left -= 1
        return true
    }
}
