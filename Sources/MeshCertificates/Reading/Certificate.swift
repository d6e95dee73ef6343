internal import CMeshCertificates
package import MeshCore

/// A certificate as a value: its bytes, and what they say.
///
/// Nothing of it has been verified.
package struct Certificate: Hashable, Sendable {
    /// All of it.
    package let der: [UInt8]

    /// Whom it names, as a distinguished name (RFC 4514).
    package let subject: String

    /// Who has signed it.
    package let issuer: String

    /// The issuer's number for it.
    package let serial: [UInt8]

    /// When it counts.
    package let validity: ValidityPeriod

    /// The URIs among its alternative names.
    package let uris: [String]

    /// The host names among them.
    package let dnsNames: [String]

    /// The addresses among them.
    package let addresses: [IPAddress]

    /// What it may be used for; empty where it does not say, which in a mesh is for nothing.
    package let purposes: Set<CertificatePurpose>

    /// Whether it may sign certificates, by its basic constraints and its key usage.
    package let isAuthority: Bool

    /// The key that it is about.
    package let keyAlgorithm: KeyAlgorithm

    /// SHA-256 of that key.
    package let keyID: SHA256Digest

    /// What it is signed with: `ECDSA-SHA256`.
    package let signatureAlgorithm: String

    /// Why its key or its signature is not taken; nil where both are.
    package let weakness: String?

    /// SHA-256 of its bytes.
    package var fingerprint: SHA256Digest { SHA256.digest(der) }

    /// Whether it names itself as its issuer.
    package var isSelfIssued: Bool { subject == issuer }

    /// The certificate that `der` spells: a pure function of the bytes, bounded by their number.
    package init(der: [UInt8]) throws(CertificateError) {
        let handle = try CertificateHandle.reading(der)
        let reader = CertificateReader(handle.pointer)
        try reader.checkForm()
        self.der = der
        subject = try reader.subject()
        issuer = try reader.issuer()
        serial = try reader.serial()
        validity = try reader.validity()
        let names = try reader.names()
        (uris, dnsNames, addresses) = (names.uris, names.dnsNames, names.addresses)
        purposes = try reader.purposes()
        isAuthority = try reader.isAuthority()
        keyAlgorithm = reader.keyAlgorithm()
        guard let key = handle.keyID, key.count == SHA256Digest.byteCount else {
            throw CertificateError(.malformed, "the certificate's key cannot be read")
        }
        keyID = key.withUnsafeBytes { SHA256Digest($0) }
        let signature = reader.signature()
        signatureAlgorithm = signature.name
        weakness = keyAlgorithm.weakness.map { "its key is \($0)" } ?? signature.weakness
    }

    /// Whom it names in the mesh: its only URI, which must be an identity.
    package func identity() throws(CertificateError) -> NodeIdentity {
        guard let text = uris.first else {
            throw CertificateError(.noIdentity, "the certificate of '\(subject)' names no node: it has no URI")
        }
        guard uris.count == 1 else {
            throw CertificateError(
                .noIdentity,
                "the certificate of '\(subject)' has \(uris.count) URIs, and may have one"
            )
        }
        do {
            return try NodeIdentity(text)
        } catch {
            throw CertificateError(.noIdentity, "the certificate names no node: \(error.message)", cause: error)
        }
    }
}

extension Certificate: CustomStringConvertible {
    package var description: String { subject }
}

extension PeerCertificate {
    /// What `certificate` says of a node; nothing of it has been verified.
    package init(_ certificate: Certificate) throws(CertificateError) {
        self.init(
            identity: try certificate.identity(),
            dnsNames: certificate.dnsNames,
            addresses: certificate.addresses,
            purposes: certificate.purposes,
            validity: certificate.validity,
            serial: certificate.serial,
            keyID: certificate.keyID,
            fingerprint: certificate.fingerprint
        )
    }
}
