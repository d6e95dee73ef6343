import MeshCertificates
import MeshCore
import Testing

/// What most tests of certificates begin with: an authority, and a moment long after the machine's own.
struct Workshop {
    static let now = WallTime(millisecondsSince1970: 4_000_000_000_000)

    let authority: CertificateAuthority

    init(_ name: String = "Test CA", algorithm: KeyAlgorithm = .p256) throws {
        authority = try .make(name: name, algorithm: algorithm, now: Self.now)
        trust = TrustAnchors(certificates: [authority.certificate.der])
        verifier = try CertificateVerifier(trust: trust)
    }

    let trust: TrustAnchors

    let verifier: CertificateVerifier

    static func identity(_ role: NodeRole = .hub, _ name: String = "hub-1") throws -> NodeIdentity {
        NodeIdentity(tenant: try TenantID("acme"), role: role, node: try NodeID(name))
    }

    /// A certificate of a fresh key.
    func issue(
        _ role: NodeRole = .hub,
        dns: [String] = [],
        life: Duration = NodeGrant.standardLife,
        at now: WallTime = now
    ) throws -> Certificate {
        let addresses = role == .hub ? [try #require(IPAddress("192.0.2.7"))] : []
        let grant = try NodeGrant(identity: Self.identity(role), dnsNames: dns, addresses: addresses, life: life)
        return try authority.issue(grant, key: KeyFile.make(), now: now)
    }

    static func later(_ seconds: Int64) -> WallTime {
        WallTime(millisecondsSince1970: now.millisecondsSince1970 + seconds * 1_000)
    }
}
