package import MeshCore

/// Believes as ``CertificateVerifier`` does, and certificates that expired less than a grace ago as well.
///
/// For the listener for enrolment alone, where a device that slept through its certificate's end proves its old key.
/// What is above the certificate must still count, and nothing that is not valid yet is taken.
package struct GraceVerifier: PeerVerifier {
    private let verifier: CertificateVerifier
    private let grace: Duration

    /// A verifier that believes `trust`, and takes certificates of nodes for `grace` longer than they say.
    package init(trust: TrustAnchors, grace: Duration) throws(CertificateError) {
        verifier = try CertificateVerifier(trust: trust)
        self.grace = grace
    }

    /// What the certificate of a peer says, or the reason why it is not believed.
    package func verify(
        chain: [[UInt8]],
        purpose: CertificatePurpose,
        serverName: ServerName?,
        now: WallTime
    ) throws(CertificateError) -> PeerCertificate {
        try verifier.verify(chain: chain, purpose: purpose, serverName: serverName, now: now, grace: grace)
    }
}
