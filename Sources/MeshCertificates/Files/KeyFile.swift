internal import CMeshCertificates
package import MeshCore

/// Private keys in PEM files.
package enum KeyFile {
    /// The only key in the file: PKCS #8, PKCS #1 or SEC 1, not encrypted, its owner's alone, and strong.
    package static func read(_ path: String) throws(CertificateError) -> PrivateKey {
        try PEMFile.naming(path) { () throws(CertificateError) in
            let file = try CertificateFile.read(path, isSecret: true)
            return try file.withBytes { text throws(CertificateError) in
                let block = try onlyKey(try PEM.blocks(in: text))
                let der = try PEM.decode(block, in: text)
                let key = try der.withBytes { bytes throws(CertificateError) in try KeyHandle.reading(bytes) }
                guard fits(block.label, key.algorithm) else {
                    throw CertificateError(.wrongContent, "a block '\(block.label)' holds a key for \(key.algorithm)")
                }
                return try key.privateKey()
            }
        }
    }

    /// Makes the file, which must not exist, with `key` in PKCS #8, for its owner alone.
    package static func create(_ path: String, _ key: PrivateKey) throws(CertificateError) {
        try CertificateFile.create(path, key.withBytes { PEM.encode(pkcs8, $0) }, mode: 0o600)
    }

    /// The key in the file, which is made with a fresh one where it is missing.
    package static func readOrMake(_ path: String) throws(CertificateError) -> PrivateKey {
        if CertificateFile.exists(path) { return try read(path) }
        let key = try make()
        try create(path, key)
        return key
    }

    /// A fresh key.
    package static func make(_ algorithm: KeyAlgorithm = .p256) throws(CertificateError) -> PrivateKey {
        try KeyHandle.generating(algorithm).privateKey()
    }

    /// Throws where `certificate` is about another key than `key`.
    static func check(_ key: PrivateKey, fits certificate: Certificate) throws(CertificateError) {
        guard let keyID = try KeyHandle.holding(key).keyID, keyID == certificate.keyID.bytes else {
            throw CertificateError(
                .keyMismatch,
                "the key is not the one that the certificate of '\(certificate)' is about"
            )
        }
    }

    private static func onlyKey(_ blocks: [PEM.Block]) throws(CertificateError) -> PEM.Block {
        if blocks.contains(where: { $0.label == "ENCRYPTED PRIVATE KEY" || $0.isEncrypted }) {
            throw CertificateError(
                .keyEncrypted,
                "the key is encrypted, and a node that starts by itself has nobody to ask for the passphrase; "
                    + "decrypt it (openssl pkey) and keep the file to its owner"
            )
        }
        let keys = blocks.filter { [pkcs8, pkcs1, sec1].contains($0.label) }
        guard let key = keys.first else {
            let other = blocks.map { "'\($0.label)'" }.joined(separator: ", ")
            throw CertificateError(.wrongContent, "it holds no private key, but \(other)")
        }
        guard keys.count == 1 else { throw CertificateError(.wrongContent, "it holds \(keys.count) private keys") }
        return key
    }

    private static func fits(_ label: String, _ algorithm: KeyAlgorithm) -> Bool {
        switch (label, algorithm) {
        case (pkcs8, _), (pkcs1, .rsa), (sec1, .p256), (sec1, .p384): true
        default: false
        }
    }

    private static let pkcs8 = "PRIVATE KEY"
    private static let pkcs1 = "RSA PRIVATE KEY"
    private static let sec1 = "EC PRIVATE KEY"
}
