internal import MeshCertificates
internal import MeshCore

/// A hub's own certificate: its authority is beside it, so it gives itself one whenever it needs one.
///
/// The key stays the same over restarts: edges learn by it at their first packet that a life of the hub is over.
struct HubCredentials {
    let grant: NodeGrant
    let key: PrivateKey
    let issuer: any CertificateIssuer

    /// The hub of `grant` with the key in the file at `path`, which is made where it is missing.
    init(_ grant: NodeGrant, keyAt path: String, issuer: any CertificateIssuer) throws(CertificateError) {
        self.grant = grant
        self.issuer = issuer
        key = try KeyFile.readOrMake(path)
    }

    /// A fresh certificate of the authority that signs now, and all authorities that are to be believed now.
    func issue(now: WallTime) async throws(CertificateError) -> NodeCredentials {
        let request = try CertificateRequest(identity: grant.identity, key: key)
        let chain = try await issuer.issue(grant, for: request, now: now)
        let authorities = try issuer.authorities()
        return NodeCredentials(
            identity: grant.identity,
            chain: chain.map(\.der),
            privateKey: key,
            trust: TrustAnchors(certificates: authorities.map(\.der)),
            validity: chain[0].validity
        )
    }
}
