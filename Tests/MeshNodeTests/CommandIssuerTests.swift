import MeshCertificates
import MeshCore
import MeshIO
import MeshNode
import MeshQUIC
import Testing

/// Somebody else's authority behind a command: a real one of OpenSSL, and commands that misbehave.
@Suite(.timeLimit(.minutes(1))) struct `A command that signs` {
    private let scratch = Scratch()
    private let now: WallTime
    private let key: PrivateKey
    private let identity: NodeIdentity

    init() throws {
        let loop = try EventLoop.start(name: "now")
        now = MachineClock(loop: loop).wallTime
        loop.stop()
        key = try KeyFile.make()
        identity = try EnrolmentGround.identity()
        try OpenSSL.run(
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "30",
            "-subj",
            "/CN=Their CA",
            "-keyout",
            "\(scratch.path)/ca-key.pem",
            "-out",
            "\(scratch.path)/ca.pem",
            "-addext",
            "keyUsage=critical,keyCertSign"
        )
    }

    /// A script as an operator would write it around `openssl x509 -req`.
    private func script(_ line: String) throws -> [String] {
        let path = "\(scratch.path)/sign"
        try OpenSSL.write("#!/bin/sh\nset -e\ncd '\(scratch.path)'\n\(line)\n", to: path, mode: 0o755)
        return [path]
    }

    private static let openssl = """
        printf 'subjectAltName=URI:%s\\nextendedKeyUsage=%s\\n' "$MESH_IDENTITY" "$MESH_USAGE" > extensions-$$
        printf 'basicConstraints=CA:FALSE\\nkeyUsage=digitalSignature\\n' >> extensions-$$
        openssl x509 -req -in /dev/stdin -CA ca.pem -CAkey ca-key.pem -CAcreateserial -days 1 \
            -extfile extensions-$$ 2>&-
        """

    private func issue(_ words: [String], patience: Duration = .seconds(10)) async throws -> [Certificate] {
        let issuer = try CommandIssuer(words, authorities: "\(scratch.path)/ca.pem", patience: patience)
        let request = try CertificateRequest(identity: identity, key: key)
        // OpenSSL certifies from now on, and clocks have parts of seconds.
        let later = WallTime(millisecondsSince1970: now.millisecondsSince1970 + 60_000)
        return try await issuer.issue(NodeGrant(identity: identity), for: request, now: later)
    }

    @Test func `of OpenSSL issues what a hub asks for`() async throws {
        let chain = try await issue(try script(Self.openssl))
        #expect(chain.count == 1)
        #expect(chain[0].uris == [identity.text] && chain[0].issuer == "CN=Their CA")
        #expect(chain[0].keyID == (try CertificateRequest(identity: identity, key: key)).keyID)
    }

    @Test func `enrols a device from beginning to end`() async throws {
        let (scratch, words) = (scratch, try script(Self.openssl))
        var options = EnrolmentGround.Options()
        options.issuer = { folder in
            // The office signs by the command, and tells devices to believe its authority beside the hub's own.
            let own = try folder.certificate().pem
            let theirs = String(decoding: try OpenSSL.bytes("\(scratch.path)/ca.pem"), as: UTF8.self)
            try OpenSSL.write(own + theirs, to: "\(scratch.path)/believed.pem")
            return try CommandIssuer(words, authorities: "\(scratch.path)/believed.pem")
        }
        // OpenSSL's certificates begin now, and the hub must not be a moment behind.
        options.hubClockOff = .seconds(30)
        try await EnrolmentGround.run(options) { ground in
            ground.deviceClock.move(by: .seconds(30))
            let credentials = try await ground.enrol(by: try ground.token())
            #expect(try Certificate(der: credentials.chain[0]).issuer == "CN=Their CA")
            #expect(credentials.trust.certificates.count == 2)
        }
    }

    @Test(arguments: [
        ("exit 3", "ended with 3"), ("echo nothing", "cannot be read"), ("kill -9 $$", "signal 9"),
        ("sleep 60", "longer than 1 s"), ("exec yes", "wrote more than"), ("exec 1>&-; sleep 60", "does not end"),
        ("cat ca.pem", "an authority's, not a node's"),
        (openssl.replacing("$MESH_IDENTITY", with: "spiffe://mesh/acme/edge/laptop-8"), "names 'spiffe"),
        (openssl.replacing("$MESH_USAGE", with: "emailProtection,serverAuth"), "made for"),
    ]) func `that misbehaves issues nothing`(_ line: String, _ words: String) async throws {
        let script = try script(line)
        let error = await #expect(throws: CertificateError.self) { _ = try await issue(script, patience: .seconds(1)) }
        #expect(error?.message.contains(words) == true, "\(String(describing: error))")
    }

    @Test func `for another key than the one that was asked for is not taken`() async throws {
        try OpenSSL.run(
            "req",
            "-new",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-subj",
            "/CN=x",
            "-keyout",
            "\(scratch.path)/other.key",
            "-out",
            "\(scratch.path)/other.csr"
        )
        let script = try script(Self.openssl.replacing("/dev/stdin", with: "other.csr"))
        let error = await #expect(throws: CertificateError.self) { _ = try await issue(script) }
        #expect(error?.code == .keyMismatch)
    }

    @Test func `that is not there, or whose authorities are not, is an error with words`() async throws {
        let error = await #expect(throws: CertificateError.self) { _ = try await issue(["/nowhere/at-all"]) }
        #expect(error?.code == .issuerFailed && error?.message.contains("cannot be started") == true)
        let path = scratch.path
        #expect(throws: CertificateError.self) { _ = try CommandIssuer(["true"], authorities: "\(path)/none.pem") }
        #expect(throws: CertificateError.self) { _ = try CommandIssuer([], authorities: "\(path)/ca.pem") }
    }

    @Test func `runs a bounded number of times at once`() async throws {
        let script = try script("sleep 1; exit 1")
        let issuer = try CommandIssuer(script, authorities: "\(scratch.path)/ca.pem", patience: .seconds(5))
        let request = try CertificateRequest(identity: identity, key: key)
        let grant = try NodeGrant(identity: identity)
        let now = now
        let refused = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<Limits.IssuerCommand.maximumConcurrent + 3 {
                group.addTask {
                    do throws(CertificateError) {
                        _ = try await issuer.issue(grant, for: request, now: now)
                        return false
                    } catch {
                        return error.message.contains("at once")
                    }
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(refused == 3)
        #expect(Limits.IssuerCommand.patience < Limits.EnrolmentListener.answerPatience)
        #expect(Limits.IssuerCommand.maximumOutputBytes >= 4 * 16_384)
        #expect(Limits.DeviceEnrolment.maximumAttempts > 1 && Limits.DeviceEnrolment.longestPause > .seconds(1))
    }

    @Test(arguments: [
        ("Anna's MacBook.local", "anna-s-macbook"), ("LAPTOP-7", "laptop-7"), ("--x--", "x"), ("a.b.c", "a"),
    ]) func `names of machines become names of nodes`(_ text: String, _ name: String) {
        #expect(NodeName.made(of: text)?.text == name)
    }

    @Test func `a machine's name of which nothing is left is no name`() {
        #expect(NodeName.made(of: "...") == nil && NodeName.made(of: "???") == nil)
    }
}
