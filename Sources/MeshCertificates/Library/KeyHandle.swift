internal import CMeshCertificates
internal import MeshCore

/// A private key in the library's memory, which the library wipes.
struct KeyHandle: ~Copyable {
    let pointer: gnutls_x509_privkey_t

    private init() throws(CertificateError) {
        var pointer: gnutls_x509_privkey_t?
        try Library.check(gnutls_x509_privkey_init(&pointer), .libraryFailed, "no room for a key")
        guard let pointer else { throw CertificateError(.libraryFailed, "no room for a key") }
        self.pointer = pointer
    }

    deinit { gnutls_x509_privkey_deinit(pointer) }

    /// The key that `der` spells in PKCS #8, PKCS #1 or SEC 1, after its parts have been checked to fit.
    static func reading(_ der: UnsafeRawBufferPointer) throws(CertificateError) -> KeyHandle {
        let handle = try KeyHandle()
        try handle.fill(der)
        if let weakness = handle.algorithm.weakness {
            throw CertificateError(.weak, "the private key is \(weakness)")
        }
        let status = gnutls_x509_privkey_verify_params(handle.pointer)
        try Library.check(status, .malformed, "the private key does not hold together")
        return handle
    }

    /// The key, which was checked when it was read: the checks of RSA take longer than a signature.
    static func holding(_ key: PrivateKey) throws(CertificateError) -> KeyHandle {
        let handle = try KeyHandle()
        try key.withBytes { bytes throws(CertificateError) in try handle.fill(bytes) }
        return handle
    }

    /// A fresh key; none for RSA, which is read and not made.
    static func generating(_ algorithm: KeyAlgorithm) throws(CertificateError) -> KeyHandle {
        let handle = try KeyHandle()
        let (kind, curve) =
            switch algorithm {
            case .p256: (GNUTLS_PK_ECDSA, GNUTLS_ECC_CURVE_SECP256R1)
            case .p384: (GNUTLS_PK_ECDSA, GNUTLS_ECC_CURVE_SECP384R1)
            case .ed25519: (GNUTLS_PK_EDDSA_ED25519, GNUTLS_ECC_CURVE_ED25519)
            case .rsa, .other: throw CertificateError(.notIssuable, "no \(algorithm) keys are made")
            }
        let status = cmesh_certificates_generate(handle.pointer, kind, curve)
        try Library.check(status, .libraryFailed, "no key can be made")
        return handle
    }

    private func fill(_ der: UnsafeRawBufferPointer) throws(CertificateError) {
        let pointer = pointer
        let status = Library.withDatum(der) { gnutls_x509_privkey_import(pointer, $0, GNUTLS_X509_FMT_DER) }
        try Library.check(status, .malformed, "the private key cannot be read")
    }

    var algorithm: KeyAlgorithm {
        var bits: UInt32 = 0
        return KeyAlgorithm(gnutls_x509_privkey_get_pk_algorithm2(pointer, &bits), bits: bits)
    }

    /// The hash that this key signs with.
    var digest: gnutls_digest_algorithm_t {
        switch algorithm {
        case .p384: GNUTLS_DIG_SHA384
        case .ed25519: GNUTLS_DIG_SHA512
        default: GNUTLS_DIG_SHA256
        }
    }

    /// SHA-256 of the public half, as in ``CertificateHandle/keyID``.
    var keyID: [UInt8]? {
        Library.bytes { gnutls_x509_privkey_get_key_id(pointer, GNUTLS_KEYID_USE_SHA256.rawValue, $0?.bytes, $1) }
    }

    /// The key in memory of our own.
    func privateKey() throws(CertificateError) -> PrivateKey {
        var datum = gnutls_datum_t()
        let plain = GNUTLS_PKCS_PLAIN.rawValue
        let status = gnutls_x509_privkey_export2_pkcs8(pointer, GNUTLS_X509_FMT_DER, nil, plain, &datum)
        try Library.check(status, .libraryFailed, "the private key cannot be spelled")
        defer { cmesh_certificates_wipe(&datum) }
        return PrivateKey(copying: UnsafeRawBufferPointer(start: datum.data, count: Int(datum.size)))
    }
}

extension UnsafeMutableRawPointer {
    /// For calls that want bytes and not `void`.
    var bytes: UnsafeMutablePointer<UInt8> { assumingMemoryBound(to: UInt8.self) }
}
