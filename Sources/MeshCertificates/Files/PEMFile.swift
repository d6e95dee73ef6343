internal import MeshCore

/// Blocks of PEM in files.
enum PEMFile {
    /// The only block of the file with one of the `labels`; `what` is their word for people.
    static func one(_ path: String, _ labels: [String], what: String) throws(CertificateError) -> [UInt8] {
        let all = try many(path, labels, what: what)
        guard let first = all.first, all.count == 1 else {
            throw CertificateError(.wrongContent, "it holds \(all.count) of what should be one \(what)")
        }
        return first
    }

    /// All blocks of the file with one of the `labels`, at least one; others are somebody's mistake.
    static func many(_ path: String, _ labels: [String], what: String) throws(CertificateError) -> [[UInt8]] {
        let file = try CertificateFile.read(path, isSecret: false)
        return try file.withBytes { text throws(CertificateError) in
            var found: [[UInt8]] = []
            for block in try PEM.blocks(in: text) where labels.contains(block.label) {
                found.append(try PEM.decode(block, in: text).array)
            }
            guard found.isEmpty else { return found }
            let other = try PEM.blocks(in: text).map { "'\($0.label)'" }.joined(separator: ", ")
            throw CertificateError(.wrongContent, "it holds no \(what), but \(other)")
        }
    }

    /// Runs `body`, whose errors do not know the file, and names it.
    static func naming<Result: ~Copyable>(
        _ path: String,
        _ body: () throws(CertificateError) -> Result
    ) throws(CertificateError) -> Result {
        do {
            return try body()
        } catch {
            guard !error.message.contains("'\(path)'") else { throw error }
            throw CertificateError(error.code, "'\(path)': \(error.message)", cause: error)
        }
    }

    /// What is no secret, in PEM.
    static func text(_ label: String, _ bytes: [UInt8]) -> String {
        let text = bytes.span.withUnsafeBytes { PEM.encode(label, $0) }
        return String(decoding: text.array, as: UTF8.self)
    }
}
