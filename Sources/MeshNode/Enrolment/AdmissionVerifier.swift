internal import MeshCertificates
package import MeshCore
package import MeshIdentity

/// Checks peers by the authorities that are believed now, and refuses whoever has been put out.
///
/// Asked at every handshake and every resumption, from any thread. Authorities and revocations may be exchanged while
/// it is in use: what it says counts from the next question on. Ask the transport to check its peers again after that.
package final class AdmissionVerifier: PeerVerifier {
    private struct State {
        var verifier: CertificateVerifier
        var list = AdmissionList()
    }

    private let state: Lock<State>

    /// A verifier that believes `trust`, and from whom nobody has been put out yet.
    package init(trust: TrustAnchors) throws(CertificateError) {
        state = Lock(State(verifier: try CertificateVerifier(trust: trust)))
    }

    /// Believes `trust` from now on, and nobody else.
    package func use(_ trust: TrustAnchors) throws(CertificateError) {
        let verifier = try CertificateVerifier(trust: trust)
        state.withLock { $0.verifier = verifier }
    }

    /// Takes in how an identity stands.
    package func apply(_ revocation: Revocation) { state.withLock { _ = $0.list.apply(revocation) } }

    /// How many identities have been put out.
    package var revocationCount: Int { state.withLock { $0.list.count } }

    /// Throws where `identity` with the key `keyID` has been put out.
    package func admit(_ identity: NodeIdentity, keyID: SHA256Digest) throws(CertificateError) {
        switch state.withLock({ $0.list.verdict(identity, keyID: keyID) }) {
        case .admitted: return
        // Without the reason: whoever holds a stolen device need not know that it is looked for.
        case .revoked(let revocation):
            throw CertificateError(
                .revoked,
                "'\(identity)' was put out of the mesh (\(revocation.since)); only a new enrolment token lets it in"
            )
        }
    }

    /// What the certificate of a peer says, or the reason why it may not come in.
    package func verify(
        chain: [[UInt8]],
        purpose: CertificatePurpose,
        serverName: ServerName?,
        now: WallTime
    ) throws(CertificateError) -> PeerCertificate {
        let verifier = state.withLock { $0.verifier }
        let peer = try verifier.verify(chain: chain, purpose: purpose, serverName: serverName, now: now)
        try admit(peer.identity, keyID: peer.keyID)
        return peer
    }

    /// Throws where `peer`, who was believed once, may come in no more.
    package func recheck(_ peer: PeerCertificate, now: WallTime) throws(CertificateError) {
        let verifier = state.withLock { $0.verifier }
        try verifier.recheck(peer, now: now)
        try admit(peer.identity, keyID: peer.keyID)
    }
}
