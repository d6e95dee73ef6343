package import MeshCore

/// Where an authority lies: a folder that is its owner's alone.
///
///     FOLDER/ca.pem       the certificate, which every node is given
///     FOLDER/ca-key.pem   the key, which leaves the folder never
package struct AuthorityFolder: Hashable, Sendable {
    /// The folder.
    package let path: String

    /// The folder at `path`.
    package init(path: String) { self.path = path }

    /// The file with the certificate.
    package var certificatePath: String { "\(path)/ca.pem" }

    /// The file with the key.
    package var privateKeyPath: String { "\(path)/ca-key.pem" }

    /// Writes a fresh authority; nothing that is there is overwritten.
    package func create(_ make: () throws(CertificateError) -> CertificateAuthority) throws(CertificateError) {
        try CertificateFile.makeFolder(path, isPrivate: true)
        for file in [certificatePath, privateKeyPath] where CertificateFile.exists(file) {
            throw CertificateError(
                .fileExists,
                "'\(file)' exists: the folder has an authority, which is not overwritten"
            )
        }
        let authority = try make()
        // The key first: where there is a certificate, there is a key.
        try KeyFile.create(privateKeyPath, authority.privateKey)
        try authority.certificate.create(certificatePath)
    }

    /// The authority in the folder.
    package func open() throws(CertificateError) -> CertificateAuthority {
        let certificate = try certificate()
        let key = try KeyFile.read(privateKeyPath)
        return try PEMFile.naming(certificatePath) { () throws(CertificateError) in
            try CertificateAuthority(certificate: certificate, privateKey: key)
        }
    }

    /// Its certificate alone.
    package func certificate() throws(CertificateError) -> Certificate {
        let all = try Certificate.all(in: certificatePath)
        guard all.count == 1 else {
            throw CertificateError(
                .wrongContent,
                "'\(certificatePath)' holds \(all.count) certificates, and should hold one"
            )
        }
        return all[0]
    }
}

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
        authority: Certificate
    ) throws(CertificateError) {
        try CertificateFile.makeFolder(path, isPrivate: false)
        let files = CredentialFiles(folder: path)
        if let key { try KeyFile.create(files.privateKey, key) }
        try authority.create(files.authorities)
        try certificate.create(files.certificate)
    }
}
