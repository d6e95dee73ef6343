internal import CMeshQUIC
internal import MeshCore
internal import MeshIO

extension QUICConnection {
    /// Ends the connection; the peer is told `code` and `message`, and every stream is over.
    ///
    /// What was written before leaves first, as far as the peer and the network take it at once.
    package func close(code: UInt64, _ message: String = "") {
        endpoint.flushNow(self)
        close(.application, code, CloseReason(.us, .application(code), message))
    }

    /// ngtcp2 says that the connection cannot go on.
    func close(library status: Int32, _ what: String) {
        let words = "\(what): \(String(cString: ngtcp2_strerror(status)))"
        let code = ngtcp2_err_infer_quic_transport_error_code(status)
        close(.library, UInt64(bitPattern: Int64(status)), CloseReason(.us, .transport(code), words))
    }

    /// The handshake has failed on our side; our own reason says more than GnuTLS's number.
    func closeAfterAlert() {
        var alert = ngtcp2_conn_get_tls_alert(raw)
        var words = ""
        if let refusal {
            alert = TLSAlert.number(for: refusal.code)
            words = refusal.message
        } else {
            // ngtcp2 keeps GnuTLS's own error only for some failures.
            words = TLSAlert.sentences[alert] ?? String(cString: gnutls_strerror(ngtcp2_conn_get_tls_error(raw)))
        }
        close(.alert, UInt64(alert), CloseReason(.us, .alert(alert), words))
    }

    /// Others need the room: the client is told, and nothing of it is kept.
    func giveUpHandshake() {
        let reason = CloseReason(.us, .transport(UInt64(NGTCP2_CONNECTION_REFUSED)), "too many handshakes under way")
        close(.transport, UInt64(NGTCP2_CONNECTION_REFUSED), reason)
        end(nil)
    }

    func close(_ kind: CloseKind, _ code: UInt64, _ reason: CloseReason) {
        guard !isOver else { return }
        let storage = UnsafeMutablePointer<ngtcp2_path_storage>.allocate(capacity: 1)
        defer { storage.deallocate() }
        ngtcp2_path_storage_zero(storage)
        var packet = [UInt8](repeating: 0, count: endpoint.configuration.maximumPayloadBytes)
        let words = Array(reason.message.utf8)
        let count = cmesh_quic_write_close(
            raw,
            &storage.pointee.path,
            &packet,
            packet.count,
            kind.raw,
            code,
            words,
            words.count,
            endpoint.now
        )
        guard count > 0 else { return end(reason) }
        packet.removeLast(packet.count - count)
        endpoint.sendClose(packet, path: ngtcp2_conn_get_path(raw), isRepeat: false)
        phase = .closing(packet: packet)
        endpoint.handshakeEnded(self)
        endpoint.schedule(timer, at: endpoint.now + 3 * ngtcp2_conn_get_pto(raw))
        tell(reason)
    }

    enum CloseKind {
        case library
        case transport
        case alert
        case application

        var raw: cmesh_quic_close_kind {
            switch self {
            case .library: CMESH_QUIC_CLOSE_LIBRARY
            case .transport: CMESH_QUIC_CLOSE_TRANSPORT
            case .alert: CMESH_QUIC_CLOSE_ALERT
            case .application: CMESH_QUIC_CLOSE_APPLICATION
            }
        }
    }

    /// Why the peer has closed, or that it has forgotten the connection.
    func peerReason() -> CloseReason {
        if counts.hasSeenReset { return CloseReason(.peer, .statelessReset) }
        var code = UInt64(0)
        var words: UnsafePointer<UInt8>?
        var count = 0
        let kind = cmesh_quic_peer_close(raw, &code, &words, &count)
        let bytes = UnsafeBufferPointer(start: words, count: words == nil ? 0 : count)
        let message = String(decoding: bytes, as: UTF8.self)
        return switch kind {
        case CMESH_QUIC_CLOSE_APPLICATION: CloseReason(.peer, .application(code), message)
        case CMESH_QUIC_CLOSE_ALERT:
            CloseReason(.peer, .alert(UInt8(truncatingIfNeeded: code)), message, isProven: hasProvenPeer)
        default: CloseReason(.peer, .transport(code), message, isProven: hasProvenPeer)
        }
    }

    /// A client knows it from the server's certificate on; a server is not misled by what a client says of itself.
    private var hasProvenPeer: Bool { isServer || peer != nil }

    /// Nothing more is sent or taken: the endpoint forgets the connection.
    ///
    /// `reason` is nil when it was told before.
    func end(_ reason: CloseReason?) {
        if case .closed = phase { return }
        phase = .closed
        endpoint.forget(self)
        if let reason { tell(reason) }
    }

    private func tell(_ reason: CloseReason) {
        guard closeReason == nil else { return }
        closeReason = reason
        actOnHappenings()
        let open = streams.values.sorted { $0.id < $1.id }
        streams = [:]
        sendQueue.removeAll()
        for stream in open { finish(stream, code: MeshStreamCode.connectionLost.rawValue) }
        let user = handler
        handler = nil
        user?.connectionClosed(self, reason: reason)
        freeSession()
    }

    // MARK: Streams

    func reset(_ stream: QUICStream, code: UInt64) {
        guard !isOver else { return }
        cmesh_quic_shutdown_stream(raw, stream.id, code)
        stream.progress.isBlocked = true
        stream.progress.isStopped = true
        endpoint.isDirty(self)
    }

    func stopReading(_ stream: QUICStream, code: UInt64) {
        guard !isOver else { return }
        cmesh_quic_stop_reading_stream(raw, stream.id, code)
        endpoint.isDirty(self)
    }
}
