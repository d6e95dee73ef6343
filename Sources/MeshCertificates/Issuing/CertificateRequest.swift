internal import CMeshCertificates
package import MeshCore

/// A request for a certificate (PKCS #10), whose sender has proved to hold the key.
///
/// What it says of names is a wish: ``CertificateAuthority`` issues what its grant says.
package struct CertificateRequest: Hashable, Sendable {
    /// All of it.
    package let der: [UInt8]

    /// The URIs that it asks for.
    package let uris: [String]

    /// The key that it is about.
    package let keyAlgorithm: KeyAlgorithm

    /// SHA-256 of that key.
    package let keyID: SHA256Digest

    /// The request that `der` spells, if its signature is of its own key and the key is strong.
    package init(der: [UInt8]) throws(CertificateError) {
        let handle = try RequestHandle.reading(der)
        keyAlgorithm = handle.keyAlgorithm
        if let weakness = keyAlgorithm.weakness { throw CertificateError(.weak, "the request's key is \(weakness)") }
        try Library.check(
            gnutls_x509_crq_verify(handle.pointer, 0),
            .malformed,
            "the request is not signed by its own key"
        )
        guard let key = handle.keyID, key.count == SHA256Digest.byteCount else {
            throw CertificateError(.malformed, "the request's key cannot be read")
        }
        keyID = key.withUnsafeBytes { SHA256Digest($0) }
        uris = try CertificateReader.names(in: handle.names).uris
        self.der = der
    }

    /// A request of the holder of `key` to be certified as `identity`.
    package init(identity: NodeIdentity, key: PrivateKey) throws(CertificateError) {
        let key = try KeyHandle.holding(key)
        let handle = try RequestHandle()
        try handle.fill(identity, key)
        try self.init(der: try handle.der())
    }

    /// The request in a PEM file.
    package init(path: String) throws(CertificateError) {
        let labels = ["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"]
        self = try PEMFile.naming(path) { () throws(CertificateError) in
            try CertificateRequest(der: try PEMFile.one(path, labels, what: "certificate request"))
        }
    }

    /// The request in PEM.
    package var pem: String { PEMFile.text("CERTIFICATE REQUEST", der) }
}

/// A request in the library's memory.
struct RequestHandle: ~Copyable {
    let pointer: gnutls_x509_crq_t

    init() throws(CertificateError) {
        var pointer: gnutls_x509_crq_t?
        try Library.check(gnutls_x509_crq_init(&pointer), .libraryFailed, "no room for a request")
        guard let pointer else { throw CertificateError(.libraryFailed, "no room for a request") }
        self.pointer = pointer
    }

    deinit { gnutls_x509_crq_deinit(pointer) }

    static func reading(_ der: [UInt8]) throws(CertificateError) -> RequestHandle {
        guard DER.isOneSequence(der) else {
            throw CertificateError(.malformed, "the bytes are no certificate request: they are cut short or too long")
        }
        let handle = try RequestHandle()
        let pointer = handle.pointer
        let status = try Library.withDatum(der) { datum throws(CertificateError) in
            gnutls_x509_crq_import(pointer, datum, GNUTLS_X509_FMT_DER)
        }
        try Library.check(status, .malformed, "the bytes are no certificate request")
        return handle
    }

    var keyAlgorithm: KeyAlgorithm {
        var bits: UInt32 = 0
        return KeyAlgorithm(gnutls_x509_crq_get_pk_algorithm(pointer, &bits), bits: bits)
    }

    var keyID: [UInt8]? {
        Library.bytes { gnutls_x509_crq_get_key_id(pointer, GNUTLS_KEYID_USE_SHA256.rawValue, $0?.bytes, $1) }
    }

    /// The extension with the names that it asks for.
    var names: [UInt8]? {
        let pointer = pointer
        return Library.taken { gnutls_x509_crq_get_extension_by_oid2(pointer, CertificateReader.namesOID, 0, $0, nil) }
    }

    func fill(_ identity: NodeIdentity, _ key: borrowing KeyHandle) throws(CertificateError) {
        let name = identity.node.text
        let text = identity.text
        try Self.check(gnutls_x509_crq_set_version(pointer, 1))
        try Self.check(gnutls_x509_crq_set_dn_by_oid(pointer, "2.5.4.3", 0, name, UInt32(clamping: name.utf8.count)))
        try Self.check(gnutls_x509_crq_set_key(pointer, key.pointer))
        let count = UInt32(clamping: text.utf8.count)
        try Self.check(gnutls_x509_crq_set_subject_alt_name(pointer, GNUTLS_SAN_URI, text, count, 0))
        try Self.check(gnutls_x509_crq_sign2(pointer, key.pointer, key.digest, 0))
    }

    func der() throws(CertificateError) -> [UInt8] {
        let pointer = pointer
        guard let der = Library.taken({ gnutls_x509_crq_export2(pointer, GNUTLS_X509_FMT_DER, $0) }) else {
            throw CertificateError(.libraryFailed, "the request cannot be spelled")
        }
        return der
    }

    private static func check(_ status: Int32) throws(CertificateError) {
        try Library.check(status, .libraryFailed, "the request cannot be made")
    }
}
