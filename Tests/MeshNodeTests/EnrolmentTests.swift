import MeshActors
import MeshCertificates
import MeshCore
import MeshIO
import MeshIdentity
import MeshNode
import MeshQUIC
import MeshTestKit
import Testing

/// Devices and a hub over real QUIC, with real actors: what must work.
@Suite(.timeLimit(.minutes(2))) struct `A device enrols` {
    @Test func `and has a certificate that tunnels take, and a key that nobody else reads`() async throws {
        try await EnrolmentGround.run { ground in
            let credentials = try await ground.enrol(by: try ground.token())
            #expect(credentials.identity == (try EnrolmentGround.identity()))
            #expect(credentials.trust == (try ground.authority.trust()))
            #expect(try ground.knock(credentials).identity == credentials.identity)
            let loaded = try ground.device().load()
            #expect(loaded.chain == credentials.chain)
            let registration = try await ground.node.actor(NodeRegistration.self, "laptop-7")
                .call(NodeRegistration.Show())
            let certificate = try Certificate(der: credentials.chain[0])
            #expect(registration.identity == credentials.identity)
            #expect(registration.certificates.map(\.serial) == [certificate.serial])
            #expect(registration.keys.map(\.keyID) == [certificate.keyID])
        }
    }

    @Test func `a name in the token is the one that it gets`() async throws {
        try await EnrolmentGround.run { ground in
            let credentials = try await ground.enrol(nil, by: try ground.token(node: "printer-1"))
            #expect(credentials.identity.node.text == "printer-1")
        }
    }

    @Test func `again with the same token and key after a lost answer, until the token ends`() async throws {
        try await EnrolmentGround.run { ground in
            let token = try ground.token()
            let identity = try EnrolmentGround.identity()
            let key = try KeyFile.make()
            let request = try CertificateRequest(identity: identity, key: key).der
            for _ in 0..<3 {
                let answer = try await ground.ask(token: token, as: identity, request: request)
                #expect(refusal(in: answer) == nil)
            }
            let registration = try await ground.node.actor(NodeRegistration.self, "laptop-7")
                .call(NodeRegistration.Show())
            #expect(registration.keys.count == 1)
            ground.clock.move(by: .seconds(601))
            let late = try await ground.ask(token: token, as: identity, request: request)
            #expect(refusal(in: late)?.code == .tokenOutOfTime)
        }
    }

    @Test func `renews with a new key, and the old one ends when the new one is proved`() async throws {
        try await EnrolmentGround.run { ground in
            let first = try await ground.enrol(by: try ground.token())
            let old = try ground.knock(first)
            #expect(await ground.open(old) == .stays)
            let actor = try ground.node.actor(CertificatesActor.self, "laptop-7")
            let second = try await ground.device().renew(first) { request in
                try await actor.call(CertificatesActor.Renew(certificateRequest: request))
            }.credentials
            let new = try ground.knock(second)
            #expect(new.keyID != old.keyID && new.identity == old.identity)
            // Until the new one is proved both count.
            #expect(await ground.open(old) == .stays)
            #expect(await ground.open(new) == .stays)
            let verdict = await ground.open(old)
            #expect("\(verdict)".contains("a newer key"), "\(verdict)")
            #expect(try ground.device().load().chain == second.chain)
        }
    }

    @Test func `a hundred renewals in a row leave one key`() async throws {
        try await EnrolmentGround.run { ground in
            var credentials = try await ground.enrol(by: try ground.token())
            var peer = try ground.knock(credentials)
            await ground.open(peer)
            let actor = try ground.node.actor(CertificatesActor.self, "laptop-7")
            for _ in 0..<100 {
                let key = try KeyFile.make()
                let request = try CertificateRequest(identity: credentials.identity, key: key)
                let answer = try await actor.call(CertificatesActor.Renew(certificateRequest: request.der))
                let fresh = try #require(issued(in: answer), "\(answer)")
                credentials = NodeCredentials(
                    identity: credentials.identity,
                    chain: fresh.chain,
                    privateKey: key,
                    trust: credentials.trust,
                    validity: credentials.validity
                )
                let next = try ground.knock(credentials)
                #expect(await ground.open(next) == .stays)
                ground.close(peer)
                peer = next
                ground.clock.move(by: .seconds(3_600))
            }
            let registration = try await ground.node.actor(NodeRegistration.self, "laptop-7")
                .call(NodeRegistration.Show())
            #expect(registration.keys.map(\.keyID) == [peer.keyID])
        }
    }

    @Test func `comes home by its old key when its certificate has expired inside the grace period`() async throws {
        var options = EnrolmentGround.Options()
        options.certificateLife = .seconds(3_600)
        try await EnrolmentGround.run(options) { ground in
            let first = try await ground.enrol(by: try ground.token())
            for clock in [ground.clock, ground.deviceClock] { clock.move(by: .seconds(3_700)) }
            let error = #expect(throws: CertificateError.self) { try ground.knock(first) }
            #expect(error?.code == .expired)
            let expired = try ground.device().load()
            let home = try await ground.device().comeHome(expired, at: ground.listener.localAddress).credentials
            #expect(try ground.knock(home).identity == first.identity)
            #expect(try Certificate(der: home.chain[0]).keyID != (try Certificate(der: first.chain[0]).keyID))
        }
    }

    @Test func `and a keeper renews its certificate of seconds while it runs`() async throws {
        var options = EnrolmentGround.Options()
        options.certificateLife = .seconds(2)
        try await EnrolmentGround.run(options) { ground in
            let first = try await ground.enrol(by: try ground.token())
            await ground.open(try ground.knock(first))
            let tunnel = KeptTunnel(ground)
            let keeper = CertificateKeeper(
                enrolment: ground.device(),
                tunnel: tunnel,
                grace: .seconds(7_200),
                clock: ground.deviceClock,
                logger: Logger(sink: ground.sink, clock: ground.deviceClock, minimumLevel: .debug)
            )
            let task = Task { await keeper.run(first, generator: SeededGenerator(seed: 1)) }
            for _ in 0..<3 { _ = await tunnel.renewals.next() }
            task.cancel()
            await task.value
            #expect(tunnel.used.withLock { $0 } >= 3)
        }
    }

    @Test func `a hub that restarts knows who was enrolled, spent and put out`() async throws {
        let (journal, scratch) = (VolatileJournal(), Scratch())
        var options = EnrolmentGround.Options()
        (options.journal, options.scratch) = (journal, scratch)
        let kept = Lock<(String, NodeCredentials)?>(nil)
        try await EnrolmentGround.run(options) { ground in
            let token = try ground.token()
            let credentials = try await ground.enrol(by: token)
            _ = try await ground.revocations.revoke(try EnrolmentGround.identity("laptop-9"), reason: "lost")
            kept.withLock { $0 = (token, credentials) }
        }
        try await EnrolmentGround.run(options) { ground in
            let (token, credentials) = try #require(kept.withLock { $0 })
            try await ground.revocations.load()
            #expect(ground.admission.revocationCount == 1)
            let error = await #expect(throws: DeviceEnrolmentError.self) {
                try await ground.enrol(by: token, folder: "thief")
            }
            #expect(refusal(of: error)?.code == .tokenSpent)
            #expect(await ground.open(try ground.knock(credentials)) == .stays)
        }
    }
}

/// A tunnel that is the hub's own actor, and tells of each renewal.
private final class KeptTunnel: RenewalTunnel {
    let renewals = Intake<Bool>(capacity: 64)
    let used = Lock(0)
    private let ground: EnrolmentGround

    init(_ ground: EnrolmentGround) { self.ground = ground }

    func renew(_ certificateRequest: [UInt8]) async throws -> EnrolmentAnswer {
        let actor = try ground.node.actor(CertificatesActor.self, "laptop-7")
        return try await actor.call(CertificatesActor.Renew(certificateRequest: certificateRequest))
    }

    func use(_ credentials: NodeCredentials) async {
        if let peer = try? ground.knock(credentials) {
            await ground.open(peer)
            let older = ground.links.withLock { $0.filter { $0.keyID != peer.keyID } }
            for link in older { ground.office.links.closed(link.number) }
        }
        used.withLock { $0 += 1 }
        _ = renewals.offer(true)
    }

    func enrolmentAddress() async -> SocketAddress? { ground.listener.localAddress }
}
