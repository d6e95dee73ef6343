internal import CMeshCertificates
internal import MeshCore

/// The believed authorities in the library's memory.
///
/// `@unchecked Sendable`: filled in `init` and only read after that. The library's own servers share the list of their
/// credentials among all their sessions and threads in the same way.
final class TrustList: @unchecked Sendable {
    private let pointer: gnutls_x509_trust_list_t
    private let roots: [Certificate]

    /// A list of those authorities, each of which can be read.
    init(_ trust: TrustAnchors) throws(CertificateError) {
        var roots: [Certificate] = []
        for der in trust.certificates { roots.append(try Certificate(der: der)) }
        var list: gnutls_x509_trust_list_t?
        try Library.check(gnutls_x509_trust_list_init(&list, 0), .libraryFailed, "no room for authorities")
        guard let list else { throw CertificateError(.libraryFailed, "no room for authorities") }
        pointer = list
        self.roots = roots
        for der in trust.certificates {
            let added = try Library.withDatum(der) { datum throws(CertificateError) in
                gnutls_x509_trust_list_add_trust_mem(list, datum, nil, GNUTLS_X509_FMT_DER, 0, 0)
            }
            guard added >= 0 else { throw CertificateError(.malformed, "an authority cannot be read") }
        }
    }

    deinit { gnutls_x509_trust_list_deinit(pointer, 1) }

    /// The authority at the end of `links`, whose signatures lead to it.
    func root(of links: [Certificate]) throws(CertificateError) -> Certificate {
        let status = try verify(links.map(\.der))
        guard status == 0 else { throw reason(status, links) }
        for link in links {
            let candidates = roots.filter { $0 == link || $0.subject == link.issuer }
            guard candidates.count > 1 else {
                if let only = candidates.first { return only }
                continue
            }
            // Two of one name, as when an authority's key is replaced: only a signature tells them apart.
            for root in candidates {
                if root == link { return root }
                if try Self.isSigned(link, by: root) { return root }
            }
        }
        throw reason(GNUTLS_CERT_SIGNER_NOT_FOUND.rawValue, links)
    }

    private func verify(_ chain: [[UInt8]]) throws(CertificateError) -> UInt32 {
        var pointers: [gnutls_x509_crt_t?] = []
        defer { for pointer in pointers { gnutls_x509_crt_deinit(pointer) } }
        for der in chain {
            var pointer: gnutls_x509_crt_t?
            try Library.check(gnutls_x509_crt_init(&pointer), .libraryFailed, "no room for a certificate")
            pointers.append(pointer)
            let status = try Library.withDatum(der) { datum throws(CertificateError) in
                gnutls_x509_crt_import(pointer, datum, GNUTLS_X509_FMT_DER)
            }
            try Library.check(status, .malformed, "a certificate of the chain cannot be read")
        }
        var status: UInt32 = 0
        let flags = cmesh_certificates_verify_flags
        let count = UInt32(pointers.count)
        try Library.check(
            gnutls_x509_trust_list_verify_crt(pointer, &pointers, count, flags, &status, nil),
            .libraryFailed,
            "the chain cannot be verified"
        )
        return status
    }

    private static func isSigned(_ certificate: Certificate, by root: Certificate) throws(CertificateError) -> Bool {
        let signed = try CertificateHandle.reading(certificate.der)
        let signer = try CertificateHandle.reading(root.der)
        var status: UInt32 = 0
        var authority: gnutls_x509_crt_t? = signer.pointer
        let result = gnutls_x509_crt_verify(signed.pointer, &authority, 1, cmesh_certificates_verify_flags, &status)
        return result == 0 && status == 0
    }

    private func reason(_ status: UInt32, _ links: [Certificate]) -> CertificateError {
        let last = links[links.count - 1]
        let believed = roots.map { "'\($0)'" }.joined(separator: ", ")
        func has(_ bit: gnutls_certificate_status_t) -> Bool { status & bit.rawValue != 0 }
        if has(GNUTLS_CERT_INSECURE_ALGORITHM) {
            return CertificateError(.weak, "a key or a signature between '\(links[0])' and its authority is too weak")
        }
        if has(GNUTLS_CERT_SIGNER_NOT_CA) {
            return CertificateError(
                .wrongKind,
                "'\(links[0])' is signed by '\(links[0].issuer)', which is no authority"
            )
        }
        if has(GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE) {
            return CertificateError(.wrongKind, "'\(links[0])' is signed by an authority that may not sign such")
        }
        if has(GNUTLS_CERT_UNKNOWN_CRIT_EXTENSIONS) {
            return CertificateError(.malformed, "'\(links[0])' has a critical extension that nobody here knows")
        }
        let isSameName = roots.contains { $0.subject == last.issuer }
        let detail =
            isSameName
            ? "the authority has the same name as one that is believed, and another key"
            : "believed are: \(believed)"
        return CertificateError(
            .unknownAuthority,
            "the certificate of '\(links[0])' is issued by another authority, '\(last.issuer)'; \(detail)"
        )
    }
}
