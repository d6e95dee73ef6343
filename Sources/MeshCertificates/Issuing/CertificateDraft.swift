internal import CMeshCertificates
internal import MeshCore

/// A certificate in the making.
struct CertificateDraft: ~Copyable {
    private let handle: CertificateHandle

    private init() throws(CertificateError) { handle = try CertificateHandle() }

    /// A certificate for `period`, with a serial number that nobody can guess.
    static func beginning(_ period: ValidityPeriod) throws(CertificateError) -> CertificateDraft {
        let draft = try CertificateDraft()
        let pointer = draft.handle.pointer
        var serial = try Library.randomBytes(16)
        serial[0] = serial[0] & 0x7F | 0x40  // positive, and always as long
        try check(gnutls_x509_crt_set_version(pointer, 3))
        try check(gnutls_x509_crt_set_serial(pointer, serial, serial.count))
        try check(gnutls_x509_crt_set_activation_time(pointer, seconds(period.notBefore)))
        try check(gnutls_x509_crt_set_expiration_time(pointer, seconds(period.notAfter)))
        return draft
    }

    /// The subject: a common name, and an organisation where there is one.
    func setSubject(_ name: String, organisation: String? = nil) throws(CertificateError) {
        if let organisation { try setName("2.5.4.10", organisation) }
        try setName("2.5.4.3", name)
    }

    private func setName(_ oid: String, _ text: String) throws(CertificateError) {
        let count = UInt32(clamping: text.utf8.count)
        try Self.check(gnutls_x509_crt_set_dn_by_oid(handle.pointer, oid, 0, text, count))
    }

    func setKey(_ key: borrowing KeyHandle) throws(CertificateError) {
        try Self.check(gnutls_x509_crt_set_key(handle.pointer, key.pointer))
    }

    func setKey(of request: borrowing RequestHandle) throws(CertificateError) {
        var key: gnutls_pubkey_t?
        try Self.check(gnutls_pubkey_init(&key))
        defer { gnutls_pubkey_deinit(key) }
        try Self.check(gnutls_pubkey_import_x509_crq(key, request.pointer, 0))
        try Self.check(gnutls_x509_crt_set_pubkey(handle.pointer, key))
    }

    /// An authority that signs nodes and no further authorities.
    func makeAuthority() throws(CertificateError) {
        try Self.check(gnutls_x509_crt_set_basic_constraints(handle.pointer, 1, 0))
        let usage = UInt32(GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN)
        try Self.check(gnutls_x509_crt_set_key_usage(handle.pointer, usage))
    }

    /// A node with the names and uses of `grant`.
    func makeNode(_ grant: NodeGrant) throws(CertificateError) {
        try Self.check(gnutls_x509_crt_set_basic_constraints(handle.pointer, 0, -1))
        try Self.check(gnutls_x509_crt_set_key_usage(handle.pointer, UInt32(GNUTLS_KEY_DIGITAL_SIGNATURE)))
        for purpose in grant.purposes.sorted(by: { $0.rawValue > $1.rawValue }) {
            try Self.check(gnutls_x509_crt_set_key_purpose_oid(handle.pointer, Library.oid(of: purpose), 0))
        }
        try addName(GNUTLS_SAN_URI, Array(grant.identity.text.utf8))
        for name in grant.dnsNames { try addName(GNUTLS_SAN_DNSNAME, Array(name.utf8)) }
        for address in grant.addresses { try addName(GNUTLS_SAN_IPADDRESS, address.bytes) }
    }

    private func addName(_ kind: gnutls_x509_subject_alt_name_t, _ bytes: [UInt8]) throws(CertificateError) {
        let append = UInt32(GNUTLS_FSAN_APPEND)
        let count = UInt32(clamping: bytes.count)
        try Self.check(gnutls_x509_crt_set_subject_alt_name(handle.pointer, kind, bytes, count, append))
    }

    /// Signs with the key of `issuer`, or with its own where there is none, and returns the certificate.
    func sign(_ key: borrowing KeyHandle, issuer: [UInt8]? = nil) throws(CertificateError) -> [UInt8] {
        let subjectKeyID = try shortKeyID(handle.keyID)
        try Self.check(gnutls_x509_crt_set_subject_key_id(handle.pointer, subjectKeyID, subjectKeyID.count))
        if let issuer {
            let authority = try CertificateHandle.reading(issuer)
            let written = Library.bytes { gnutls_x509_crt_get_subject_key_id(authority.pointer, $0, $1, nil) }
            let authorityKeyID = if let written { written } else { try shortKeyID(authority.keyID) }
            try Self.check(gnutls_x509_crt_set_authority_key_id(handle.pointer, authorityKeyID, authorityKeyID.count))
            try Self.check(gnutls_x509_crt_sign2(handle.pointer, authority.pointer, key.pointer, key.digest, 0))
        } else {
            try Self.check(gnutls_x509_crt_set_authority_key_id(handle.pointer, subjectKeyID, subjectKeyID.count))
            try Self.check(gnutls_x509_crt_sign2(handle.pointer, handle.pointer, key.pointer, key.digest, 0))
        }
        return try handle.der()
    }

    /// The first 160 bits of the key's SHA-256 (RFC 7093 §2).
    private func shortKeyID(_ full: [UInt8]?) throws(CertificateError) -> [UInt8] {
        guard let full, full.count == 32 else { throw CertificateError(.libraryFailed, "the key has no id") }
        return Array(full[..<20])
    }

    private static func check(_ status: Int32) throws(CertificateError) {
        try Library.check(status, .libraryFailed, "the certificate cannot be made")
    }

    private static func seconds(_ moment: WallTime) -> Int { Int(moment.millisecondsSince1970 / 1_000) }
}
