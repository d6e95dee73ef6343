internal import MeshCertificates
package import MeshCore

/// Checks what devices show at the listener for enrolment: expired certificates count for a grace period.
///
/// Who has been put out is told so by the office, in words; so nothing is asked here about that. The authorities may be
/// exchanged while it is in use.
package final class KnockVerifier: PeerVerifier {
    private let verifier: Lock<GraceVerifier>
    private let grace: Duration

    /// A verifier that believes `trust`, and takes certificates for `grace` longer than they say.
    package init(trust: TrustAnchors, grace: Duration) throws(CertificateError) {
        self.grace = grace
        verifier = Lock(try GraceVerifier(trust: trust, grace: grace))
    }

    /// Believes `trust` from now on, and nobody else.
    package func use(_ trust: TrustAnchors) throws(CertificateError) {
        let next = try GraceVerifier(trust: trust, grace: grace)
        verifier.withLock { $0 = next }
    }

    /// What the certificate of a peer says, or the reason why it is not believed.
    package func verify(
        chain: [[UInt8]],
        purpose: CertificatePurpose,
        serverName: ServerName?,
        now: WallTime
    ) throws(CertificateError) -> PeerCertificate {
        let verifier = verifier.withLock { $0 }
        return try verifier.verify(chain: chain, purpose: purpose, serverName: serverName, now: now)
    }
}
