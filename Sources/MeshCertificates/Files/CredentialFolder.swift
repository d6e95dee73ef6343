internal import Glibc
package import MeshCore

/// A node's folder whose certificate, key and authorities are exchanged while it runs, all three at once.
///
///     FOLDER/current -> v7    one rename makes another version count
///     FOLDER/v7/              node.pem, node-key.pem, ca.pem
///     FOLDER/node.pem -> current/node.pem, and so on, for people and their tools
///
/// Whoever reads takes what `current` points to when it begins. A kill at any moment leaves a version that fits
/// together. One earlier version is kept, until the next.
package struct CredentialFolder: Hashable, Sendable {
    /// The folder.
    package let path: String

    /// The folder at `path`.
    package init(path: String) { self.path = path }

    /// The folder of the version that counts; nil where there is none.
    var latest: String? { number.map { "\(path)/v\($0)" } }

    /// Whether a node's certificate is there, in a version or as `meshnode ca issue` writes it.
    package var isInUse: Bool { CertificateFile.exists(CredentialFiles(folder: path).certificate) }

    /// Writes a certificate with those above it, its key and the authorities, and lets them count.
    ///
    /// One writer at a time: a second one is refused, so that neither removes what the other has just written.
    ///
    /// `step` is told of each change on the disk; for tests.
    package func replace(
        chain: [Certificate],
        key: PrivateKey,
        authorities: [Certificate],
        step: (String) -> Void = { _ in }
    ) throws(CertificateError) {
        guard let certificate = chain.first else {
            throw CertificateError(.noCertificate, "there is no certificate to be written to '\(path)'")
        }
        try KeyFile.check(key, fits: certificate)
        try CertificateFile.makeFolder(path, isPrivate: false)
        let lock = try CertificateFile.lock("\(path)/\(Self.lockName)", of: path)
        defer { CertificateFile.unlock(lock) }
        let before = number ?? 0
        let version = "v\(before + 1)"
        // Left behind by somebody who was killed before it counted.
        CertificateFile.removeFolder("\(path)/\(version)", holding: Self.names)
        try CertificateFile.makeFolder("\(path)/\(version)", isPrivate: true)
        step("folder")
        try KeyFile.create("\(path)/\(version)/\(CredentialFiles.privateKeyName)", key)
        step("key")
        let authoritiesPath = "\(path)/\(version)/\(CredentialFiles.authoritiesName)"
        try CertificateFile.create(authoritiesPath, authorities.map(\.pem).joined())
        step("authorities")
        let certificatePath = "\(path)/\(version)/\(CredentialFiles.certificateName)"
        try CertificateFile.create(certificatePath, chain.map(\.pem).joined())
        step("certificate")
        try CertificateFile.point("\(path)/\(Self.current)", to: version)
        step("current")
        for name in Self.names {
            // Also in place of files that were copied here by hand: the old key is of no use any more.
            let target = "\(Self.current)/\(name)"
            guard CertificateFile.target(of: "\(path)/\(name)") != target else { continue }
            try CertificateFile.point("\(path)/\(name)", to: target)
            step(name)
        }
        if before > 1 { CertificateFile.removeFolder("\(path)/v\(before - 1)", holding: Self.names) }
        step("cleaned")
    }

    /// Which version counts; what is not spelled as ours does not.
    private var number: Int? {
        guard let target = CertificateFile.target(of: "\(path)/\(Self.current)"), target.first == "v" else {
            return nil
        }
        return Int(target.dropFirst()).flatMap { $0 > 0 && "v\($0)" == target ? $0 : nil }
    }

    private static let current = "current"
    private static let lockName = ".lock"
    private static let names = [
        CredentialFiles.certificateName, CredentialFiles.privateKeyName, CredentialFiles.authoritiesName,
    ]
}

// MARK: - Keys that have no certificate yet

extension CredentialFolder {
    /// A key that was made and has no certificate yet, in a file of its own.
    package struct PendingKey: Sendable {
        /// The key.
        package let key: PrivateKey
        fileprivate let path: String
    }

    /// The key that waits under `name`, which is made where there is none: the same until it is forgotten.
    package func pendingKey(_ name: String) throws(CertificateError) -> PendingKey {
        try CertificateFile.makeFolder(path, isPrivate: false)
        let file = "\(path)/pending-\(name).pem"
        if CertificateFile.exists(file) { return PendingKey(key: try KeyFile.read(file), path: file) }
        let key = try KeyFile.make()
        try KeyFile.create(file, key)
        return PendingKey(key: key, path: file)
    }

    /// Removes the files of all keys that were made for enrolment: the node has its certificate, by whichever token.
    ///
    /// That of a node that comes home is not among them.
    package func forgetEnrolment() {
        guard let folder = opendir(path) else { return }
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard name.hasPrefix("pending-"), name.hasSuffix(".pem"), name != "pending-return.pem" else { continue }
            try? CertificateFile.removeIfThere("\(path)/\(name)")
        }
    }

    /// Removes the file of a key that has its certificate now.
    package func forget(_ pending: PendingKey) { try? CertificateFile.removeIfThere(pending.path) }
}
