package import MeshCore

/// Where an authority lies: a folder that is its owner's alone.
///
///     FOLDER/ca.pem       the certificate, which every node is given; two while one authority replaces the other
///     FOLDER/ca-key.pem   the key, which leaves the folder never; missing where somebody else signs
///     FOLDER/token-key    the secret behind enrolment tokens
///
/// The first certificate is the one that signs. While authorities are exchanged their keys lie in `ca-next-key.pem` and
/// `ca-old-key.pem` as well: the one that fits the first certificate is used, so one rename decides.
package struct AuthorityFolder: Hashable, Sendable {
    /// The folder.
    package let path: String

    /// The folder at `path`.
    package init(path: String) { self.path = path }

    /// The file with the certificate, or two.
    package var certificatePath: String { "\(path)/ca.pem" }

    /// The file with the key.
    package var privateKeyPath: String { "\(path)/ca-key.pem" }

    /// The file with the secret behind enrolment tokens.
    package var tokenKeyPath: String { "\(path)/token-key" }

    var nextKeyPath: String { "\(path)/ca-next-key.pem" }
    var oldKeyPath: String { "\(path)/ca-old-key.pem" }

    /// Whether an authority's certificate is there.
    package var isInUse: Bool { CertificateFile.exists(certificatePath) }

    /// Writes a fresh authority; nothing that is there is overwritten.
    package func create(_ make: () throws(CertificateError) -> CertificateAuthority) throws(CertificateError) {
        try CertificateFile.makeFolder(path, isPrivate: true)
        guard !CertificateFile.exists(certificatePath) else {
            throw CertificateError(
                .fileExists,
                "'\(certificatePath)' exists: the folder has an authority, which is not overwritten"
            )
        }
        guard !CertificateFile.exists(privateKeyPath) else {
            throw CertificateError(
                .fileExists,
                "'\(privateKeyPath)' exists without a certificate: somebody was stopped while making the authority, or "
                    + "the certificate was taken away; take the key away too if nobody has used it"
            )
        }
        let authority = try make()
        // The key first: where there is a certificate, there is a key.
        try KeyFile.create(privateKeyPath, authority.privateKey)
        try authority.certificate.create(certificatePath)
        _ = try tokenKey(makeIfMissing: true)
    }

    /// Whether somebody else signs: the folder has authorities to believe, and no key.
    package var isExternal: Bool {
        ![privateKeyPath, nextKeyPath, oldKeyPath].contains { CertificateFile.exists($0) }
    }

    /// The authority in the folder: the one that signs.
    package func open() throws(CertificateError) -> CertificateAuthority {
        let certificate = try certificate()
        let paths = [privateKeyPath, nextKeyPath, oldKeyPath].filter { CertificateFile.exists($0) }
        guard !paths.isEmpty else {
            throw CertificateError(
                .fileMissing,
                "'\(privateKeyPath)' does not exist: this folder's authority signs elsewhere"
            )
        }
        for path in paths.dropLast() {
            let key = try KeyFile.read(path)
            if let authority = try? CertificateAuthority(certificate: certificate, privateKey: key) { return authority }
        }
        let key = try KeyFile.read(paths[paths.count - 1])
        return try PEMFile.naming(certificatePath) { () throws(CertificateError) in
            try CertificateAuthority(certificate: certificate, privateKey: key)
        }
    }

    /// The certificate of the one that signs.
    package func certificate() throws(CertificateError) -> Certificate { try certificates()[0] }

    /// All that nodes shall believe, the one that signs first.
    package func certificates() throws(CertificateError) -> [Certificate] {
        _ = try CredentialFiles.trust(certificatePath)
        return try Certificate.all(in: certificatePath)
    }

    /// The same, as nodes are given it.
    package func trust() throws(CertificateError) -> TrustAnchors { try CredentialFiles.trust(certificatePath) }

    /// The secret behind enrolment tokens, which is made where it is missing and `makeIfMissing` says so.
    package func tokenKey(makeIfMissing: Bool = false) throws(CertificateError) -> TokenKey {
        if makeIfMissing, !CertificateFile.exists(tokenKeyPath) {
            do {
                try TokenKeyFile.create(tokenKeyPath)
            } catch {
                // Somebody else has made it in the meantime.
                guard error.code == .fileExists else { throw error }
            }
        }
        return try TokenKeyFile.read(tokenKeyPath)
    }
}

// MARK: - One authority after another

extension AuthorityFolder {
    /// Makes a second authority, which nodes shall believe beside the first; the first goes on signing.
    package func beginRotation(
        _ make: () throws(CertificateError) -> CertificateAuthority
    ) throws(CertificateError) -> Certificate {
        let known = try certificates()
        guard known.count == 1 else {
            throw CertificateError(
                .fileExists,
                "'\(certificatePath)' holds \(known.count) authorities: a change is under way, finish it first"
            )
        }
        _ = try open()
        try settleKeys(known)
        // Left behind by a change that was begun and never told to anybody.
        try CertificateFile.removeIfThere(nextKeyPath)
        let next = try make()
        guard next.certificate.subject != known[0].subject else {
            throw CertificateError(
                .notIssuable,
                "the authority '\(known[0])' needs a successor with another name, so that people can tell them apart"
            )
        }
        try KeyFile.create(nextKeyPath, next.privateKey)
        try replaceCertificates([known[0], next.certificate])
        return next.certificate
    }

    /// Lets the second authority sign; the first is still believed.
    package func switchRotation() throws(CertificateError) -> Certificate {
        let known = try certificates()
        guard known.count == 2, CertificateFile.exists(nextKeyPath) else {
            throw CertificateError(
                .fileMissing,
                "'\(path)' has no second authority that could sign: begin a change first"
            )
        }
        let next = try CertificateAuthority(certificate: known[1], privateKey: try KeyFile.read(nextKeyPath))
        // From this rename on the other one signs; the names of the keys follow, and `open()` looks at all of them.
        try replaceCertificates([next.certificate, known[0]])
        try settleKeys(try certificates())
        return next.certificate
    }

    /// Forgets the first authority: certificates that it has signed count no more for whoever is told so.
    package func finishRotation() throws(CertificateError) -> Certificate {
        let known = try certificates()
        let authority = try open()
        try settleKeys(known)
        guard known.count == 2, !isNext(known[1]) else {
            throw CertificateError(
                .fileMissing,
                "'\(path)' has no authority that could be forgotten: begin a change and switch first"
            )
        }
        try replaceCertificates([authority.certificate])
        try settleKeys([authority.certificate])
        return authority.certificate
    }

    /// Brings the names of the keys in line with the certificates, also where an earlier change was cut short.
    private func settleKeys(_ certificates: [Certificate]) throws(CertificateError) {
        if isNext(certificates[0]) {
            if !CertificateFile.exists(oldKeyPath), CertificateFile.exists(privateKeyPath) {
                try CertificateFile.move(privateKeyPath, to: oldKeyPath)
            }
            try CertificateFile.move(nextKeyPath, to: privateKeyPath)
        }
        if certificates.count == 1 { try CertificateFile.removeIfThere(oldKeyPath) }
    }

    /// Whether `certificate` is of the authority that is to come, and not of the one that is to go.
    private func isNext(_ certificate: Certificate) -> Bool {
        guard let key = try? KeyFile.read(nextKeyPath) else { return false }
        return (try? CertificateAuthority(certificate: certificate, privateKey: key)) != nil
    }

    private func replaceCertificates(_ certificates: [Certificate]) throws(CertificateError) {
        try CertificateFile.replace(certificatePath, with: certificates.map(\.pem).joined())
    }
}
