import MeshCertificates
import MeshCore

/// An authority and the credentials that it gives to the nodes of a test.
struct SampleAuthority {
    private let authority: CertificateAuthority
    let clock: any MeshCore.Clock

    init(clock: any MeshCore.Clock) throws {
        self.clock = clock
        // A week old, so that what it issued may have expired.
        authority = try CertificateAuthority.make(name: "a test", now: clock.wallTime.moved(byDays: -7))
    }

    var certificate: Certificate { authority.certificate }

    var trust: TrustAnchors { TrustAnchors(certificates: [authority.certificate.der]) }

    var verifier: CertificateVerifier { get throws { try CertificateVerifier(trust: trust) } }

    /// What a node shows; issued some days from now, for a day or as long as `life`.
    func credentials(
        _ role: NodeRole,
        _ name: String,
        of tenant: String = "acme",
        issuedInDays days: Int = 0,
        key: PrivateKey? = nil
    ) throws -> NodeCredentials {
        let (certificate, identity, ownKey) = try issue(role, name, of: tenant, issuedInDays: days)
        return NodeCredentials(
            identity: identity,
            chain: [certificate.der],
            privateKey: key ?? ownKey,
            trust: trust,
            validity: certificate.validity
        )
    }

    func issue(
        _ role: NodeRole,
        _ name: String,
        of tenant: String = "acme",
        issuedInDays days: Int = 0
    ) throws -> (Certificate, NodeIdentity, PrivateKey) {
        let identity = NodeIdentity(tenant: try TenantID(tenant), role: role, node: try NodeID(name))
        let key = try KeyFile.make(.p256)
        let names = role == .hub ? ["localhost"] : []
        let grant = try NodeGrant(identity: identity, dnsNames: names, addresses: [], life: .seconds(86_400))
        return (try authority.issue(grant, key: key, now: clock.wallTime.moved(byDays: days)), identity, key)
    }
}

extension WallTime {
    fileprivate func moved(byDays days: Int) -> WallTime {
        WallTime(millisecondsSince1970: millisecondsSince1970 + Int64(days) * 86_400_000)
    }
}
