package import MeshCore

/// Believes the one authority whose fingerprint it was given beforehand, though it has never seen it.
///
/// The side of a device that has a token and nothing else: the hub shows its whole chain, the authority last. If that
/// is the authority of the token, it is believed, and the chain is verified as any other.
package final class PinnedAuthorityVerifier: PeerVerifier {
    private let fingerprint: SHA256Digest
    private let learnedTrust = Lock<TrustAnchors?>(nil)

    /// A verifier that believes the authority whose certificate has the SHA-256 `fingerprint`.
    package init(fingerprint: SHA256Digest) { self.fingerprint = fingerprint }

    /// The authority, once somebody has shown it together with a chain that it has signed.
    package var learned: TrustAnchors? { learnedTrust.withLock { $0 } }

    /// What the certificate of a peer says, or the reason why it is not believed.
    package func verify(
        chain: [[UInt8]],
        purpose: CertificatePurpose,
        serverName: ServerName?,
        now: WallTime
    ) throws(CertificateError) -> PeerCertificate {
        guard let last = chain.last, chain.count > 1 else {
            throw CertificateError(.unknownAuthority, "the peer shows no authority, so this is no hub for enrolment")
        }
        guard SHA256.digest(last) == fingerprint else {
            throw CertificateError(
                .unknownAuthority,
                "the peer shows another authority than the one that the enrolment token names: this is not the hub "
                    + "that the token is for, or somebody stands between"
            )
        }
        let authority = try Certificate(der: last)
        guard authority.isAuthority else {
            throw CertificateError(.wrongKind, "the certificate of '\(authority)' is not an authority's")
        }
        if let weakness = authority.weakness {
            throw CertificateError(.weak, "the certificate of '\(authority)' is not taken: \(weakness)")
        }
        let trust = TrustAnchors(certificates: [last])
        let verifier = try CertificateVerifier(trust: trust)
        let peer = try verifier.verify(
            chain: Array(chain.dropLast()),
            purpose: purpose,
            serverName: serverName,
            now: now
        )
        learnedTrust.withLock { $0 = trust }
        return peer
    }
}

extension NodeCredentials {
    /// The same, with the authority at the end of the chain: what a listener for enrolment shows.
    ///
    /// Whoever has no authority yet, but the fingerprint of one, recognises it there.
    package func showingAuthority(now: WallTime) throws(CertificateError) -> NodeCredentials {
        guard chain.count < Limits.Credentials.maximumChain else {
            let limit = Limits.Credentials.maximumChain
            throw CertificateError(
                .malformed,
                "with its authority the chain would be longer than \(limit) certificates"
            )
        }
        let peer = try CertificateVerifier(trust: trust).verify(chain: chain, purpose: .server, now: now)
        guard let root = trust.certificates.first(where: { SHA256.digest($0) == peer.authority }) else {
            throw CertificateError(.unknownAuthority, "the authority of '\(identity)' is not among those believed")
        }
        return NodeCredentials(
            identity: identity,
            chain: chain + [root],
            privateKey: privateKey,
            trust: trust,
            validity: validity
        )
    }
}
