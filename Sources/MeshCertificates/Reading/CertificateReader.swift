internal import CMeshCertificates
internal import MeshCore

/// Takes a certificate's content out of the library's memory; whatever is not as it should be is an error.
struct CertificateReader: ~Copyable {
    private let pointer: gnutls_x509_crt_t

    /// Reads what `pointer` points to, which must outlive it.
    init(_ pointer: gnutls_x509_crt_t) { self.pointer = pointer }

    /// Version 3, and no extension twice: two readers could take different ones.
    func checkForm() throws(CertificateError) {
        guard gnutls_x509_crt_get_version(pointer) == 3 else {
            throw CertificateError(.malformed, "the certificate is not of version 3")
        }
        var seen: Set<[UInt8]> = []
        for index in 0..<UInt32(Self.maximumExtensions) {
            var oid = [CChar](repeating: 0, count: 128)
            var count = oid.count
            var isCritical: UInt32 = 0
            let status = gnutls_x509_crt_get_extension_info(pointer, index, &oid, &count, &isCritical)
            if status == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE { return }
            try Library.check(status, .malformed, "an extension of the certificate cannot be read")
            guard seen.insert(oid[..<count].map(UInt8.init(bitPattern:))).inserted else {
                throw CertificateError(.malformed, "the certificate has an extension twice")
            }
        }
        throw CertificateError(.malformed, "the certificate has more than \(Self.maximumExtensions) extensions")
    }

    func subject() throws(CertificateError) -> String {
        try name("subject") { gnutls_x509_crt_get_dn3(pointer, $0, 0) }
    }

    func issuer() throws(CertificateError) -> String {
        try name("issuer") { gnutls_x509_crt_get_issuer_dn3(pointer, $0, 0) }
    }

    private func name(
        _ which: String,
        _ read: (UnsafeMutablePointer<gnutls_datum_t>) -> Int32
    ) throws(CertificateError) -> String {
        var datum = gnutls_datum_t()
        let status = read(&datum)
        if status == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE { return "" }
        try Library.check(status, .malformed, "the certificate's \(which) cannot be read")
        defer { cmesh_certificates_wipe(&datum) }
        return String(decoding: Library.array(datum), as: UTF8.self)
    }

    func serial() throws(CertificateError) -> [UInt8] {
        guard let serial = Library.bytes({ gnutls_x509_crt_get_serial(pointer, $0, $1) }), !serial.isEmpty else {
            throw CertificateError(.malformed, "the certificate has no serial number")
        }
        return serial
    }

    func validity() throws(CertificateError) -> ValidityPeriod {
        guard let notBefore = Library.moment(gnutls_x509_crt_get_activation_time(pointer)),
            let notAfter = Library.moment(gnutls_x509_crt_get_expiration_time(pointer))
        else { throw CertificateError(.malformed, "the certificate's times cannot be read") }
        return ValidityPeriod(notBefore: notBefore, notAfter: notAfter)
    }

    typealias Names = (uris: [String], dnsNames: [String], addresses: [IPAddress])

    func names() throws(CertificateError) -> Names {
        try Self.names(in: Library.taken { gnutls_x509_crt_get_extension_by_oid2(pointer, Self.namesOID, 0, $0, nil) })
    }

    /// The names in the extension `der`.
    static func names(in der: [UInt8]?) throws(CertificateError) -> Names {
        guard let der else { return ([], [], []) }
        var list: gnutls_subject_alt_names_t?
        try Library.check(gnutls_subject_alt_names_init(&list), .libraryFailed, "no room for names")
        guard let list else { throw CertificateError(.libraryFailed, "no room for names") }
        defer { gnutls_subject_alt_names_deinit(list) }
        let status = try Library.withDatum(der) { datum throws(CertificateError) in
            gnutls_x509_ext_import_subject_alt_names(datum, list, 0)
        }
        try Library.check(status, .malformed, "the alternative names cannot be read")
        return try collect(list)
    }

    private static func collect(_ list: gnutls_subject_alt_names_t) throws(CertificateError) -> Names {
        var names: Names = ([], [], [])
        for index in 0...UInt32(Limits.Certificate.maximumNames) {
            var kind: UInt32 = 0
            var datum = gnutls_datum_t()
            let status = gnutls_subject_alt_names_get(list, index, &kind, &datum, nil)
            if status == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE { return names }
            try Library.check(status, .malformed, "an alternative name cannot be read")
            let bytes = Library.array(datum)
            switch gnutls_x509_subject_alt_name_t(rawValue: kind) {
            case GNUTLS_SAN_URI: names.uris.append(try visible(bytes))
            case GNUTLS_SAN_DNSNAME: names.dnsNames.append(try visible(bytes))
            case GNUTLS_SAN_IPADDRESS:
                guard let address = IPAddress(bytes: bytes) else {
                    throw CertificateError(.malformed, "an address in the certificate has \(bytes.count) bytes")
                }
                names.addresses.append(address)
            default: break
            }
        }
        throw CertificateError(.malformed, "more than \(Limits.Certificate.maximumNames) alternative names")
    }

    /// Names are visible ASCII (RFC 5280 §4.2.1.6); a NUL or a blank in one is somebody's trick.
    private static func visible(_ bytes: [UInt8]) throws(CertificateError) -> String {
        guard bytes.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw CertificateError(.malformed, "an alternative name holds something else than visible ASCII")
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    func purposes() throws(CertificateError) -> Set<CertificatePurpose> {
        var purposes: Set<CertificatePurpose> = []
        for index in 0..<UInt32(Limits.Certificate.maximumNames) {
            var oid = [CChar](repeating: 0, count: 128)
            var count = oid.count
            let status = gnutls_x509_crt_get_key_purpose_oid(pointer, index, &oid, &count, nil)
            if status == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE { break }
            try Library.check(status, .malformed, "the certificate's usage cannot be read")
            let text = String(decoding: oid.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            for purpose in [CertificatePurpose.client, .server] where text == Library.oid(of: purpose) {
                purposes.insert(purpose)
            }
        }
        return purposes
    }

    func isAuthority() throws(CertificateError) -> Bool {
        var isAuthority: UInt32 = 0
        var pathLength: Int32 = 0
        let status = gnutls_x509_crt_get_basic_constraints(pointer, nil, &isAuthority, &pathLength)
        if status == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE { return false }
        try Library.check(status, .malformed, "the certificate's basic constraints cannot be read")
        var usage: UInt32 = 0
        let usageStatus = gnutls_x509_crt_get_key_usage(pointer, &usage, nil)
        if usageStatus == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE { return isAuthority != 0 }
        try Library.check(usageStatus, .malformed, "the certificate's key usage cannot be read")
        return isAuthority != 0 && usage & UInt32(GNUTLS_KEY_KEY_CERT_SIGN) != 0
    }

    func keyAlgorithm() -> KeyAlgorithm {
        var bits: UInt32 = 0
        return KeyAlgorithm(gnutls_x509_crt_get_pk_algorithm(pointer, &bits), bits: bits)
    }

    func signature() -> (name: String, weakness: String?) {
        let algorithm = gnutls_sign_algorithm_t(
            rawValue: UInt32(max(0, gnutls_x509_crt_get_signature_algorithm(pointer)))
        )
        let name = gnutls_sign_get_name(algorithm).map { String(cString: $0) } ?? "unknown"
        guard !Self.strong.contains(algorithm.rawValue) else { return (name, nil) }
        return (name, "its signature is \(name), which is too weak or unknown")
    }

    private static let strong = Set(
        [
            GNUTLS_SIGN_ECDSA_SHA256, GNUTLS_SIGN_ECDSA_SHA384, GNUTLS_SIGN_ECDSA_SHA512, GNUTLS_SIGN_EDDSA_ED25519,
            GNUTLS_SIGN_RSA_SHA256, GNUTLS_SIGN_RSA_SHA384, GNUTLS_SIGN_RSA_SHA512,
            GNUTLS_SIGN_RSA_PSS_SHA256, GNUTLS_SIGN_RSA_PSS_SHA384, GNUTLS_SIGN_RSA_PSS_SHA512,
        ].map(\.rawValue)
    )
    static let namesOID = "2.5.29.17"
    private static let maximumExtensions = 32
}
