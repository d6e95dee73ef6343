internal import CMeshQUIC
internal import MeshCore
internal import MeshIO

extension QUICConnection {
    /// Takes in one packet, and acts on what it brought.
    func receive(_ packet: UnsafeRawBufferPointer, path: UnsafePointer<ngtcp2_path>, ecn: UInt8) {
        guard let bytes = packet.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
        switch phase {
        case .closed: return
        case .closing(let closePacket):
            repeatClose(closePacket, path: path)
            return
        case .handshaking, .established: break
        }
        counts.packetsReceived += 1
        stops.hasNews = true
        let isHandshaking = !isEstablished
        let status = cmesh_quic_read(raw, path, ecn, bytes, packet.count, endpoint.now)
        actOnHappenings()
        guard status == 0 else { return readFailed(status) }
        endpoint.isDirty(self)
        // A handshake's packet can take a millisecond. What it leads to must not wait for the others of this turn, or
        // both sides take turns at being idle.
        if isHandshaking { endpoint.flush() }
    }

    /// The peer may not have seen the close: it is repeated for the first packet, the second, the fourth and so on.
    ///
    /// Only where the peer has proved to be: anybody may have seen the id of a connection, and send from any address.
    private func repeatClose(_ packet: [UInt8], path: UnsafePointer<ngtcp2_path>) {
        guard SocketAddress(path.pointee.remote) == remote else { return }
        packetsAfterClose += 1
        guard packetsAfterClose & (packetsAfterClose - 1) == 0 else { return }
        endpoint.sendClose(packet, path: path, isRepeat: true)
    }

    private func readFailed(_ status: Int32) {
        switch status {
        case NGTCP2_ERR_DRAINING: end(peerReason())
        case NGTCP2_ERR_RETRY: endpoint.wantsRetry(self)
        case NGTCP2_ERR_DROP_CONN: end(CloseReason(.us, .abandoned, "the first packet makes no connection"))
        case NGTCP2_ERR_CRYPTO: closeAfterAlert()
        default: close(library: status, "a packet")
        }
    }

    /// The timer has come.
    func deadlineReached() {
        switch phase {
        case .closed: return
        case .closing: return end(nil)
        case .handshaking, .established: break
        }
        let status = ngtcp2_conn_handle_expiry(raw, endpoint.now)
        actOnHappenings()
        switch status {
        case 0: endpoint.isDirty(self)
        case NGTCP2_ERR_IDLE_CLOSE: end(CloseReason(.us, .idle))
        case NGTCP2_ERR_HANDSHAKE_TIMEOUT: end(CloseReason(.us, .handshakeTimeout))
        default: close(library: status, "a timer")
        }
    }

    // MARK: Inside ngtcp2

    func streamOpened(_ id: Int64) {
        counts.streamsAccepted += 1
        happenings.append(.opened(adopt(id)))
    }

    func received(_ bytes: UnsafeRawBufferPointer, isLast: Bool, isEarly: Bool, on stream: QUICStream) {
        counts.bytesReceived += UInt64(bytes.count)
        stream.counts.bytesReceived += UInt64(bytes.count)
        stream.received.append(bytes)
        if isLast { stream.progress.isPeerFinished = true }
        if isEarly { stream.progress.isEarly = true }
        guard !stream.progress.isReceivePending else { return }
        stream.progress.isReceivePending = true
        happenings.append(.received(stream))
    }

    func acknowledged(_ count: Int, on stream: QUICStream) {
        let released = stream.toSend.acknowledged(count)
        if !stream.progress.isClosed { self.released(released, of: stream) }
        peerHasTaken()
        wakeWriter(of: stream)
        guard !isReadPending else { return }
        isReadPending = true
        happenings.append(.peerHasRead)
    }

    /// Has the writer called when there is room again.
    func wakeWriter(of stream: QUICStream) {
        guard stream.progress.isWriterWaiting else { return }
        guard stream.hasRoomAgain else { return watch(stream) }
        stream.progress.isWriterWaiting = false
        happenings.append(.hasRoom(stream))
    }

    func streamEnded(_ id: Int64, code: UInt64?) {
        if ngtcp2_conn_is_local_stream(raw, id) == 0 { streamsToGrant += 1 }
        guard let stream = streams.removeValue(forKey: id) else { return }
        stream.progress.isBlocked = true
        happenings.append(.closed(stream, code: stream.progress.resetCode ?? code))
    }

    // MARK: After ngtcp2

    /// Acts on what was reported, and on what that leads to, until nothing is left.
    func actOnHappenings() {
        while !happenings.isEmpty {
            // What one leads to is listed in other memory: that of the last time, where no outer call uses it.
            var list: [Happening] = []
            swap(&list, &happenings)
            swap(&happenings, &spareHappenings)
            for happening in list where !isOver || happening.countsAfterTheEnd { act(on: happening) }
            list.removeAll(keepingCapacity: list.count <= Self.happeningsKept)
            spareHappenings = list
        }
        if streamsToGrant > 0, !isOver {
            ngtcp2_conn_extend_max_streams_bidi(raw, streamsToGrant)
            streamsToGrant = 0
            endpoint.isDirty(self)
        }
    }

    private func act(on happening: Happening) {
        switch happening {
        case .handshakeCompleted: handshakeCompleted()
        case .handshakeConfirmed: if !isServer { establish() }
        case .opened(let stream): if isEstablished || admitEarly() { handler?.connection(self, opened: stream) }
        case .received(let stream):
            stream.progress.isReceivePending = false
            stream.handler?.streamReceived(stream)
        case .resetByPeer(let stream, let code):
            finish(stream, code: code)
            reset(stream, code: code)
        case .closed(let stream, let code): finish(stream, code: code)
        case .hasCredit(let stream):
            stream.progress.isBlocked = false
            wantsToSend(stream)
        case .stopped(let stream): stream.handler?.streamStopped(stream)
        case .hasRoom(let stream): stream.handler?.streamHasRoom(stream)
        case .peerHasRead:
            isReadPending = false
            handler?.connectionPeerHasRead(self)
        case .hasStreamCredit: handler?.connectionHasStreamCredit(self)
        case .datagram(let bytes): handler?.connection(self, received: bytes)
        case .addressToken(let token): endpoint.remember(addressToken: token, of: self)
        case .pathValidated(let hasSucceeded):
            if hasSucceeded { pathChanged() }
            endpoint.migrationEnded(self, isConfirmed: hasSucceeded)
        case .earlyDataRejected: earlyDataRejected()
        case .ticket: ticketReceived()
        }
    }

    /// Tells the user of `stream` that it is over, and gives back the credit of what nobody took.
    func finish(_ stream: QUICStream, code: UInt64?) {
        guard !stream.progress.isClosed else { return }
        stream.progress.isClosed = true
        unwatch(stream)
        released(stream.heldBytes, of: stream)
        let untaken = stream.untakenBytes
        stream.progress.uncreditedBytes = 0
        if untaken > 0, !isOver { ngtcp2_conn_extend_max_offset(raw, UInt64(untaken)) }
        let user = stream.handler
        stream.handler = nil
        stream.connection = nil
        user?.streamClosed(stream, code: code)
        // Somebody may hold the stream on, to whom what nobody took is of no use.
        stream.received = ReceiveBuffer()
        if !isOver { handler?.connection(self, closed: stream) }
    }

    /// `count` bytes of `stream` were taken: the peer may send as many more.
    func consumed(_ count: Int, of stream: QUICStream) {
        guard !isOver, !stream.progress.isClosed else { return }
        if !stream.progress.isPeerFinished {
            ngtcp2_conn_extend_max_stream_offset(raw, stream.id, UInt64(count))
        }
        ngtcp2_conn_extend_max_offset(raw, UInt64(count))
        endpoint.isDirty(self)
    }

    /// The peer's address may have changed: what is sent from now on goes there.
    private func pathChanged() {
        let path = ngtcp2_conn_get_path(raw).pointee
        if let address = SocketAddress(path.remote) { remote = address }
    }

    /// What was opened as early data never happened: whoever uses it is told, and may open it again.
    func earlyDataRejected() {
        let rejected = streams.values.sorted { $0.id < $1.id }
        streams = [:]
        sendQueue.removeAll()
        for stream in rejected { finish(stream, code: MeshStreamCode.earlyDataRejected.rawValue) }
    }
}

extension QUICConnection {
    /// Reports of one packet up to which the memory of their list is used again.
    private static let happeningsKept = 256
}

extension Happening {
    /// Whether a stream is to be told although the connection has been closed in between.
    fileprivate var countsAfterTheEnd: Bool {
        if case .closed = self { true } else { false }
    }
}
