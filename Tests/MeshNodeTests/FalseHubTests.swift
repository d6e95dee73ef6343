import MeshCertificates
import MeshCore
import MeshIdentity
import MeshNode
import MeshQUIC
import Testing

/// Who answers a device and is not its hub, and clocks that are wrong on either side.
@Suite(.timeLimit(.minutes(2))) struct `A device does not enrol` {
    private func failure(
        _ options: EnrolmentGround.Options = EnrolmentGround.Options(),
        _ body: @escaping @Sendable (EnrolmentGround) async throws -> Void
    ) async throws -> DeviceEnrolmentError {
        let seen = Lock<DeviceEnrolmentError?>(nil)
        try await EnrolmentGround.run(options) { ground in
            let error = await #expect(throws: DeviceEnrolmentError.self) { try await body(ground) }
            seen.withLock { $0 = error }
            #expect(!CertificatesOnDisk.exists("\(ground.scratch.path)/laptop-7/node.pem"))
        }
        return try #require(seen.withLock { $0 })
    }

    @Test func `at a hub of another authority`() async throws {
        let error = try await failure { ground in
            try await ground.enrol(by: try ground.token(authority: SHA256.digest([1])))
        }
        #expect(error.code == .wrongHub)
        #expect(error.message.contains("another authority than the one that the enrolment token names"))
    }

    @Test func `at a hub that shows the right authority above a chain of another`() async throws {
        var options = EnrolmentGround.Options()
        let scratch = Scratch()
        options.scratch = scratch
        // Made by somebody who knows the real authority's certificate, which is no secret, and has not its key.
        let impostor = try CertificateAuthority.make(
            name: "Mesh CA",
            now: WallTime(millisecondsSince1970: 1_700_000_000_000)
        )
        options.shownAuthority = impostor
        options.show = { hub, _ in
            let real = try AuthorityFolder(path: "\(scratch.path)/ca").certificate()
            return NodeCredentials(
                identity: hub.identity,
                chain: hub.chain + [real.der],
                privateKey: hub.privateKey,
                trust: hub.trust,
                validity: hub.validity
            )
        }
        let error = try await failure(options) { ground in try await ground.enrol(by: try ground.token()) }
        // GnuTLS on the other side leaves out what does not fit; that a whole chain is refused is tested with the
        // verifier.
        #expect(error.code == .wrongHub)
    }

    @Test func `at a hub that shows no authority at all`() async throws {
        var options = EnrolmentGround.Options()
        options.show = { hub, _ in hub }
        let error = try await failure(options) { ground in try await ground.enrol(by: try ground.token()) }
        #expect(error.code == .wrongHub)
        #expect(error.message.contains("shows no authority"))
    }

    @Test func `at an edge that poses as a hub`() async throws {
        let scratch = Scratch()
        var options = EnrolmentGround.Options()
        options.scratch = scratch
        options.show = { hub, now in
            let authority = try AuthorityFolder(path: "\(scratch.path)/ca").open()
            let (identity, key) = (try EnrolmentGround.identity("laptop-1"), try KeyFile.make())
            let certificate = try authority.issue(NodeGrant(identity: identity), key: key, now: now)
            return NodeCredentials(
                identity: identity,
                chain: [certificate.der, authority.certificate.der],
                privateKey: key,
                trust: hub.trust,
                validity: certificate.validity
            )
        }
        let error = try await failure(options) { ground in try await ground.enrol(by: try ground.token()) }
        #expect(error.code == .wrongHub)
        #expect(error.message.contains("made for clients only"))
    }

    @Test func `where nobody listens`() async throws {
        let error = try await failure { ground in
            let device = DeviceEnrolment(
                folder: CredentialFolder(path: "\(ground.scratch.path)/laptop-7"),
                loop: ground.loop,
                clock: ground.deviceClock,
                patience: .milliseconds(100)
            )
            let address = ground.listener.localAddress
            await ground.listener.close()
            _ = try await device.enrol(token: try ground.token(node: "laptop-7"), name: nil, at: address)
        }
        #expect(error.code == .unreachable)
    }

    @Test func `when its clock is a day behind`() async throws {
        let error = try await failure { ground in
            ground.deviceClock.move(by: .seconds(-86_400))
            try await ground.enrol(by: try ground.token())
        }
        #expect(error.code == .clock)
        #expect(error.message.contains("is a clock wrong?") && error.message.contains("this device's clock says"))
    }

    @Test func `when its clock is a day ahead and certificates live for less`() async throws {
        var options = EnrolmentGround.Options()
        options.certificateLife = .seconds(3_600)
        let error = try await failure(options) { ground in
            ground.deviceClock.move(by: .seconds(86_400))
            try await ground.enrol(by: try ground.token())
        }
        #expect(error.code == .clock)
        #expect(error.message.contains("set the clock that is wrong"), "\(error.message)")
    }

    @Test func `unless certificates outlive the day that its clock is ahead`() async throws {
        var options = EnrolmentGround.Options()
        options.certificateLife = .seconds(10 * 86_400)
        try await EnrolmentGround.run(options) { ground in
            ground.deviceClock.move(by: .seconds(86_400))
            let address = ground.listener.localAddress
            let outcome = try await ground.device().enrol(
                token: try ground.token(node: "laptop-7"),
                name: nil,
                at: address
            )
            #expect(outcome.clockAhead > .seconds(86_300) && outcome.clockAhead < .seconds(86_500))
        }
    }

    @Test(arguments: [(-86_400, "was made at"), (86_400, "ended at")] as [(Int64, String)])
    func `when the hub's clock is off by a day`(_ seconds: Int64, _ words: String) async throws {
        var options = EnrolmentGround.Options()
        options.hubClockOff = .seconds(seconds)
        let kept = try await failure(options) { ground in
            // The device sets its clock by the same wrong source, so that only the token tells.
            ground.deviceClock.move(by: .seconds(seconds))
            try await ground.enrol(by: try ground.token())
        }
        #expect(kept.code == .clock)
        #expect(kept.message.contains(words) && kept.message.contains("clock"), "\(kept.message)")
    }

    @Test func `with a token that is none, or for another name, before anybody is asked`() async throws {
        for (token, name, words) in [("mesh1-zzz", "laptop-7", "cut short"), ("", "laptop-7", "begins with")] {
            let error = try await failure { ground in try await ground.enrol(name, by: token) }
            #expect(error.code == .wrongToken && error.message.contains(words))
        }
        let named = try await failure { ground in
            try await ground.enrol("laptop-8", by: try ground.token(node: "laptop-7"))
        }
        #expect(named.code == .wrongToken)
        let nameless = try await failure { ground in try await ground.enrol(nil, by: try ground.token()) }
        #expect(nameless.code == .wrongToken && nameless.message.contains("--id"))
    }
}
