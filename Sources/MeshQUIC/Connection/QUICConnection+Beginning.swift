internal import CMeshQUIC
internal import MeshCore
internal import MeshIO

extension QUICConnection {
    /// Makes the first packet ready; with a ticket also what streams write before the handshake ends.
    func beginAsClient(_ protocols: [ApplicationProtocol], token: [UInt8]?) throws(QUICError) {
        var settings = cmesh_quic_settings(endpoint.configuration, now: endpoint.now)
        var (destination, source) = (ngtcp2_cid.random(), ngtcp2_cid.random())
        endpoint.receivedPath.set(remote: remote, local: local)
        let token = token ?? []
        let status = cmesh_quic_client_new(
            owner,
            &settings,
            &destination,
            &source,
            endpoint.receivedPath.path,
            token,
            token.count
        )
        guard status == 0 else { throw .ngtcp2(status, "a connection") }
        let session = try tls.makeSession(for: owner, isServer: false, protocols: protocols)
        self.session = session
        if case .dns(let name) = serverName {
            gnutls_server_name_set(session, GNUTLS_NAME_DNS, name, name.utf8.count)
        }
        if let ticket { resume(session, ticket) }
        endpoint.connections.add(ConnectionID(source), of: self)
    }

    /// A ticket that does not fit makes a full handshake, no error.
    private func resume(_ session: gnutls_session_t, _ ticket: ResumptionTicket) {
        guard gnutls_session_set_data(session, ticket.session, ticket.session.count) == 0 else { return }
        _ = cmesh_quic_load_parameters(raw, ticket.parameters, ticket.parameters.count)
    }

    /// Answers a client's first packet, which `receive` is then given.
    func beginAsServer(
        _ initial: cmesh_quic_initial,
        original: ngtcp2_cid,
        isRetried: Bool
    ) throws(QUICError) {
        var settings = cmesh_quic_settings(endpoint.configuration, now: endpoint.now)
        var (initial, original, source) = (initial, original, ngtcp2_cid.random())
        var resetToken = [UInt8](repeating: 0, count: ConnectionID.resetTokenBytes)
        let secret = endpoint.resetSecret
        _ = ngtcp2_crypto_generate_stateless_reset_token(&resetToken, secret, secret.count, &source)
        var retrySource = initial.destination
        let status = withUnsafePointer(to: &retrySource) { retrySource in
            cmesh_quic_server_new(
                owner,
                &settings,
                &initial,
                &original,
                isRetried ? retrySource : nil,
                &source,
                resetToken,
                endpoint.receivedPath.path
            )
        }
        guard status == 0 else { throw .ngtcp2(status, "a connection") }
        session = try tls.makeSession(for: owner, isServer: true, protocols: tls.protocols)
        endpoint.connections.add(ConnectionID(source), of: self)
    }
}

extension QUICError {
    /// ngtcp2 could not make `what`.
    static func ngtcp2(_ status: Int32, _ what: String) -> QUICError {
        QUICError(.libraryFailed, "\(what) could not be made: \(String(cString: ngtcp2_strerror(status)))")
    }
}

extension cmesh_quic_settings {
    init(_ configuration: QUICConfiguration, now: UInt64) {
        self.init(
            now: now,
            udp_payload: UInt64(configuration.maximumPayloadBytes),
            connection_window: UInt64(configuration.connectionWindow),
            stream_window: UInt64(configuration.streamWindow),
            streams: UInt64(configuration.maximumStreams),
            connection_ids: 4,
            idle_timeout: UInt64(clamping: configuration.idleTimeout.wholeNanoseconds),
            keep_alive: UInt64(clamping: configuration.keepAlive?.wholeNanoseconds ?? 0),
            handshake_timeout: UInt64(clamping: configuration.handshakeTimeout.wholeNanoseconds),
            datagram: UInt64(configuration.maximumDatagramBytes)
        )
    }
}
