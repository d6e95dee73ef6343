/// What a certificate may be used for, by its extended key usage.
package enum CertificatePurpose: String, Hashable, Sendable {
    /// To prove who connects (TLS client authentication).
    case client
    /// To prove who is connected to (TLS server authentication).
    case server
}

/// What a peer's certificate says, after it has been checked.
package struct PeerCertificate: Hashable, Sendable {
    /// Whom it names.
    package let identity: NodeIdentity

    /// The host names it is good for.
    package let dnsNames: [String]

    /// The addresses it is good for.
    package let addresses: [IPAddress]

    /// What it may be used for.
    package let purposes: Set<CertificatePurpose>

    /// When it counts.
    package let validity: ValidityPeriod

    /// When all of the chain counts that it was checked with; where nothing was checked, when it counts itself.
    package var chainValidity: ValidityPeriod

    /// SHA-256 of the authority's certificate that it was checked with; nil where nothing was checked.
    package var authority: SHA256Digest?

    /// Its issuer's number for it, by which it is revoked.
    package let serial: [UInt8]

    /// SHA-256 of its public key: the same after a renewal that keeps the key.
    package let keyID: SHA256Digest

    /// SHA-256 over its DER, for people to compare.
    ///
    /// Never to revoke by: who has an ECDSA signature can write another of the same content.
    package let fingerprint: SHA256Digest

    /// A certificate's content, as its reader found it.
    package init(
        identity: NodeIdentity,
        dnsNames: [String],
        addresses: [IPAddress],
        purposes: Set<CertificatePurpose>,
        validity: ValidityPeriod,
        serial: [UInt8],
        keyID: SHA256Digest,
        fingerprint: SHA256Digest
    ) {
        self.identity = identity
        self.dnsNames = dnsNames
        self.addresses = addresses
        self.purposes = purposes
        self.validity = validity
        chainValidity = validity
        self.serial = serial
        self.keyID = keyID
        self.fingerprint = fingerprint
    }
}

/// The name under which a client wants to reach a server.
package enum ServerName: Hashable, Sendable {
    /// A host name, compared without regard to case; a certificate's wildcards do not count.
    case dns(String)
    /// An address.
    case address(IPAddress)
    /// A node, whatever host it is on.
    case node(NodeID)
}

/// The port to whoever checks peers' certificates: `MeshCertificates` implements it, transports are given one.
///
/// A pure function of its arguments. Safe to call from any thread; it blocks for the time of a few signatures.
package protocol PeerVerifier: Sendable {
    /// What the certificate of a peer says, or why it is not believed, in words for both sides' operators.
    ///
    /// `chain` is what the peer sent, its own certificate first, each in DER.
    func verify(
        chain: [[UInt8]],
        purpose: CertificatePurpose,
        serverName: ServerName?,
        now: WallTime
    ) throws(CertificateError) -> PeerCertificate

    /// Checks `peer`, whom an earlier call of ``verify(chain:purpose:serverName:now:)`` has believed, without its
    /// chain.
    ///
    /// Asked when a peer resumes by a ticket, and when a link opens. What can have changed since is checked: times, and
    /// whether somebody has revoked it. A verifier that no longer believes an authority says so too.
    func recheck(_ peer: PeerCertificate, now: WallTime) throws(CertificateError)
}

extension PeerVerifier {
    /// The times of the certificate, of its chain and of its authority.
    package func recheck(_ peer: PeerCertificate, now: WallTime) throws(CertificateError) {
        let time = peer.chainValidity
        guard time.notBefore <= now else {
            throw CertificateError(.notYetValid, "the certificate of '\(peer.identity)' counts from \(time.notBefore)")
        }
        guard now <= time.notAfter else {
            throw CertificateError(.expired, "the certificate of '\(peer.identity)' or of its authority has expired")
        }
    }
}
