internal import MeshCertificates
internal import MeshCore
internal import MeshIdentity

/// How a hub gives certificates.
package struct EnrolmentConfiguration: Sendable {
    /// How long they count.
    package var certificateLife = NodeGrant.standardLife

    /// How long after its end a certificate brings its device home.
    package var grace = CertificateRenewal.standardGrace

    /// How long an actor may take to answer.
    package var patience = Duration.seconds(10)

    /// The defaults.
    package init() {}
}
