import Glibc
import MeshCertificates
import MeshCore
import MeshIO
import Testing

/// What a node says about its own files before it opens a socket: the file's name and the reason.
@Suite struct `Files of credentials are refused` {
    /// One fault, made in a folder that was good before.
    struct Fault: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let code: CertificateErrorCode
        let file: String
        let words: String
        let make: @Sendable (String, SampleAuthority) throws -> Void

        init(
            _ what: String,
            _ code: CertificateErrorCode,
            _ file: String,
            _ words: String,
            _ make: @escaping @Sendable (String, SampleAuthority) throws -> Void
        ) {
            (testDescription, self.code, self.file, self.words, self.make) = (what, code, file, words, make)
        }
    }

    static let faults: [Fault] = [
        Fault("a key that others may read", .keyExposed, "node-key.pem", "chmod 600") { folder, _ in
            chmod("\(folder)/node-key.pem", 0o644)
        },
        Fault("no key", .fileMissing, "node-key.pem", "does not exist") { folder, _ in
            unlink("\(folder)/node-key.pem")
        },
        Fault("a folder in place of a certificate", .fileUnusable, "node.pem", "not a file") { folder, _ in
            unlink("\(folder)/node.pem")
            mkdir("\(folder)/node.pem", 0o755)
        },
        Fault("another certificate's key", .keyMismatch, "node.pem", "not the one") { folder, _ in
            unlink("\(folder)/node-key.pem")
            try KeyFile.create("\(folder)/node-key.pem", try KeyFile.make(.p256))
        },
        Fault("an expired certificate", .expired, "node.pem", "expired on") { folder, authority in
            for name in ["node.pem", "node-key.pem"] { unlink("\(folder)/\(name)") }
            let (certificate, _, key) = try authority.issue(.edge, "laptop-7", issuedInDays: -3)
            try certificate.create("\(folder)/node.pem")
            try KeyFile.create("\(folder)/node-key.pem", key)
        },
    ]

    @Test(arguments: faults) func `with the file and the reason`(_ fault: Fault) throws {
        let loop = try EventLoop.start(name: "test")
        defer { loop.stop() }
        let clock = MachineClock(loop: loop)
        let authority = try SampleAuthority(clock: clock)
        var template = Array("/tmp/meshnode-credentials-XXXXXX".utf8CString)
        let folder = try #require(mkdtemp(&template).map { String(cString: $0) })
        defer {
            for name in ["node.pem", "node-key.pem", "ca.pem"] { remove("\(folder)/\(name)") }
            rmdir(folder)
        }
        let (certificate, identity, key) = try authority.issue(.edge, "laptop-7")
        try IssuedFolder(path: folder).create(certificate, key: key, authority: authority.certificate)
        let files = CredentialFiles(folder: folder)
        #expect(try files.load(now: clock.wallTime).identity == identity)
        try fault.make(folder, authority)
        let error = #expect(throws: CertificateError.self) { _ = try files.load(now: clock.wallTime) }
        let said = try #require(error)
        #expect(said.code == fault.code)
        #expect("\(said)".contains(fault.file) && "\(said)".contains(fault.words), "\(said)")
    }
}
