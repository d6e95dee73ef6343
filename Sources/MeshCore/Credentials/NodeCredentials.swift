/// The certificates of the authorities that a node believes: one, or two while the authority is being replaced.
package struct TrustAnchors: Hashable, Sendable {
    /// Each certificate in DER.
    package let certificates: [[UInt8]]

    /// These authorities, at least one and at most ``Limits/Credentials/maximumRoots``.
    ///
    /// Whoever makes this value has read and checked them.
    package init(certificates: [[UInt8]]) {
        precondition((1...Limits.Credentials.maximumRoots).contains(certificates.count), "one authority or a few")
        self.certificates = certificates
    }
}

/// What a node needs to prove who it is and to check who others are.
///
/// A value of bytes, so that those who check certificates and those who speak TLS need not know each other. Made by
/// `MeshCertificates`, which has checked that its parts fit; used by the transports.
package struct NodeCredentials: Sendable {
    /// Whom the certificate names.
    package let identity: NodeIdentity

    /// The node's certificate, then those between it and the root, which is not among them; each in DER.
    package let chain: [[UInt8]]

    /// The key that the certificate is about.
    package let privateKey: PrivateKey

    /// Whom the node believes.
    package let trust: TrustAnchors

    /// When the node's certificate counts.
    package let validity: ValidityPeriod

    /// These parts, which the caller has checked to fit.
    package init(
        identity: NodeIdentity,
        chain: [[UInt8]],
        privateKey: PrivateKey,
        trust: TrustAnchors,
        validity: ValidityPeriod
    ) {
        precondition((1...Limits.Credentials.maximumChain).contains(chain.count), "a certificate, and few above it")
        self.identity = identity
        self.chain = chain
        self.privateKey = privateKey
        self.trust = trust
        self.validity = validity
    }
}
