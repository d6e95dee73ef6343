import MeshActors
import MeshCertificates
import MeshCore
import MeshIO
import MeshQUIC
import Testing

/// Who is refused, and what both sides are told: `connect()` throws it, and the observer of the hub hears it.
///
/// Clients without a certificate or without TLS 1.3 are beside aioquic in Tests/Interop: ours are never like that.
@Suite(.timeLimit(.minutes(1))) struct `A link is refused` {
    /// One refusal: who shows what, and the words that must reach each side.
    struct Refusal: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var hub: @Sendable (Scene) throws -> NodeCredentials = { try $0.ours.credentials(.hub, "hub-1") }
        var edge: @Sendable (Scene) throws -> NodeCredentials = { try $0.ours.credentials(.edge, "laptop-7") }
        var serverName: @Sendable () throws -> ServerName = { .dns("localhost") }
        /// Who refuses.
        let refuser: NodeRole
        let alert: UInt8
        let words: [String]
    }

    /// Two authorities: the one that all believe, and another.
    struct Scene: Sendable {
        let ours: SampleAuthority
        let other: SampleAuthority
    }

    static let refusals: [Refusal] = [
        Refusal(
            testDescription: "a client of another authority",
            edge: { try $0.other.credentials(.edge, "laptop-7") },
            refuser: .hub,
            alert: 48,
            words: ["unknown authority", "laptop-7"]
        ),
        Refusal(
            testDescription: "a server of another authority",
            hub: { try $0.other.credentials(.hub, "hub-1") },
            refuser: .edge,
            alert: 48,
            words: ["unknown authority", "hub-1"]
        ),
        Refusal(
            testDescription: "a client whose certificate has expired",
            edge: { try $0.ours.credentials(.edge, "laptop-7", issuedInDays: -3) },
            refuser: .hub,
            alert: 45,
            words: ["expired on", "laptop-7"]
        ),
        Refusal(
            testDescription: "a server whose certificate has expired",
            hub: { try $0.ours.credentials(.hub, "hub-1", issuedInDays: -3) },
            refuser: .edge,
            alert: 45,
            words: ["expired on", "hub-1"]
        ),
        Refusal(
            testDescription: "a client whose certificate does not count yet",
            edge: { try $0.ours.credentials(.edge, "laptop-7", issuedInDays: 3) },
            refuser: .hub,
            alert: 42,
            words: ["counts from", "is a clock wrong?"]
        ),
        Refusal(
            testDescription: "a server whose certificate does not count yet",
            hub: { try $0.ours.credentials(.hub, "hub-1", issuedInDays: 3) },
            refuser: .edge,
            alert: 42,
            words: ["counts from", "is a clock wrong?"]
        ),
        Refusal(
            testDescription: "a server with a client's certificate",
            hub: { try $0.ours.credentials(.edge, "laptop-8") },
            refuser: .edge,
            alert: 43,
            words: ["made for clients only", "shown by a server"]
        ),
        Refusal(
            testDescription: "a server of another name",
            serverName: { .dns("elsewhere.example") },
            refuser: .edge,
            alert: 42,
            words: ["the host name 'elsewhere.example' is not among the names", "localhost"]
        ),
        Refusal(
            testDescription: "another node than the one that was wanted",
            serverName: { .node(try NodeID("hub-2")) },
            refuser: .edge,
            alert: 42,
            words: ["the node 'hub-2' is not among the names"]
        ),
    ]

    @Test(arguments: refusals) func `with a reason that both sides can read`(_ refusal: Refusal) async throws {
        let loop = try EventLoop.start(name: "test")
        defer { loop.stop() }
        let clock = MachineClock(loop: loop)
        let scene = Scene(ours: try SampleAuthority(clock: clock), other: try SampleAuthority(clock: clock))
        let witness = WitnessedLinks()
        let local = SocketAddress.loopbackIPv4(port: 0)
        let hub = try await LinkPair.transport(
            loop,
            local,
            accepts: true,
            try refusal.hub(scene),
            scene.ours,
            QUICConfiguration(),
            witness
        )
        let edge = try await LinkPair.transport(loop, local, accepts: false, try refusal.edge(scene), scene.ours)
        let name = try refusal.serverName()
        let error = await #expect(throws: QUICError.self) {
            _ = try await edge.connect(to: hub.localAddress, serverName: name)
        }
        let heard = try await witness.closed.wait()
        #expect(heard.kind == .alert(refusal.alert), "\(heard)")
        #expect(heard.side == (refusal.refuser == .hub ? .us : .peer), "\(heard)")
        let said = try #require(error)
        #expect(said.code == .connectionClosed)
        for word in refusal.words {
            #expect(said.message.contains(word), "the edge: \(said.message)")
            #expect(heard.description.contains(word), "the hub: \(heard)")
        }
        #expect(said.message.hasPrefix(refusal.refuser == .edge ? "us:" : "peer:"), "\(said.message)")
        await edge.close()
        await hub.close()
    }

    @Test func `where there is no common protocol`() async throws {
        try await LinkPair.run { pair in
            let stranger = Stranger()
            try await stranger.connect(to: pair, speaking: "mesh/2")
            let heard = try await pair.hubLinks.closed.wait()
            #expect(heard.side == .us && heard.kind == .alert(120), "\(heard)")
            let said = try await stranger.closed.wait()
            #expect(said.side == .peer && said.kind == .alert(120), "\(said)")
            #expect(said.description.contains("no common protocol"), "\(said)")
            await stranger.end(on: pair.loop)
        }
    }

    @Test func `before it is tried where the key is not that of the certificate`() async throws {
        let loop = try EventLoop.start(name: "test")
        defer { loop.stop() }
        let authority = try SampleAuthority(clock: MachineClock(loop: loop))
        let wrong = try authority.credentials(.edge, "laptop-7", key: try KeyFile.make(.p256))
        let error = await #expect(throws: QUICError.self) {
            _ = try await LinkPair.transport(loop, .loopbackIPv4(port: 0), accepts: false, wrong, authority)
        }
        #expect(error?.code == .credentialsUnusable)
        #expect(error?.message.contains("acme/edge/laptop-7") == true, "\(String(describing: error))")
        #expect(error?.message.contains("do not match") == true, "\(String(describing: error))")
    }

    @Test func `for a chain or a certificate beyond what is read`() {
        // Both are checked before a byte is parsed; the sizes are what a hostile peer may make us copy.
        #expect(Limits.Credentials.maximumChain <= 4)
        #expect(Limits.Connection.maximumCertificateBytes >= 4_096)
    }
}
