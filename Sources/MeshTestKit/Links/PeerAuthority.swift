package import MeshCertificates
package import MeshCore

/// An authority of a test's own, and the credentials that it gives to the nodes of the test.
package struct PeerAuthority: Sendable {
    private let authority: CertificateAuthority
    private let clock: any Clock

    /// Checks peers by it.
    package let verifier: CertificateVerifier

    /// Credentials from `authority`, which count from now on.
    package init(_ authority: CertificateAuthority, clock: any Clock) throws(CertificateError) {
        self.authority = authority
        self.clock = clock
        verifier = try CertificateVerifier(trust: TrustAnchors(certificates: [authority.certificate.der]))
    }

    /// A new authority.
    package static func make(clock: any Clock) throws(CertificateError) -> PeerAuthority {
        try PeerAuthority(CertificateAuthority.make(name: "a test", now: clock.wallTime), clock: clock)
    }

    /// What the nodes of the test believe.
    package var trust: TrustAnchors { TrustAnchors(certificates: [authority.certificate.der]) }

    /// Credentials for the node `name`, which answers as `localhost` and at the loopback addresses where it is a hub.
    ///
    /// With a key of its own where it is not given one: who begins again shall be known by the former.
    package func credentials(_ role: NodeRole, _ name: String, key: PrivateKey? = nil) throws -> NodeCredentials {
        let identity = NodeIdentity(tenant: try TenantID("acme"), role: role, node: try NodeID(name))
        let key = try key ?? KeyFile.make(.p256)
        let names = role == .hub ? ["localhost"] : []
        let addresses = role == .hub ? ["127.0.0.1", "::1"].compactMap { IPAddress($0) } : []
        let grant = try NodeGrant(identity: identity, dnsNames: names, addresses: addresses)
        let certificate = try authority.issue(grant, key: key, now: clock.wallTime)
        return NodeCredentials(
            identity: identity,
            chain: [certificate.der],
            privateKey: key,
            trust: trust,
            validity: certificate.validity
        )
    }
}
