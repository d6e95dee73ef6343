import MeshCore
import MeshIO
import MeshTestKit
import MeshTunnel
import Testing

@Suite(.timeLimit(.minutes(1))) struct `The system's resolver` {
    private static let records = [
        "--host-record=hub-1.mesh.test,192.0.2.7,2001:db8::7",
        "--host-record=hub-2.mesh.test,192.0.2.8",
        "--srv-host=_meshhub._udp.mesh.test,hub-1.mesh.test,7411,10,60",
        "--srv-host=_meshhub._udp.mesh.test,hub-2.mesh.test,7412,20,0",
        "--cname=alias.mesh.test,hub-2.mesh.test",
    ]

    private static func code(_ body: () async throws -> Void) async -> ResolverErrorCode? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? ResolverError)?.code
        }
    }

    @Test func `finds addresses of both families, and services with their priorities and weights`() async throws {
        try await withLoop { loop in
            try await DNSServer.run(Self.records) { server in
                let resolver = SystemResolver(clock: MachineClock(loop: loop), server: server.endpoint)
                let both = try await resolver.addresses(of: "hub-1.mesh.test")
                #expect(Set(both.map(\.description)) == ["192.0.2.7", "2001:db8::7"])
                #expect(try await resolver.addresses(of: "ALIAS.mesh.test").map(\.description) == ["192.0.2.8"])
                let services = try await resolver.services(of: "mesh.test")
                let wanted: Set<ServiceRecord> = [
                    ServiceRecord(priority: 10, weight: 60, host: "hub-1.mesh.test", port: 7411),
                    ServiceRecord(priority: 20, weight: 0, host: "hub-2.mesh.test", port: 7412),
                ]
                #expect(Set(services) == wanted)
            }
        }
    }

    @Test func `says that a name does not exist, or has no such record`() async throws {
        try await withLoop { loop in
            try await DNSServer.run(Self.records) { server in
                let resolver = SystemResolver(clock: MachineClock(loop: loop), server: server.endpoint)
                for name in ["nobody.mesh.test", "", "two..dots", "a b", String(repeating: "x", count: 64)] {
                    #expect(await Self.code { _ = try await resolver.addresses(of: name) } == .notFound)
                    #expect(await Self.code { _ = try await resolver.services(of: name) } == .notFound)
                }
                #expect(await Self.code { _ = try await resolver.services(of: "hub-1.mesh.test") } == .notFound)
            }
        }
    }

    @Test func `reads an answer that is too long for a datagram, and leaves out what is beyond the bound`() async throws
    {
        let many = (0..<100).map {
            "--srv-host=_meshhub._udp.mesh.test,a-hub-of-many-\($0).mesh.test,\(7_000 + $0),1,1"
        }
        try await withLoop { loop in
            try await DNSServer.run(many) { server in
                let resolver = SystemResolver(clock: MachineClock(loop: loop), server: server.endpoint)
                let services = try await resolver.services(of: "mesh.test")
                #expect(services.count == Limits.Tunnel.maximumServices)
                #expect(Set(services.map(\.port)).count == services.count)
                #expect(100 * 60 < Limits.Names.maximumAnswerBytes)
            }
        }
    }

    @Test func `leaves out addresses beyond the bound`() async throws {
        let many = (1...30).map { "--host-record=hub.mesh.test,192.0.2.\($0)" }
        try await withLoop { loop in
            try await DNSServer.run(many) { server in
                let resolver = SystemResolver(clock: MachineClock(loop: loop), server: server.endpoint)
                let addresses = try await resolver.addresses(of: "hub.mesh.test")
                #expect(addresses.count == Limits.Tunnel.maximumAddresses)
            }
        }
    }

    @Test func `asks nobody for an address`() async throws {
        try await withLoop { loop in
            // Nobody is there to be asked.
            let nobody = IPEndpoint(address: try #require(IPAddress("127.0.0.1")), port: 1)
            let resolver = SystemResolver(clock: MachineClock(loop: loop), server: nobody)
            for text in ["192.0.2.7", "2001:db8::7"] {
                #expect(try await resolver.addresses(of: text).map(\.description) == [text])
            }
        }
    }

    /// A server that hears and says nothing.
    private static func withSilence(_ body: (SilentServer, EventLoop) async throws -> Void) async throws {
        try await withLoop { loop in
            let server = try await loop.run { SilentServer(peer: try Peer(loop, at: .loopbackIPv4(port: 0))) }
            try await body(server, loop)
            try await loop.run { server.peer.close() }
        }
    }

    @Test func `does not wait for a silent server longer than it was told`() async throws {
        try await Self.withSilence { server, loop in
            let clock = MachineClock(loop: loop)
            let hasty = SystemResolver(clock: clock, server: try server.endpoint, patience: .milliseconds(300))
            let patient = SystemResolver(clock: clock, server: try server.endpoint)
            let start = clock.now
            // Asked first and of the same server: by order, because beside hundreds of tests a clock says little.
            async let patientEnd = {
                _ = await Self.code { _ = try await patient.services(of: "mesh.test") }
                return clock.now
            }()
            await server.peer.heard.wait { !$0.isEmpty }
            #expect(await Self.code { _ = try await hasty.addresses(of: "hub.mesh.test") } == .unavailable)
            #expect(await Self.code { _ = try await hasty.services(of: "mesh.test") } == .unavailable)
            let hastyEnd = clock.now
            #expect(await patientEnd > hastyEnd)
            #expect(hastyEnd - start >= .milliseconds(600))
            #expect(Limits.Names.patience > .milliseconds(300))
        }
    }

    @Test func `asks a silent server again, and not for ever`() async throws {
        try await Self.withSilence { server, loop in
            let clock = MachineClock(loop: loop)
            let resolver = SystemResolver(clock: clock, server: try server.endpoint)
            let start = clock.now
            #expect(await Self.code { _ = try await resolver.services(of: "mesh.test") } == .unavailable)
            let least = Duration.seconds(Limits.Names.attemptSeconds)
            #expect(server.peer.heard.value.count == Limits.Names.attempts)
            #expect(clock.now - start > least && clock.now - start < Limits.Names.patience + .seconds(1))
        }
    }

    @Test func `lets go of a caller that is cancelled`() async throws {
        try await Self.withSilence { server, loop in
            let clock = MachineClock(loop: loop)
            let resolver = SystemResolver(clock: clock, server: try server.endpoint)
            let asking = Task { await Self.code { _ = try await resolver.services(of: "mesh.test") } }
            await server.peer.heard.wait { !$0.isEmpty }
            let start = clock.now
            asking.cancel()
            #expect(await asking.value == .unavailable)
            #expect(clock.now - start < .seconds(Limits.Names.attemptSeconds))
        }
    }

    @Test func `refuses at once what is asked when too much waits, and goes on with others meanwhile`() async throws {
        try await Self.withSilence { server, loop in
            let clock = MachineClock(loop: loop)
            let resolver = SystemResolver(clock: clock, server: try server.endpoint)
            await withTaskGroup(of: Void.self) { group in
                let room = Limits.Names.maximumThreads + Limits.Names.maximumWaiting
                let refused = Watched(0)
                for _ in 0..<room + 10 {
                    group.addTask {
                        _ = await Self.code { _ = try await resolver.services(of: "mesh.test") }
                        refused.change { $0 += 1 }
                    }
                }
                await refused.wait { $0 == 10 }
                #expect(Set(server.peer.heard.value.map(\.remote)).count <= Limits.Names.maximumThreads)
                // An address needs no thread, and no server.
                #expect(await Self.code { _ = try await resolver.addresses(of: "192.0.2.7") } == nil)
                // Neither waited for any of those before it: nobody else has been answered yet.
                #expect(refused.value == 10)
                group.cancelAll()
            }
        }
    }
}

/// A socket that answers nothing, held by those off its loop.
///
/// Sendable: its loop alone touches the socket.
private struct SilentServer: @unchecked Sendable {
    let peer: Peer

    var endpoint: IPEndpoint {
        get throws { IPEndpoint(address: try #require(IPAddress("127.0.0.1")), port: peer.address.port) }
    }
}
