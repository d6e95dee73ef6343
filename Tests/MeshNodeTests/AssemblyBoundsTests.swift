import MeshActors
import MeshCertificates
import MeshCore
import MeshIO
import MeshNode
import MeshQUIC
import MeshTestKit
import Testing

@Suite(.serialized, .timeLimit(.minutes(1))) struct `The bounds of hubs and edges` {
    @Test func `forget links that nobody asks for, and keep none for ever`() async throws {
        try await AssemblyGround.run { ground in
            let links = EdgeLinks { _ in }
            let transport = try await ground.transport("laptop-7", links)
            for number in 1...Limits.Edge.maximumUntakenLinks {
                // As the caller that is cancelled while its link opens: nobody asks what happens to it.
                let peer = try await ground.dial(transport)
                #expect(links.untakenCount == number)
                await transport.close(peer.link)
            }
            _ = try await ground.dial(transport)
            #expect(links.untakenCount == 1)
            await transport.close()
        }
    }

    @Test func `take as many handshakes in a second as a hub is meant to, and tell others when to come`() throws {
        #expect(Hub.connectionDefaults.handshakesPerSecond == Limits.Hub.handshakesPerSecond)
        var budget = HandshakeBudget(perSecond: try #require(Hub.connectionDefaults.handshakesPerSecond))
        var (taken, putOff) = (0, 0)
        for millisecond in 0..<10_000 {
            switch budget.take(at: .origin + .milliseconds(millisecond)) {
            case .take: taken += 1
            case .comeAgain(let pause):
                putOff += 1
                #expect(pause > .zero && pause <= Limits.Endpoint.longestRetryAfter)
            }
        }
        // Ten seconds' worth, and a burst at the start.
        let expected = Limits.Hub.handshakesPerSecond * 10
        #expect((expected...expected + Limits.Hub.handshakesPerSecond / 2).contains(taken))
        #expect(taken + putOff == 10_000)
    }

    @Test func `have a hub notice a second authority by itself`() async throws {
        let scratch = Scratch()
        let loop = try EventLoop.start(name: "hub")
        defer { loop.stop() }
        let clock = MachineClock(loop: loop)
        let sink = VolatileLogSink()
        let identity = NodeIdentity(tenant: try TenantID("main"), role: .hub, node: try NodeID("hub-1"))
        let service = try await HubService.open(
            HubService.Configuration(
                folder: HubFolder(path: "\(scratch.path)/hub"),
                address: .loopbackIPv4(port: 0),
                enrolmentAddress: nil,
                grant: try NodeGrant(identity: identity, dnsNames: ["localhost"])
            ),
            loop: loop,
            clock: clock,
            generator: SeededGenerator(seed: 1),
            logger: Logger(sink: sink, clock: clock, minimumLevel: .info)
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await service.run() }
            // The first look has been made, so that the next is an interval away.
            try await clock.sleep(for: .milliseconds(200))
            _ = try AuthorityFolder(path: "\(scratch.path)/hub/ca").beginRotation { () throws(CertificateError) in
                try .make(name: "the next one", now: clock.wallTime)
            }
            let begin = clock.now
            while !sink.records.contains(where: { $0.event.name == "hub.authorities-changed" }) {
                try await clock.sleep(for: .milliseconds(20))
                guard clock.now - begin < Limits.Hub.authorityLookInterval * 5 else { break }
            }
            let noticed = clock.now - begin
            #expect(noticed > Limits.Hub.authorityLookInterval / 2, "it looks when its time has come, not all the time")
            #expect(noticed < Limits.Hub.authorityLookInterval + .seconds(5))
            group.cancelAll()
        }
    }
}
