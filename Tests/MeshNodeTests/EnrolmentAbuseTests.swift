import MeshActors
import MeshCertificates
import MeshCore
import MeshIO
import MeshIdentity
import MeshNode
import MeshQUIC
import MeshTestKit
import Testing

/// Who gets no certificate, and what the holder of the device is told: against the real listener and real actors.
@Suite(.timeLimit(.minutes(2))) struct `Enrolment is refused` {
    /// One abuse, and the refusal that it must meet.
    struct Abuse: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let code: EnrolmentRefusal.Code
        let words: String
        var options = EnrolmentGround.Options()
        let attempt: @Sendable (EnrolmentGround) async throws -> EnrolmentRefusal?

        init(
            _ what: String,
            _ code: EnrolmentRefusal.Code,
            _ words: String,
            _ attempt: @escaping @Sendable (EnrolmentGround) async throws -> EnrolmentRefusal?
        ) {
            (testDescription, self.code, self.words, self.attempt) = (what, code, words, attempt)
        }
    }

    static let abuses: [Abuse] = [
        Abuse("a token that another key has spent", .tokenSpent, "used before") { ground in
            let token = try ground.token()
            try await ground.enrol(by: token)
            return try await refused { try await ground.enrol(by: token, folder: "thief") }
        },
        Abuse("a token that was spent for another name", .tokenSpent, "for another name") { ground in
            let (token, key) = (try ground.token(), try KeyFile.make())
            for name in ["laptop-7", "laptop-8"] {
                let identity = try EnrolmentGround.identity(name)
                let request = try CertificateRequest(identity: identity, key: key).der
                let answer = try await ground.ask(token: token, as: identity, request: request)
                if let refusal = refusal(in: answer) { return refusal }
            }
            return nil
        },
        Abuse("a token that has ended", .tokenOutOfTime, "ended at") { ground in
            let token = try ground.token(life: .seconds(60), issued: .seconds(-61))
            return try await refused { try await ground.enrol(by: token) }
        },
        Abuse("a token of another authority's key", .forgedToken, "not made by this hub's authority") { ground in
            let other = try #require([UInt8](repeating: 7, count: 32).withUnsafeBytes { TokenKey(copying: $0) })
            let token = try ground.token(key: other)
            return try await refused { try await ground.enrol(by: token) }
        },
        Abuse("a token without text", .malformed, "begins with") { ground in
            let identity = try EnrolmentGround.identity()
            let request = try CertificateRequest(identity: identity, key: KeyFile.make()).der
            return refusal(in: try await ground.ask(token: "mesh2-abc", as: identity, request: request))
        },
        Abuse("a hub by the token of an edge", .notForThis, "is for an edge of 'acme'") { ground in
            try await ask(ground, try ground.token(), as: try EnrolmentGround.identity("hub-9", of: "acme", .hub))
        },
        Abuse("a node of another tenant", .notForThis, "is for an edge of 'acme'") { ground in
            try await ask(ground, try ground.token(), as: try EnrolmentGround.identity("laptop-7", of: "other"))
        },
        Abuse("another name than the token's", .notForThis, "called 'laptop-7'") { ground in
            try await ask(ground, try ground.token(node: "laptop-7"), as: try EnrolmentGround.identity("laptop-8"))
        },
        Abuse("a name that has an owner, by a token that names nobody", .nameTaken, "made for this name") { ground in
            try await ground.enrol(by: try ground.token())
            let token = try ground.token()
            let refusal = try await refused { try await ground.enrol(by: token, folder: "thief") }
            // The token is not spent by that, and the owner keeps what it has.
            try await ground.enrol("laptop-8", by: token, folder: "honest")
            let registration = try await ground.node.actor(NodeRegistration.self, "laptop-7")
                .call(NodeRegistration.Show())
            #expect(registration.keys.count == 1)
            return refusal
        },
        Abuse("the hub's own name", .nameTaken, "belongs to a node already") { ground in
            let token = try ground.token(node: "hub-1")
            return try await refused { try await ground.enrol("hub-1", by: token) }
        },
        Abuse("a name of another tenant's node", .nameTaken, "belongs to a node already") { ground in
            try await ground.enrol(by: try ground.token())
            let token = try ground.token(of: "other")
            return try await refused { try await ground.enrol(by: token, folder: "other") }
        },
        Abuse("a request for another name", .badRequest, "asks for 'spiffe://mesh/acme/edge/laptop-8'") { ground in
            let other = try CertificateRequest(identity: EnrolmentGround.identity("laptop-8"), key: KeyFile.make())
            let identity = try EnrolmentGround.identity()
            return refusal(in: try await ground.ask(token: ground.token(), as: identity, request: other.der))
        },
        Abuse("a request that its key has not signed", .badRequest, "not signed by its own key") { ground in
            let identity = try EnrolmentGround.identity()
            var request = try CertificateRequest(identity: identity, key: KeyFile.make(.ed25519)).der
            request[request.count - 1] ^= 1
            return refusal(in: try await ground.ask(token: ground.token(), as: identity, request: request))
        },
        Abuse("a weak key", .badRequest, "too weak") { ground in
            let path = "\(ground.scratch.path)/weak"
            try OpenSSL.run(
                "req",
                "-new",
                "-newkey",
                "rsa:1024",
                "-nodes",
                "-keyout",
                "\(path).key",
                "-subj",
                "/CN=x",
                "-outform",
                "DER",
                "-out",
                "\(path).csr"
            )
            let request = try OpenSSL.bytes("\(path).csr")
            return refusal(
                in: try await ground.ask(token: ground.token(), as: EnrolmentGround.identity(), request: request)
            )
        },
        Abuse("bytes that are no request", .badRequest, "does not take the request") { ground in
            refusal(
                in: try await ground.ask(token: ground.token(), as: EnrolmentGround.identity(), request: [1, 2, 3])
            )
        },
        Abuse("neither token nor certificate", .nothingShown, "ask for a token") { ground in
            try await ask(ground, nil, as: try EnrolmentGround.identity())
        },
        Abuse("a key that has enrolled, with another token", .keyUsed, "used before") { ground in
            let (identity, key) = (try EnrolmentGround.identity(), try KeyFile.make())
            let request = try CertificateRequest(identity: identity, key: key).der
            _ = try await ground.ask(token: ground.token(), as: identity, request: request)
            let token = try ground.token(node: "laptop-7")
            return refusal(in: try await ground.ask(token: token, as: identity, request: request))
        },
        Abuse("a device that was put out, with its old key and a new token", .keyUsed, "used before") { ground in
            let identity = try EnrolmentGround.identity()
            let request = try CertificateRequest(identity: identity, key: KeyFile.make()).der
            _ = try await ground.ask(token: ground.token(), as: identity, request: request)
            _ = try await ground.revocations.revoke(identity, reason: "stolen")
            let token = try ground.token(node: "laptop-7", issued: .seconds(5))
            return refusal(in: try await ground.ask(token: token, as: identity, request: request))
        },
        Abuse("a device that was put out, with a token from before", .revoked, "made before that") { ground in
            let token = try ground.token()
            _ = try await ground.revocations.revoke(try EnrolmentGround.identity(), reason: "stolen")
            return try await refused { try await ground.enrol(by: token) }
        },
        Abuse("a renewal by a key that was put out", .revoked, "only a new enrolment token") { ground in
            let credentials = try await ground.enrol(by: try ground.token())
            await ground.open(try ground.knock(credentials))
            _ = try await ground.revocations.revoke(credentials.identity, reason: "stolen")
            return try await renewed(ground, credentials.identity)
        },
        Abuse("a return by a key that a newer one has ended", .keyEnded, "a newer key") { ground in
            let first = try await ground.enrol(by: try ground.token())
            let second = try await ground.enrol(by: try ground.token(node: "laptop-7"), folder: "again")
            await ground.open(try ground.knock(second))
            return try await refused { try await ground.device().comeHome(first, at: ground.listener.localAddress) }
        },
        Abuse("a renewal of a node that is not connected", .unavailable, "is connected") { ground in
            let credentials = try await ground.enrol(by: try ground.token())
            return try await renewed(ground, credentials.identity)
        },
        Abuse("a return of a device that was put out", .revoked, "only a new enrolment token") { ground in
            let credentials = try await ground.enrol(by: try ground.token())
            _ = try await ground.revocations.revoke(credentials.identity, reason: "stolen")
            return try await refused {
                try await ground.device().comeHome(credentials, at: ground.listener.localAddress)
            }
        },
        Abuse("a return with a certificate of somebody who never enrolled", .notRegistered, "nobody has enrolled") {
            ground in
            let (identity, key) = (try EnrolmentGround.identity("laptop-3"), try KeyFile.make())
            let certificate = try ground.authority.open()
                .issue(NodeGrant(identity: identity), key: key, now: ground.clock.wallTime)
            let credentials = NodeCredentials(
                identity: identity,
                chain: [certificate.der],
                privateKey: key,
                trust: try ground.authority.trust(),
                validity: certificate.validity
            )
            return try await refused {
                try await ground.device().comeHome(credentials, at: ground.listener.localAddress)
            }
        },
    ]

    @Test(arguments: abuses) func `with words that the holder of the device understands`(_ abuse: Abuse) async throws {
        try await EnrolmentGround.run(abuse.options) { ground in
            let refusal = try #require(try await abuse.attempt(ground), "it was not refused")
            #expect(refusal.code == abuse.code, "\(refusal.message)")
            #expect(refusal.message.contains(abuse.words), "\(refusal.message)")
            // What is written to the log never holds a token.
            #expect(!ground.sink.records.contains { "\($0)".contains("mesh1-i") })
        }
    }

    @Test func `a certificate that expired longer ago than the grace period, by the handshake`() async throws {
        var options = EnrolmentGround.Options()
        (options.certificateLife, options.grace) = (.seconds(3_600), .seconds(600))
        try await EnrolmentGround.run(options) { ground in
            try await ground.enrol(by: try ground.token())
            for clock in [ground.clock, ground.deviceClock] { clock.move(by: .seconds(3_600 + 660)) }
            let expired = try ground.device().load()
            let error = await #expect(throws: DeviceEnrolmentError.self) {
                try await ground.device().comeHome(expired, at: ground.listener.localAddress)
            }
            #expect(error?.code == .refused)
            #expect(error?.message.contains("expired on") == true, "\(String(describing: error))")
        }
    }

    @Test func `and an identity comes back by a new token for a new key, and by that key alone`() async throws {
        try await EnrolmentGround.run { ground in
            let first = try await ground.enrol(by: try ground.token())
            _ = try await ground.revocations.revoke(first.identity, reason: "lost")
            #expect(ground.cuts.withLock { $0 } == 1)
            let error = #expect(throws: CertificateError.self) { try ground.knock(first) }
            #expect(error?.code == .revoked && error?.message.contains("lost") == false)
            let peer = try CertificateVerifier(trust: ground.authority.trust())
                .verify(chain: first.chain, purpose: .client, now: ground.clock.wallTime)
            #expect(throws: CertificateError.self) { try ground.admission.recheck(peer, now: ground.clock.wallTime) }
            let token = try ground.token(node: "laptop-7", issued: .seconds(5))
            let second = try await ground.enrol(by: token, folder: "found-again")
            #expect(try ground.knock(second).identity == first.identity)
            #expect(throws: CertificateError.self) { try ground.knock(first) }
            // It renews from there.
            await ground.open(try ground.knock(second))
            let actor = try ground.node.actor(CertificatesActor.self, "laptop-7")
            let third = try await ground.device("found-again").renew(second) { request in
                try await actor.call(CertificatesActor.Renew(certificateRequest: request))
            }.credentials
            #expect(try ground.knock(third).identity == first.identity)
        }
    }

    @Test func `a token that is altered in any part`() async throws {
        try await EnrolmentGround.run { ground in
            let text = try ground.token(node: "laptop-7")
            let identity = try EnrolmentGround.identity()
            let request = try CertificateRequest(identity: identity, key: KeyFile.make()).der
            for place in stride(from: 6, to: text.count, by: 17) {
                let index = text.index(text.startIndex, offsetBy: place)
                let other = text[index] == "A" ? "B" : "A"
                let altered = String(text[..<index]) + other + String(text[text.index(after: index)...])
                let answer = try await ground.ask(token: altered, as: identity, request: request)
                #expect([.malformed, .forgedToken].contains(refusal(in: answer)?.code), "at \(place)")
            }
        }
    }

    private static func refused(_ body: () async throws -> some Any) async throws -> EnrolmentRefusal? {
        do { _ = try await body() } catch {
            guard let refusal = refusal(of: error) else { throw error }
            return refusal
        }
        return nil
    }

    private static func ask(
        _ ground: EnrolmentGround,
        _ token: String?,
        as identity: NodeIdentity
    ) async throws -> EnrolmentRefusal? {
        let request = try CertificateRequest(identity: identity, key: KeyFile.make()).der
        return refusal(in: try await ground.ask(token: token, as: identity, request: request))
    }

    private static func renewed(_ ground: EnrolmentGround, _ identity: NodeIdentity) async throws -> EnrolmentRefusal? {
        let request = try CertificateRequest(identity: identity, key: KeyFile.make()).der
        let actor = try ground.node.actor(CertificatesActor.self, identity.node.text)
        return refusal(in: try await actor.call(CertificatesActor.Renew(certificateRequest: request)))
    }
}
