internal import CMeshQUIC
internal import MeshCore

extension QUICConnection {
    /// Called by GnuTLS with what the peer has shown; false ends the handshake, and `refusal` says why.
    func verify(_ chain: UnsafeBufferPointer<gnutls_datum_t>) -> Bool {
        do throws(CertificateError) {
            let found = try check(chain)
            if isServer { endpoint.verifiedPeers.add(found) }
            peer = found
            return true
        } catch {
            refusal = error
            return false
        }
    }

    private func check(_ chain: UnsafeBufferPointer<gnutls_datum_t>) throws(CertificateError) -> PeerCertificate {
        guard chain.count <= Limits.Credentials.maximumChain else {
            throw CertificateError(.unknownAuthority, "a chain of \(chain.count) certificates")
        }
        let certificates = chain.map { Array(UnsafeBufferPointer(start: $0.data, count: Int($0.size))) }
        guard certificates.allSatisfy({ $0.count <= Limits.Connection.maximumCertificateBytes }) else {
            throw CertificateError(.malformed, "a certificate larger than any node's")
        }
        return try tls.verifier.verify(
            chain: certificates,
            purpose: isServer ? .client : .server,
            serverName: serverName,
            now: tls.clock.wallTime
        )
    }

    /// Keys are agreed on.
    ///
    /// On a server the client is known too; a client still waits to be believed.
    func handshakeCompleted() {
        guard let session else { return }
        var name = gnutls_datum_t()
        if gnutls_alpn_get_selected_protocol(session, &name) == 0 {
            protocolName = String(decoding: UnsafeBufferPointer(start: name.data, count: Int(name.size)), as: UTF8.self)
        }
        isResumed = gnutls_session_is_resumed(session) != 0
        if !isServer, ticket != nil {
            isEarlyDataAccepted = cmesh_quic_is_early_data_accepted(session) != 0
            if !isEarlyDataAccepted { _ = cmesh_quic_early_data_rejected(raw) }
        }
        if isResumed, !restorePeer(session) { return }
        guard isServer else { return }
        giveTicket(session)
        endpoint.giveAddressToken(to: self)
        freeSession()
        establish()
    }

    /// A resumed session shows no certificate: the server finds the client's in the ticket, the client kept the
    /// server's.
    ///
    /// What may have changed since is checked again.
    private func restorePeer(_ session: gnutls_session_t) -> Bool {
        if !isServer {
            peer = ticket?.server
            guard let peer else { return refuseResumption("its ticket names no server", TLSAlert.badCertificate) }
            return recheck(peer)
        }
        var count = UInt32(0)
        guard let chain = gnutls_certificate_get_peers(session, &count), count > 0 else {
            return !endpoint.demandsClientCertificate(for: protocolName ?? "")
                || refuseResumption("its ticket holds no certificate", TLSAlert.certificateRequired)
        }
        let leaf = Array(UnsafeBufferPointer(start: chain[0].data, count: Int(chain[0].size)))
        if let known = endpoint.verifiedPeers.peer(of: leaf, at: tls.clock.wallTime) {
            peer = known
            return recheck(known)
        }
        if verify(UnsafeBufferPointer(start: chain, count: Int(count))) { return true }
        let alert = refusal.map { TLSAlert.number(for: $0.code) } ?? TLSAlert.badCertificate
        return refuseResumption(refusal?.message ?? "", alert)
    }

    /// Whether `peer`, who was believed once, still is; if not, the connection ends.
    func recheck(_ peer: PeerCertificate) -> Bool {
        do throws(CertificateError) {
            try tls.verifier.recheck(peer, now: tls.clock.wallTime)
            return true
        } catch {
            return refuseResumption(error.message, TLSAlert.number(for: error.code))
        }
    }

    /// Early data has opened a stream: the ticket says who the client is, before the handshake ends.
    func admitEarly() -> Bool {
        guard isServer, let session, gnutls_session_is_resumed(session) != 0 else { return false }
        return peer != nil || restorePeer(session)
    }

    private func refuseResumption(_ reason: String, _ alert: UInt8) -> Bool {
        close(.alert, UInt64(alert), CloseReason(.us, .alert(alert), reason))
        return false
    }

    private func giveTicket(_ session: gnutls_session_t) {
        guard endpoint.configuration.allowsResumption else { return }
        // Without a ticket the client makes a full handshake the next time; nothing is lost.
        _ = gnutls_session_ticket_send(session, 1, 0)
    }

    /// The packet keys live in ngtcp2, which makes later ones from them: GnuTLS's half a dozen kibibytes may go.
    func freeSession() {
        guard let session else { return }
        ngtcp2_conn_set_tls_native_handle(raw, nil)
        gnutls_deinit(session)
        self.session = nil
    }

    func establish() {
        guard case .handshaking = phase else { return }
        phase = .established
        endpoint.handshakeEnded(self)
        handler?.connectionEstablished(self)
    }

    /// A ticket has come: it and the server's transport parameters are what the next connection resumes with.
    func ticketReceived() {
        guard let session, !isServer, let data = Self.sessionData(session), let parameters = parametersForEarlyData()
        else { return }
        let ticket = ResumptionTicket(
            session: data,
            parameters: parameters,
            protocolName: protocolName ?? "",
            server: peer
        )
        handler?.connection(self, received: ticket)
    }

    private static func sessionData(_ session: gnutls_session_t) -> [UInt8]? {
        var data = gnutls_datum_t()
        defer { cmesh_quic_free_datum(&data) }
        guard gnutls_session_get_data2(session, &data) == 0, let bytes = data.data else { return nil }
        return Array(UnsafeBufferPointer(start: bytes, count: Int(data.size)))
    }

    private func parametersForEarlyData() -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 512)
        let count = cmesh_quic_save_parameters(raw, &bytes, bytes.count)
        return count > 0 ? Array(bytes.prefix(count)) : nil
    }
}

extension TLSAlert {
    /// What the peer's TLS is told about a certificate that is not believed.
    static func number(for code: CertificateErrorCode) -> UInt8 {
        switch code {
        case .expired: expiredCertificate
        case .revoked: revokedCertificate
        case .unknownAuthority: unknownAuthority
        case .wrongPurpose, .weak: unsupportedCertificate
        case .noCertificate: certificateRequired
        default: badCertificate
        }
    }
}
