internal import MeshCore

/// The secret behind enrolment tokens in a file: PEM, its owner's alone.
enum TokenKeyFile {
    /// The key in the file.
    static func read(_ path: String) throws(CertificateError) -> TokenKey {
        try PEMFile.naming(path) { () throws(CertificateError) in
            let file = try CertificateFile.read(path, isSecret: true)
            return try file.withBytes { text throws(CertificateError) in
                let blocks = try PEM.blocks(in: text).filter { $0.label == label }
                guard let block = blocks.first, blocks.count == 1 else {
                    throw CertificateError(.wrongContent, "it holds \(blocks.count) of what should be one token key")
                }
                let bytes = try PEM.decode(block, in: text)
                guard let key = bytes.withBytes({ TokenKey(copying: $0) }) else {
                    throw CertificateError(.malformed, "the token key is cut short or too long")
                }
                return key
            }
        }
    }

    /// Makes the file, which must not exist, with a fresh key.
    static func create(_ path: String) throws(CertificateError) {
        var bytes = WipedBytes(capacity: TokenKey.byteCount)
        try bytes.fill { rest throws(CertificateError) in
            try Library.fillWithKey(rest)
            return rest.count
        }
        try CertificateFile.create(path, bytes.withBytes { PEM.encode(label, $0) }, mode: 0o600)
    }

    private static let label = "MESH TOKEN KEY"
}
