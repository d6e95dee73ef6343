import Glibc
import MeshCertificates
import MeshCore
import Testing

/// A folder that is gone with the test.
final class Scratch {
    let path: String

    init() {
        var template = Array("/tmp/mesh-certificates-XXXXXX".utf8CString)
        path = String(cString: mkdtemp(&template))
    }

    deinit { run("/bin/rm", "-r", path) }

    func write(_ name: String, _ text: String, mode: mode_t = 0o600) -> String {
        let file = fopen("\(path)/\(name)", "w")
        fputs(text, file)
        fclose(file)
        chmod("\(path)/\(name)", mode)
        return "\(path)/\(name)"
    }

    private func run(_ words: String...) {
        var process: pid_t = 0
        var arguments = words.map { strdup($0) } + [nil]
        posix_spawn(&process, words[0], nil, nil, &arguments, nil)
        waitpid(process, nil, 0)
        for argument in arguments { free(argument) }
    }
}

private func mode(_ path: String) -> mode_t {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
}

@Suite struct `Files of certificates` {
    private let scratch = Scratch()
    private let workshop: Workshop

    init() throws { workshop = try Workshop() }

    private func folder(_ role: NodeRole = .hub) throws -> CredentialFiles {
        let key = try KeyFile.make()
        let certificate = try workshop.authority.issue(
            NodeGrant(identity: Workshop.identity(role)),
            key: key,
            now: Workshop.now
        )
        let path = "\(scratch.path)/node"
        try IssuedFolder(path: path).create(certificate, key: key, authority: workshop.authority.certificate)
        return CredentialFiles(folder: path)
    }

    @Test(arguments: [NodeRole.hub, .edge])
    func `what was issued is what a node starts with`(role: NodeRole) throws {
        let files = try folder(role)
        #expect(mode(files.privateKey) == 0o600)
        let credentials = try files.load(now: Workshop.now)
        #expect(credentials.identity == (try Workshop.identity(role)))
        #expect(credentials.trust == workshop.trust)
        #expect(credentials.chain.count == 1)
        #expect(credentials.validity.notAfter == Workshop.later(90 * 86_400))
    }

    @Test func `the root at the end of a chain is left out`() throws {
        let files = try folder()
        let leaf = try Certificate.all(in: files.certificate)[0]
        let chain = scratch.write("chain.pem", leaf.pem + workshop.authority.certificate.pem)
        let longer = CredentialFiles(certificate: chain, privateKey: files.privateKey, authorities: files.authorities)
        #expect(try longer.load(now: Workshop.now).chain == [leaf.der])
    }

    @Test func `an authority comes back, and is not overwritten`() throws {
        let folder = AuthorityFolder(path: "\(scratch.path)/ca")
        try folder.create { () throws(CertificateError) in workshop.authority }
        #expect(mode(folder.path) == 0o700 && mode(folder.privateKeyPath) == 0o600)
        #expect(try folder.open().certificate == workshop.authority.certificate)
        #expect(throws: CertificateError(.fileExists, "")) {
            try folder.create { () throws(CertificateError) in workshop.authority }
        }
        chmod(folder.path, 0o755)
        #expect(throws: CertificateError(.keyExposed, "")) {
            try folder.create { () throws(CertificateError) in workshop.authority }
        }
    }

    @Test func `nothing is left of a file that could not be made`() throws {
        let files = try folder()
        #expect(throws: CertificateError(.fileExists, "")) {
            try IssuedFolder(path: "\(scratch.path)/node").checkIsFree()
        }
        #expect(throws: CertificateError(.fileExists, "")) { try KeyFile.create(files.privateKey, KeyFile.make()) }
        #expect(throws: CertificateError(.fileUnusable, "")) {
            try KeyFile.create("\(scratch.path)/no/key", KeyFile.make())
        }
        #expect(access("\(files.privateKey).new-\(getpid())", F_OK) != 0)
        #expect(throws: Never.self) { try files.load(now: Workshop.now) }
    }

    @Test func `each fault names the file and the reason`() throws {
        let files = try folder()
        let other = try Workshop("Other CA")
        let pem = workshop.authority.certificate.pem
        let key = try #require(readText(files.privateKey))
        let leaf = try Certificate.all(in: files.certificate)[0].pem
        let huge = String(repeating: "x", count: Limits.Certificate.maximumFileBytes + 1)
        let cases: [(CertificateErrorCode, String, CredentialFiles)] = [
            (.fileMissing, "no.pem", with(files, certificate: "\(scratch.path)/no.pem")),
            (.fileUnusable, scratch.path, with(files, certificate: scratch.path)),
            (.fileTooLarge, "huge.pem", with(files, certificate: scratch.write("huge.pem", huge))),
            (.notPEM, "garbage.pem", with(files, certificate: scratch.write("garbage.pem", "garbage"))),
            (.notPEM, "cut.pem", with(files, certificate: scratch.write("cut.pem", String(leaf.dropLast(60))))),
            (.wrongContent, "swapped.pem", with(files, certificate: scratch.write("swapped.pem", key))),
            (.wrongContent, "swapped-key.pem", with(files, key: scratch.write("swapped-key.pem", leaf))),
            (.wrongContent, "two.pem", with(files, key: scratch.write("two.pem", key + key))),
            (.keyExposed, "chmod 600", with(files, key: scratch.write("open.pem", key, mode: 0o640))),
            (.keyMismatch, "node.pem", with(files, key: scratch.write("other.pem", try otherKey()))),
            (.malformed, "bad.pem", with(files, key: scratch.write("bad.pem", emptyBlock("PRIVATE KEY")))),
            (
                .malformed, "bad-leaf.pem",
                with(files, certificate: scratch.write("bad-leaf.pem", emptyBlock("CERTIFICATE")))
            ),
            (
                .unknownAuthority, "node.pem",
                with(files, roots: scratch.write("o.pem", other.authority.certificate.pem))
            ),
            (.wrongKind, "leaf.pem", with(files, roots: scratch.write("leaf.pem", leaf))),
            (
                .wrongContent, "many.pem",
                with(files, roots: scratch.write("many.pem", String(repeating: pem, count: 9)))
            ),
        ]
        for (code, words, files) in cases {
            #expect { try files.load(now: Workshop.now) } throws: { error in
                guard let error = error as? CertificateError else { return false }
                return error.code == code && error.message.contains(words) && error.message.contains(scratch.path)
            }
        }
    }

    @Test func `times are those that the caller says`() throws {
        let files = try folder()
        #expect(throws: CertificateError(.expired, "")) { try files.load(now: Workshop.later(91 * 86_400)) }
        #expect(throws: CertificateError(.notYetValid, "")) { try files.load(now: Workshop.later(-400)) }
    }

    @Test(arguments: [
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAQID\n-----END ENCRYPTED PRIVATE KEY-----\n",
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAQID\n"
            + "-----END RSA PRIVATE KEY-----\n",
    ])
    func `an encrypted key is refused for what it is`(text: String) {
        let path = scratch.write("encrypted.pem", text)
        #expect(throws: CertificateError(.keyEncrypted, "")) { try KeyFile.read(path) }
    }

    @Test func `a pipe is not waited for`() {
        let path = "\(scratch.path)/pipe"
        mkfifo(path, 0o600)
        #expect(throws: CertificateError(.fileUnusable, "")) { try KeyFile.read(path) }
    }

    private func with(
        _ files: CredentialFiles,
        certificate: String? = nil,
        key: String? = nil,
        roots: String? = nil
    ) -> CredentialFiles {
        CredentialFiles(
            certificate: certificate ?? files.certificate,
            privateKey: key ?? files.privateKey,
            authorities: roots ?? files.authorities
        )
    }

    private func otherKey() throws -> String {
        let path = "\(scratch.path)/fresh-\(UInt64.random(in: 0...UInt64.max)).pem"
        try KeyFile.create(path, KeyFile.make(.ed25519))
        return try #require(readText(path))
    }

    private func emptyBlock(_ label: String) -> String { "-----BEGIN \(label)-----\nMAA=\n-----END \(label)-----\n" }

    private func readText(_ path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        return String(decoding: buffer[..<fread(&buffer, 1, buffer.count, file)], as: UTF8.self)
    }
}
