/// What can be wrong with a certificate, a key or the file that should hold one.
package enum CertificateErrorCode: String, ErrorCode {
    package static let domain = "certificate"

    // Files.

    /// There is no such file.
    case fileMissing
    /// It cannot be read or written.
    case fileUnusable
    /// It would be overwritten.
    case fileExists
    /// Others than its owner may read a key.
    case keyExposed
    /// There is more in it than any key or certificate needs.
    case fileTooLarge

    // PEM.

    /// It is not PEM, or a block is cut short or spoiled.
    case notPEM
    /// It holds something else than was asked for, or none or several of it.
    case wrongContent
    /// The key is encrypted, and nobody is there to ask for the passphrase.
    case keyEncrypted

    // Certificates and keys.

    /// The bytes are no certificate, key or request.
    case malformed
    /// The key or the signature is of a kind or a strength that is not taken.
    case weak
    /// The key is not the one that the certificate is about.
    case keyMismatch
    /// Its time is over.
    case expired
    /// Its time has not come.
    case notYetValid
    /// Its node or its key has been revoked.
    case revoked
    /// It is not signed by an authority that is believed.
    case unknownAuthority
    /// It is made for another use.
    case wrongPurpose
    /// It should be an authority's and is not, or the other way round.
    case wrongKind
    /// It does not name a node of the mesh.
    case noIdentity
    /// It is good for other names than the one that was wanted.
    case wrongName
    /// The peer has shown none.
    case noCertificate

    // Issuing.

    /// What was asked for cannot be issued.
    case notIssuable
    /// Somebody else's service, which signs, has not done it.
    case issuerFailed
    /// The library refused something for a reason of its own.
    case libraryFailed
}

/// An error about certificates and keys.
///
/// Here, and not in `MeshCertificates`, because the port ``PeerVerifier`` throws it.
package typealias CertificateError = MeshError<CertificateErrorCode>
