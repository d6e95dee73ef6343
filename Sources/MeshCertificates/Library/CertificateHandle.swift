internal import CMeshCertificates
internal import MeshCore

/// A certificate in the library's memory.
struct CertificateHandle: ~Copyable {
    let pointer: gnutls_x509_crt_t

    /// An empty one, to be filled and signed.
    init() throws(CertificateError) {
        var pointer: gnutls_x509_crt_t?
        try Library.check(gnutls_x509_crt_init(&pointer), .libraryFailed, "no room for a certificate")
        guard let pointer else { throw CertificateError(.libraryFailed, "no room for a certificate") }
        self.pointer = pointer
    }

    /// The certificate that `der` spells, and nothing behind it.
    static func reading(_ der: [UInt8]) throws(CertificateError) -> CertificateHandle {
        guard DER.isOneSequence(der) else {
            throw CertificateError(.malformed, "the bytes are no certificate: they are cut short or too long")
        }
        let handle = try CertificateHandle()
        let pointer = handle.pointer
        let status = try Library.withDatum(der) { datum throws(CertificateError) in
            gnutls_x509_crt_import(pointer, datum, GNUTLS_X509_FMT_DER)
        }
        try Library.check(status, .malformed, "the bytes are no certificate")
        return handle
    }

    deinit { gnutls_x509_crt_deinit(pointer) }

    /// SHA-256 of the public key.
    var keyID: [UInt8]? {
        Library.bytes { gnutls_x509_crt_get_key_id(pointer, GNUTLS_KEYID_USE_SHA256.rawValue, $0?.bytes, $1) }
    }

    /// The finished certificate.
    func der() throws(CertificateError) -> [UInt8] {
        let pointer = pointer
        guard let der = Library.taken({ gnutls_x509_crt_export2(pointer, GNUTLS_X509_FMT_DER, $0) }) else {
            throw CertificateError(.libraryFailed, "the certificate cannot be spelled")
        }
        return der
    }
}

/// The one rule of DER that is checked here and not by the library.
enum DER {
    /// Whether `bytes` are one SEQUENCE from the first to the last byte, within our bound.
    ///
    /// Bytes behind a certificate would change its fingerprint and not its signature.
    static func isOneSequence(_ bytes: [UInt8]) -> Bool {
        guard bytes.count >= 4, bytes.count <= Limits.Certificate.maximumDERBytes, bytes[0] == 0x30 else {
            return false
        }
        return switch bytes[1] {
        case 0..<0x80: bytes.count == 2 + Int(bytes[1])
        case 0x81: bytes[2] >= 0x80 && bytes.count == 3 + Int(bytes[2])
        case 0x82: bytes[2] > 0 && bytes.count == 4 + Int(bytes[2]) << 8 + Int(bytes[3])
        default: false
        }
    }
}
