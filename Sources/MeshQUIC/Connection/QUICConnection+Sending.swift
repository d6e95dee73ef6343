internal import CMeshQUIC
internal import MeshCore
internal import MeshIO

extension QUICConnection {
    /// Whether a stream has something to send, and not only what it has received to acknowledge.
    var hasStreamsToSend: Bool { !sendQueue.isEmpty }

    func wantsToSend(_ stream: QUICStream) {
        guard !isOver else { return }
        if stream.hasWork && !stream.progress.isBlocked { sendQueue.add(stream) }
        endpoint.isDirty(self)
    }

    /// Makes the packets that may leave now, in trains of equal ones; at most a turn's worth.
    func flush(into trains: PacketTrains) {
        guard !isOver else { return }
        let capacity = ngtcp2_conn_get_max_tx_udp_payload_size(raw)
        var budget = min(Limits.Connection.packetsPerTurn, max(1, ngtcp2_conn_get_send_quantum(raw) / capacity))
        while budget > 0 {
            // The endpoint comes back when the socket has room.
            guard let space = trains.space(for: capacity) else { return endpoint.isDirty(self) }
            let written = writePacket(to: space, capacity: capacity, path: trains.path)
            guard written.count > 0 else {
                if written.count < 0 {
                    trains.endTrain()
                    return close(library: Int32(truncatingIfNeeded: written.count), "writing a packet")
                }
                break
            }
            counts.packetsSent += 1
            budget -= 1
            trains.add(written.count, ecn: written.ecn)
        }
        trains.endTrain()
        if budget == 0 { endpoint.isDirty(self) }
        // Before that the round trip is a guess, and pacing by it would hold the client's second flight for 22 ms.
        if isEstablished { ngtcp2_conn_update_pkt_tx_time(raw, endpoint.now) }
        lookForStops()
        endpoint.schedule(timer, at: min(ngtcp2_conn_get_expiry(raw), nextLook))
        // Writers for whom there is room now; what they write leaves in the next turn.
        actOnHappenings()
    }

    /// Lets ngtcp2 fill one packet with what waits: datagrams, then streams by turns, then what it wants itself.
    private func writePacket(
        to space: UnsafeMutablePointer<UInt8>,
        capacity: Int,
        path: UnsafeMutablePointer<ngtcp2_path_storage>
    ) -> (count: Int, ecn: UInt8) {
        var ecn = UInt8(0)
        var hasTriedDatagram = false
        while true {
            let count: Int
            if !hasTriedDatagram, let datagram = nextDatagram() {
                count = write(datagram, to: space, capacity: capacity, path: path, ecn: &ecn)
                if count == Int(NGTCP2_ERR_WRITE_MORE) { continue }
                // What else there is must not wait for a datagram that is not taken.
                hasTriedDatagram = true
                if count == 0 { continue }
            } else if let stream = sendQueue.next() {
                count = write(stream, to: space, capacity: capacity, path: path, ecn: &ecn)
                if isForAnotherStream(count, stream) { continue }
            } else {
                count = cmesh_quic_write_stream(
                    raw,
                    &path.pointee.path,
                    &ecn,
                    space,
                    capacity,
                    nil,
                    UInt32(NGTCP2_WRITE_STREAM_FLAG_NONE),
                    -1,
                    nil,
                    0,
                    endpoint.now
                )
            }
            return (count, ecn)
        }
    }

    /// The datagram whose turn it is; those that fit no packet of the path are dropped on the way.
    ///
    /// ngtcp2 refuses only what is larger than the peer wants, which may be more than the path carries: it would wait
    /// for ever.
    private func nextDatagram() -> [UInt8]? {
        guard !isHandshaking, !datagramsToSend.isEmpty else { return nil }
        let header = 1 + ngtcp2_conn_get_dcid(raw).pointee.datalen + Self.longestPacketNumber
        let path = ngtcp2_conn_get_path_max_tx_udp_payload_size(raw)
        let room = min(path, ngtcp2_conn_get_max_tx_udp_payload_size(raw)) - header - Self.datagramFrame - Self.seal
        while let first = datagramsToSend.first, first.count > room { dropDatagram() }
        return datagramsToSend.first
    }

    /// Returns ngtcp2's answer; what it has taken no longer waits.
    private func write(
        _ datagram: [UInt8],
        to space: UnsafeMutablePointer<UInt8>,
        capacity: Int,
        path: UnsafeMutablePointer<ngtcp2_path_storage>,
        ecn: inout UInt8
    ) -> Int {
        var wasTaken = Int32(0)
        let count = cmesh_quic_write_datagram(
            raw,
            &path.pointee.path,
            &ecn,
            space,
            capacity,
            &wasTaken,
            UInt32(NGTCP2_WRITE_DATAGRAM_FLAG_MORE),
            datagram,
            datagram.count,
            endpoint.now
        )
        switch count {
        case Int(NGTCP2_ERR_INVALID_ARGUMENT), Int(NGTCP2_ERR_INVALID_STATE):
            // The peer takes none, or none of that size.
            dropDatagram()
            return 0
        default:
            if wasTaken != 0 { datagramsToSend.removeFirst() }
            return count
        }
    }

    private func write(
        _ stream: QUICStream,
        to space: UnsafeMutablePointer<UInt8>,
        capacity: Int,
        path: UnsafeMutablePointer<ngtcp2_path_storage>,
        ecn: inout UInt8
    ) -> Int {
        withUnsafeTemporaryAllocation(of: ngtcp2_vec.self, capacity: Self.piecesPerWrite) { pieces in
            let described = stream.toSend.describeUnsent(in: pieces)
            var flags = UInt32(NGTCP2_WRITE_STREAM_FLAG_MORE)
            let isLast = stream.progress.isFinishQueued && described.bytes == stream.toSend.unsentBytes
            if isLast { flags |= UInt32(NGTCP2_WRITE_STREAM_FLAG_FIN) }
            var taken = -1
            let count = cmesh_quic_write_stream(
                raw,
                &path.pointee.path,
                &ecn,
                space,
                capacity,
                &taken,
                flags,
                stream.id,
                pieces.baseAddress,
                described.vectors,
                endpoint.now
            )
            if taken >= 0 {
                stream.toSend.sent(taken)
                counts.bytesWritten += UInt64(taken)
                endpoint.counts.streamBytesSent += UInt64(taken)
                stream.counts.bytesSent += UInt64(taken)
                wakeWriter(of: stream)
                if isLast && taken == described.bytes { stream.progress.isFinishSent = true }
                if taken > 0 { sendQueue.rotate() }
            }
            return count
        }
    }

    /// Whether ngtcp2's answer means that the packet has room for another stream, or that this one cannot send.
    private func isForAnotherStream(_ count: Int, _ stream: QUICStream) -> Bool {
        switch count {
        case Int(NGTCP2_ERR_WRITE_MORE): return true
        case Int(NGTCP2_ERR_STREAM_DATA_BLOCKED):
            stream.progress.isBlocked = true
            watch(stream)
            return true
        case Int(NGTCP2_ERR_STREAM_SHUT_WR), Int(NGTCP2_ERR_STREAM_NOT_FOUND):
            stream.progress.isBlocked = true
            if count == Int(NGTCP2_ERR_STREAM_SHUT_WR) { stopped(stream) }
            return true
        default: return false
        }
    }

    private var isHandshaking: Bool { if case .handshaking = phase { true } else { false } }

    private static let piecesPerWrite = 8

    private static let longestPacketNumber = 4
    /// The type and the length before the bytes of a datagram (RFC 9221 §4).
    private static let datagramFrame = 3
    /// What the packet's encryption adds (RFC 9001 §5.3).
    private static let seal = 16
}
