internal import CMeshTLS
package import MeshCore

/// Who a server is for its TLS clients, and how it speaks to them: a chain of certificates, its key, protocols.
///
/// TLS 1.3, and 1.2 with ECDHE and AEAD alone; no client certificate, no renegotiation, no early data. It does not
/// change: another certificate makes another one, which a ``TLSIdentity`` puts in its place.
package final class TLSServerContext: Sendable {
    // GnuTLS reads these from any thread once they are made, and nobody writes them any more.
    private nonisolated(unsafe) let credentials: gnutls_certificate_credentials_t
    private nonisolated(unsafe) let priorities: gnutls_priority_t
    private let protocols: [[UInt8]]

    /// From PEM: the server's certificate and those between it and a root, and its key, RSA, ECDSA or EdDSA.
    ///
    /// The key is lent, and copied into memory that GnuTLS wipes.
    package convenience init(
        certificates: [UInt8],
        privateKey: UnsafeRawBufferPointer,
        protocols: [String] = ["http/1.1"]
    ) throws(IOError) {
        let bound = Limits.TLS.maximumPEMBytes
        guard certificates.count <= bound, privateKey.count <= bound else {
            throw IOError(.credentialsUnusable, "a certificate or key in PEM is longer than \(bound) bytes")
        }
        try self.init(protocols) { credentials in
            certificates.withUnsafeBytes { certificates in
                withDatum(certificates) { chain in
                    withDatum(privateKey) { key in
                        gnutls_certificate_set_x509_key_mem2(credentials, chain, key, GNUTLS_X509_FMT_PEM, nil, 0)
                    }
                }
            }
        }
    }

    /// From what a node has of its own: certificates in DER, the server's first, and a key that has been checked.
    package convenience init(
        chain: [[UInt8]],
        privateKey: PrivateKey,
        protocols: [String] = ["http/1.1"]
    ) throws(IOError) {
        guard !chain.isEmpty else { throw IOError(.credentialsUnusable, "there is no certificate") }
        try self.init(protocols) { credentials in use(chain, privateKey, in: credentials) }
    }

    private init(
        _ protocols: [String],
        fill: (gnutls_certificate_credentials_t) -> Int32
    ) throws(IOError) {
        let names = protocols.map { Array($0.utf8) }
        guard names.count <= Limits.TLS.maximumProtocols, names.allSatisfy({ (1...255).contains($0.count) }) else {
            throw IOError(.credentialsUnusable, "the names of protocols are too many, empty or too long")
        }
        var credentials: gnutls_certificate_credentials_t?
        try IOError.checkTLS(gnutls_certificate_allocate_credentials(&credentials), "no room for credentials")
        guard let credentials else { throw IOError(.tooMany, "no room for credentials") }
        var priorities: gnutls_priority_t?
        do throws(IOError) {
            try IOError.checkTLS(fill(credentials), "the certificate and its key cannot be used")
            try IOError.checkTLS(gnutls_priority_init(&priorities, priorityText, nil), "TLS is not to be had")
            guard let priorities else { throw IOError(.tooMany, "no room for priorities") }
            self.priorities = priorities
        } catch {
            gnutls_certificate_free_credentials(credentials)
            throw error
        }
        self.credentials = credentials
        self.protocols = names
    }

    deinit {
        gnutls_certificate_free_credentials(credentials)
        gnutls_priority_deinit(priorities)
    }

    /// A session over `descriptor`, which must not outlive this.
    func makeSession(over descriptor: Int32, ticketKey: TLSTicketKey) throws(IOError) -> OpaquePointer {
        var names = protocols.flatMap(\.self)
        var session: OpaquePointer?
        let status = names.withUnsafeMutableBufferPointer { bytes -> Int32 in
            var datums: [gnutls_datum_t] = []
            var start = 0
            for name in protocols {
                let first = bytes.baseAddress.map { $0 + start }
                datums.append(gnutls_datum_t(data: first, size: UInt32(name.count)))
                start += name.count
            }
            return datums.withUnsafeBufferPointer { datums in
                withUnsafePointer(to: ticketKey.datum) { key in
                    var settings = cmesh_tls_settings(
                        credentials: credentials,
                        priorities: priorities,
                        // Not read where there are none.
                        protocols: datums.baseAddress ?? key,
                        protocol_count: UInt32(datums.count),
                        ticket_key: key,
                        ticket_seconds: UInt32(Limits.TLS.ticketLifetime.components.seconds),
                        handshake_bytes: UInt32(Limits.TLS.maximumHandshakeMessageBytes)
                    )
                    return cmesh_tls_new(&session, descriptor, &settings)
                }
            }
        }
        guard status == 0, let session else { throw .tls(status, "no TLS session can be made") }
        return session
    }
}

private func use(
    _ chain: [[UInt8]],
    _ privateKey: PrivateKey,
    in credentials: gnutls_certificate_credentials_t
) -> Int32 {
    var certificates: [gnutls_x509_crt_t?] = []
    defer { for certificate in certificates { gnutls_x509_crt_deinit(certificate) } }
    for bytes in chain {
        var certificate: gnutls_x509_crt_t?
        gnutls_x509_crt_init(&certificate)
        certificates.append(certificate)
        let status = bytes.withUnsafeBytes { bytes in
            withDatum(bytes) { gnutls_x509_crt_import(certificate, $0, GNUTLS_X509_FMT_DER) }
        }
        guard status == 0 else { return status }
    }
    var key: gnutls_x509_privkey_t?
    gnutls_x509_privkey_init(&key)
    defer { gnutls_x509_privkey_deinit(key) }
    let status = privateKey.withBytes { bytes in
        withDatum(bytes) { gnutls_x509_privkey_import(key, $0, GNUTLS_X509_FMT_DER) }
    }
    guard status == 0 else { return status }
    return certificates.withUnsafeMutableBufferPointer {
        gnutls_certificate_set_x509_key(credentials, $0.baseAddress, Int32($0.count), key)
    }
}

/// Lends bytes as GnuTLS wants them, which does not write to them.
private func withDatum(_ bytes: UnsafeRawBufferPointer, _ body: (UnsafePointer<gnutls_datum_t>) -> Int32) -> Int32 {
    let start = UnsafeMutableRawPointer(mutating: bytes.baseAddress)?.assumingMemoryBound(to: UInt8.self)
    var datum = gnutls_datum_t(data: start, size: UInt32(clamping: bytes.count))
    return body(&datum)
}

/// AES before ChaCha20, which costs four times as much where the processor has AES; resumption with fresh keys alone.
private let priorityText = [
    "NONE:+VERS-TLS1.3:+VERS-TLS1.2:+CTYPE-X509:+COMP-NULL", "+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:+AEAD",
    "+ECDHE-ECDSA:+ECDHE-RSA:+ECDHE-PSK:+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1",
    "+SIGN-ECDSA-SECP256R1-SHA256:+SIGN-ECDSA-SECP384R1-SHA384:+SIGN-ECDSA-SHA256:+SIGN-ECDSA-SHA384",
    "+SIGN-EDDSA-ED25519:+SIGN-RSA-PSS-RSAE-SHA256:+SIGN-RSA-PSS-RSAE-SHA384:+SIGN-RSA-SHA256:+SIGN-RSA-SHA384",
    "%SERVER_PRECEDENCE:%SAFE_RENEGOTIATION",
].joined(separator: ":")
