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
    }

    static let faults: [Fault] = [
        Fault(testDescription: "a key that others may read", code: .keyExposed, file: "node-key.pem", words: "chmod 600") {
            folder, _ in chmod("\(folder)/node-key.pem", 0o644)
        },
        Fault(testDescription: "no key", code: .fileMissing, file: "node-key.pem", words: "does not exist") {
            folder, _ in unlink("\(folder)/node-key.pem")
        },
        Fault(testDescription: "a folder in place of a certificate", code: .fileUnusable, file: "node.pem", words: "not a file") {
            folder, _ in
            unlink("\(folder)/node.pem")
            mkdir("\(folder)/node.pem", 0o755)
        },
        Fault(testDescription: "another certificate's key", code: .keyMismatch, file: "node.pem", words: "not the one") {
            folder, _ in
            unlink("\(folder)/node-key.pem")
            try KeyFile.create("\(folder)/node-key.pem", try KeyFile.make(.p256))
        },
        Fault(testDescription: "an expired certificate", code: .expired, file: "node.pem", words: "expired on") {
            folder, authority in
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
