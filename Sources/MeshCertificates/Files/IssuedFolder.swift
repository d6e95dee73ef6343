package import MeshCore

/// Where what was issued is put: the folder that a node is started with.
package struct IssuedFolder: Hashable, Sendable {
    /// The folder.
    package let path: String

    /// The folder at `path`.
    package init(path: String) { self.path = path }

    /// Throws where something of a node is already there, before anything is made.
    package func checkIsFree() throws(CertificateError) {
        let files = CredentialFiles(folder: path)
        for file in [files.certificate, files.privateKey, files.authorities] where CertificateFile.exists(file) {
            throw CertificateError(.fileExists, "'\(file)' exists and is not overwritten; choose another folder")
        }
    }

    /// Writes a node's certificate, the authority's, and the key where it was made here.
    package func create(
        _ certificate: Certificate,
        key: PrivateKey?,
        authorities: [Certificate]
    ) throws(CertificateError) {
        try CertificateFile.makeFolder(path, isPrivate: false)
        let files = CredentialFiles(folder: path)
        if let key { try KeyFile.create(files.privateKey, key) }
        try CertificateFile.create(files.authorities, authorities.map(\.pem).joined())
        try certificate.create(files.certificate)
    }

    /// The same, with one authority.
    package func create(
        _ certificate: Certificate,
        key: PrivateKey?,
        authority: Certificate
    ) throws(CertificateError) {
        try create(certificate, key: key, authorities: [authority])
    }
}
