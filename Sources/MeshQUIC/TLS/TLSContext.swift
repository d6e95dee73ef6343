internal import CMeshQUIC
internal import MeshCore

/// A protocol that runs over QUIC on an endpoint.
package struct ApplicationProtocol: Hashable, Sendable {
    /// Its name in ALPN.
    package let name: String
    /// Whether a client without a certificate is refused.
    package let demandsClientCertificate: Bool
    /// Whether a client that shows one is verified, though it need not show any; one that is not believed is refused.
    package let takesClientCertificate: Bool

    /// The protocol `name`; one that demands certificates takes them.
    package init(_ name: String, demandsClientCertificate: Bool, takesClientCertificate: Bool = false) {
        self.name = name
        self.demandsClientCertificate = demandsClientCertificate
        self.takesClientCertificate = demandsClientCertificate || takesClientCertificate
    }

    /// The mesh, version 1: docs/protocol.md.
    package static let mesh = ApplicationProtocol("mesh/1", demandsClientCertificate: true)

    /// Enrolment, version 1: docs/protocol.md.
    package static let enrolment = ApplicationProtocol(
        "mesh-enrol/1",
        demandsClientCertificate: false,
        takesClientCertificate: true
    )
}

/// What all TLS sessions of an endpoint share: who we are, whom we believe, what we offer.
///
/// It does not change: another certificate makes another one, which keeps the tickets of this one good.
final class TLSContext: Sendable {
    let protocols: [ApplicationProtocol]
    let verifier: any PeerVerifier
    let clock: any Clock

    // GnuTLS reads these from any thread once they are made, and nobody writes them any more.
    private nonisolated(unsafe) let credentials: gnutls_certificate_credentials_t
    private nonisolated(unsafe) let priority: gnutls_priority_t
    private let ticketKey: TicketKey?
    private let replayGuard: ReplayGuard?

    /// Without credentials it is for clients that show no certificate.
    init(
        credentials node: NodeCredentials?,
        verifier: any PeerVerifier,
        protocols: [ApplicationProtocol],
        configuration: QUICConfiguration,
        clock: any Clock,
        continuing earlier: TLSContext? = nil
    ) throws(QUICError) {
        precondition(!protocols.isEmpty, "an endpoint speaks at least one protocol")
        self.protocols = protocols
        self.verifier = verifier
        self.clock = clock
        credentials = try Self.makeCredentials(node)
        do throws(QUICError) {
            priority = try Self.makePriority()
        } catch {
            gnutls_certificate_free_credentials(credentials)
            throw error
        }
        let takesEarlyData = configuration.allowsResumption && configuration.allowsEarlyData
        replayGuard = takesEarlyData ? earlier?.replayGuard ?? ReplayGuard() : nil
        ticketKey = configuration.allowsResumption ? earlier?.ticketKey ?? TicketKey() : nil
    }

    deinit {
        gnutls_certificate_free_credentials(credentials)
        gnutls_priority_deinit(priority)
    }

    /// A session for the connection of `owner`, which outlives it.
    func makeSession(
        for owner: UnsafeMutablePointer<cmesh_quic_owner>,
        isServer: Bool,
        protocols: [ApplicationProtocol]
    ) throws(QUICError) -> gnutls_session_t {
        var names = protocols.map { Array($0.name.utf8) }
        var session: gnutls_session_t?
        let status = withDatums(&names) { datums, count in
            withUnsafePointer(to: ticketKey?.datum ?? gnutls_datum_t()) { key in
                cmesh_quic_session_new(
                    &session,
                    owner,
                    isServer ? 1 : 0,
                    credentials,
                    priority,
                    datums,
                    count,
                    isServer && key.pointee.data != nil ? key : nil,
                    isServer ? replayGuard?.handle : nil
                )
            }
        }
        guard status == 0, let session else { throw .tls(status, "a TLS session") }
        return session
    }

    private func withDatums(
        _ names: inout [[UInt8]],
        _ body: (UnsafePointer<gnutls_datum_t>, UInt32) -> Int32
    ) -> Int32 {
        var all = names.flatMap(\.self)
        let counts = names.map(\.count)
        return all.withUnsafeMutableBufferPointer { bytes -> Int32 in
            var datums: [gnutls_datum_t] = []
            var start = 0
            for count in counts {
                datums.append(gnutls_datum_t(data: bytes.baseAddress.map { $0 + start }, size: UInt32(count)))
                start += count
            }
            return datums.withUnsafeBufferPointer { list in
                list.baseAddress.map { body($0, UInt32(list.count)) } ?? GNUTLS_E_INVALID_REQUEST
            }
        }
    }

    private static func makeCredentials(
        _ node: NodeCredentials?
    ) throws(QUICError) -> gnutls_certificate_credentials_t {
        var credentials: gnutls_certificate_credentials_t?
        var status = gnutls_certificate_allocate_credentials(&credentials)
        guard status == 0, let credentials else { throw .tls(status, "credentials") }
        guard let node else { return credentials }
        status = use(node, in: credentials)
        guard status == 0 else {
            gnutls_certificate_free_credentials(credentials)
            throw QUICError(
                .credentialsUnusable,
                "the certificate of \(node.identity) cannot be used: \(String(cString: gnutls_strerror(status)))"
            )
        }
        return credentials
    }

    private static func use(_ node: NodeCredentials, in credentials: gnutls_certificate_credentials_t) -> Int32 {
        var certificates: [gnutls_x509_crt_t?] = []
        defer { for certificate in certificates { gnutls_x509_crt_deinit(certificate) } }
        for bytes in node.chain {
            var certificate: gnutls_x509_crt_t?
            gnutls_x509_crt_init(&certificate)
            certificates.append(certificate)
            let status = bytes.withUnsafeDatum { gnutls_x509_crt_import(certificate, $0, GNUTLS_X509_FMT_DER) }
            guard status == 0 else { return status }
        }
        var key: gnutls_x509_privkey_t?
        gnutls_x509_privkey_init(&key)
        defer { gnutls_x509_privkey_deinit(key) }
        let status = node.privateKey.withBytes { bytes in
            var datum = gnutls_datum_t(
                data: UnsafeMutablePointer(mutating: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)),
                size: UInt32(bytes.count)
            )
            return gnutls_x509_privkey_import_pkcs8(
                key,
                &datum,
                GNUTLS_X509_FMT_DER,
                nil,
                UInt32(GNUTLS_PKCS_PLAIN.rawValue)
            )
        }
        guard status == 0 else { return status }
        return certificates.withUnsafeMutableBufferPointer {
            gnutls_certificate_set_x509_key(credentials, $0.baseAddress, Int32($0.count), key)
        }
    }

    private static func makePriority() throws(QUICError) -> gnutls_priority_t {
        var priority: gnutls_priority_t?
        let status = gnutls_priority_init(&priority, priorities, nil)
        guard status == 0, let priority else { throw .tls(status, "the TLS priorities") }
        return priority
    }

    /// TLS 1.3 alone.
    ///
    /// AES before ChaCha20, which costs four times as much where the processor has AES.
    private static let priorities = [
        "NONE:+VERS-TLS1.3:+CTYPE-X509:+COMP-NULL", "+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:+AEAD",
        "+ECDHE-ECDSA:+ECDHE-RSA:+ECDHE-PSK:+PSK:+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1",
        "+SIGN-ECDSA-SECP256R1-SHA256:+SIGN-ECDSA-SECP384R1-SHA384:+SIGN-EDDSA-ED25519",
        "+SIGN-RSA-PSS-RSAE-SHA256:+SIGN-RSA-PSS-RSAE-SHA384:+SIGN-RSA-SHA256:%DISABLE_TLS13_COMPAT_MODE",
    ].joined(separator: ":")
}

extension QUICError {
    /// GnuTLS could not make `what`.
    static func tls(_ status: Int32, _ what: String) -> QUICError {
        QUICError(.libraryFailed, "\(what) could not be made: \(String(cString: gnutls_strerror(status)))")
    }
}

extension [UInt8] {
    /// Lends the bytes as GnuTLS wants them, which does not write to them.
    func withUnsafeDatum<Result>(_ body: (UnsafePointer<gnutls_datum_t>) -> Result) -> Result {
        withUnsafeBufferPointer { bytes in
            var datum = gnutls_datum_t(data: UnsafeMutablePointer(mutating: bytes.baseAddress), size: UInt32(count))
            return body(&datum)
        }
    }
}
