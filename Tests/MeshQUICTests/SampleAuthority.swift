import MeshCertificates
import MeshCore

/// An authority and the credentials that it gives to the nodes of a test.
struct SampleAuthority {
    private let authority: CertificateAuthority
    let clock: any MeshCore.Clock

    init(clock: any MeshCore.Clock) throws {
        self.clock = clock
        authority = try CertificateAuthority.make(name: "a test", now: clock.wallTime)
    }

    var trust: TrustAnchors { TrustAnchors(certificates: [authority.certificate.der]) }

    var verifier: CertificateVerifier { get throws { try CertificateVerifier(trust: trust) } }

    func credentials(_ role: NodeRole, _ name: String) throws -> NodeCredentials {
        let identity = NodeIdentity(tenant: try TenantID("acme"), role: role, node: try NodeID(name))
        let key = try KeyFile.make(.p256)
        let names = role == .hub ? ["localhost"] : []
        let grant = try NodeGrant(identity: identity, dnsNames: names, addresses: [], life: .seconds(3_600))
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
