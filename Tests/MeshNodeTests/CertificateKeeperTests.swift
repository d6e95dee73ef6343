import MeshActors
import MeshCertificates
import MeshCore
import MeshIO
import MeshIdentity
import MeshNode
import MeshQUIC
import MeshTestKit
import Testing

/// What a keeper does when its certificate cannot be renewed: it goes on looking.
@Suite(.timeLimit(.minutes(2))) struct `A keeper of a certificate` {
    private static func keeper(_ ground: EnrolmentGround, _ tunnel: RefusingTunnel) -> CertificateKeeper {
        CertificateKeeper(
            enrolment: ground.device(),
            tunnel: tunnel,
            grace: .seconds(7_200),
            lookInterval: .milliseconds(20),
            clock: ground.deviceClock,
            logger: Logger(sink: ground.sink, clock: ground.deviceClock, minimumLevel: .debug)
        )
    }

    @Test(arguments: [false, true])
    func `takes what meshnode enrol has written, also after it was refused or came too late`(isRefused: Bool)
        async throws
    {
        try await EnrolmentGround.run { ground in
            let first = try await ground.enrol(by: try ground.token())
            let tunnel = RefusingTunnel()
            // Its clock steps: far beyond the grace, or into the second half of the certificate's life.
            let step = Duration.seconds(isRefused ? 50_000 : 10 * 86_400)
            ground.deviceClock.move(by: step)
            let task = Task { await Self.keeper(ground, tunnel).run(first, generator: SeededGenerator(seed: 3)) }
            if isRefused {
                #expect(await tunnel.asked.next() != nil)
            } else {
                while !ground.sink.records.contains(where: { "\($0)".contains("certificate-ends") }) {
                    await Task.yield()
                }
            }
            ground.deviceClock.move(by: .seconds(-step.components.seconds))
            // Certificates say whole seconds; one that began earlier is not taken for newer.
            let second = try await ground.enrol(by: try ground.token(node: "laptop-7"))
            #expect(await tunnel.used.next()?.chain == second.chain)
            task.cancel()
            await task.value
        }
    }

    @Test func `does not take the end of its key for the end of everything`() throws {
        #expect(!EnrolmentRefusal(.keyEnded, "").isFinal)
        #expect(EnrolmentRefusal(.revoked, "").isFinal)
        #expect(Limits.DeviceEnrolment.lookInterval <= CertificateRenewal.longestWait)
    }

    @Test func `comes home by another key where the one that waits has its certificate already`() async throws {
        var options = EnrolmentGround.Options()
        options.certificateLife = .seconds(3_600)
        try await EnrolmentGround.run(options) { ground in
            let first = try await ground.enrol(by: try ground.token())
            let folder = CredentialFolder(path: "\(ground.scratch.path)/laptop-7")
            let left = try folder.pendingKey("return").key
            let address = ground.listener.localAddress
            let second = try await ground.device().comeHome(first, at: address).credentials
            // As if it had been killed before it forgot the key.
            try KeyFile.create("\(folder.path)/pending-return.pem", left)
            for clock in [ground.clock, ground.deviceClock] { clock.move(by: .seconds(3_700)) }
            let third = try await ground.device().comeHome(second, at: address).credentials
            #expect(try Certificate(der: third.chain[0]).keyID != Certificate(der: second.chain[0]).keyID)
            #expect(!CertificatesOnDisk.exists("\(folder.path)/pending-return.pem"))
        }
    }

    @Test func `forgets the key to come home with when the hub says that it has been used`() async throws {
        var options = EnrolmentGround.Options()
        options.certificateLife = .seconds(3_600)
        try await EnrolmentGround.run(options) { ground in
            let first = try await ground.enrol(by: try ground.token())
            let folder = CredentialFolder(path: "\(ground.scratch.path)/laptop-7")
            // A key that the name has enrolled with, and which is not the one in use.
            let used = try folder.pendingKey("return").key
            let identity = first.identity
            let request = try CertificateRequest(identity: identity, key: used).der
            let answer = try await ground.ask(token: ground.token(node: "laptop-7"), as: identity, request: request)
            #expect(issued(in: answer) != nil)
            let address = ground.listener.localAddress
            let error = await #expect(throws: DeviceEnrolmentError.self) {
                try await ground.device().comeHome(first, at: address)
            }
            #expect(refusal(of: error)?.code == .keyUsed)
            let home = try await ground.device().comeHome(first, at: address).credentials
            #expect(try ground.knock(home).identity == identity)
        }
    }
}

/// A tunnel whose hub says no for good, and which tells what it is asked.
private final class RefusingTunnel: RenewalTunnel {
    let asked = Intake<Bool>(capacity: 64)
    let used = Intake<NodeCredentials>(capacity: 64)

    func renew(_ certificateRequest: [UInt8]) async throws -> EnrolmentAnswer {
        _ = asked.offer(true)
        return .refused(EnrolmentRefusal(.revoked, "put out"))
    }

    func use(_ credentials: NodeCredentials) async { _ = used.offer(credentials) }

    func enrolmentAddress() async -> SocketAddress? { nil }
}
