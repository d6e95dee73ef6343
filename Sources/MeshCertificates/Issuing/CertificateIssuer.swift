package import MeshCore

/// The port to whoever signs certificates: the authority's folder on this machine, or somebody else's service.
///
/// Safe to call from any task, also several at once. It returns in bounded time; cancelling the task may end it
/// earlier. What it returns has been checked to name the identity and the key that were asked for.
package protocol CertificateIssuer: Sendable {
    /// A certificate as `grant` says for the key of `request`, then those between it and a root.
    func issue(
        _ grant: NodeGrant,
        for request: CertificateRequest,
        now: WallTime
    ) async throws(CertificateError) -> [Certificate]

    /// The authorities that nodes shall believe at this time.
    func authorities() throws(CertificateError) -> [Certificate]
}

/// Signs with the key in an authority's folder, which is read each time: a change of authority needs no restart.
package struct AuthorityIssuer: CertificateIssuer {
    private let folder: AuthorityFolder

    /// The authority in `folder`.
    package init(folder: AuthorityFolder) { self.folder = folder }

    /// A certificate of that authority.
    package func issue(
        _ grant: NodeGrant,
        for request: CertificateRequest,
        now: WallTime
    ) async throws(CertificateError) -> [Certificate] {
        [try folder.open().issue(grant, for: request, now: now)]
    }

    /// Those in the folder.
    package func authorities() throws(CertificateError) -> [Certificate] { try folder.certificates() }
}

extension CertificateVerifier {
    /// Throws unless `chain` is what was asked for: of `identity`, for the key `keyID`, for all its uses, at `now`.
    package func check(
        _ chain: [Certificate],
        names identity: NodeIdentity,
        keyID: SHA256Digest,
        now: WallTime
    ) throws(CertificateError) {
        for purpose in NodeGrant.purposes(of: identity.role).sorted(by: { $0.rawValue < $1.rawValue }) {
            let peer = try verify(chain: chain.map(\.der), purpose: purpose, now: now)
            guard peer.identity == identity else {
                throw CertificateError(.wrongName, "the certificate names '\(peer.identity)', and not '\(identity)'")
            }
            guard peer.keyID == keyID else {
                throw CertificateError(.keyMismatch, "the certificate of '\(identity)' is about another key")
            }
        }
    }
}
