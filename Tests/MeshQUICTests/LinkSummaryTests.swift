import MeshActors
import MeshCore
import MeshIO
import MeshQUIC
import MeshTestKit
import MeshWire
import Testing

@Suite(.timeLimit(.minutes(1))) struct `The sum of all links` {
    @Test func `has what passed through a link, also when that is over`() async throws {
        try await LinkPair.run { pair in
            let before = await pair.hub.summary()
            #expect(before.links == 0 && before.roundTrips.count == 0 && before.totals.packetsReceived == 0)
            let node = try await pair.connect()
            #expect(try await pair.ask(node))
            let open = await pair.hub.summary()
            #expect(open.links == 1 && open.roundTrips.count == 1 && open.congestionWindows.count == 1)
            #expect((open.roundTrips.largest ?? 0) > 0 && (open.congestionWindows.smallest ?? 0) > 1_000)
            #expect(open.totals.packetsReceived > 0 && open.totals.packetsSent > 0 && open.totals.bytesReceived > 0)
            #expect(open.framesRead[.actorCall] == 1 && open.framesWritten[.actorReply] == 1)
            #expect(open.framesRead[.hello] == 1 && open.framesWritten[.hello] == 1 && open.framesRead.unknown == 0)
            let edge = await pair.edge.summary()
            #expect(edge.framesWritten[.actorCall] == 1 && edge.framesRead[.actorReply] == 1 && edge.links == 1)
            await pair.edge.disconnect(from: node, "done")
            _ = try await pair.hubLinks.closed.wait()
            let after = await pair.hub.summary()
            #expect(after.links == 0 && after.roundTrips.count == 0)
            #expect(after.totals.packetsReceived >= open.totals.packetsReceived)
            #expect(after.totals.bytesReceived >= open.totals.bytesReceived && after.totals.streams >= 2)
            #expect(after.framesRead[.actorCall] == 1)
        }
    }

    @Test func `is made of many links some at a time, and counts each once`() async throws {
        let count = Limits.Link.summarisedAtOnce + 20
        let loop = try EventLoop.start(name: "test")
        defer { loop.stop() }
        let clock = MachineClock(loop: loop)
        let authority = try SampleAuthority(clock: clock)
        let hub = try await LinkPair.transport(
            loop,
            .loopbackIPv4(port: 0),
            accepts: true,
            try authority.credentials(.hub, "hub-1"),
            authority
        )
        let address = hub.localAddress
        var edges: [QUICTransport] = []
        for number in 0..<count {
            let edge = try await LinkPair.transport(
                loop,
                .loopbackIPv4(port: 0),
                accepts: false,
                try authority.credentials(.edge, "edge-\(number)"),
                authority
            )
            _ = try await edge.connect(to: address, serverName: .dns("localhost"))
            edges.append(edge)
        }
        // A peer's hello may be on its way still.
        while await hub.statistics().links < count { try await clock.sleep(for: .milliseconds(5)) }
        async let first = hub.summary()
        async let second = hub.summary()
        for found in [await first, await second] {
            #expect(found.links == count || found.links == 0, "\(found.links)")
        }
        let found = await hub.summary()
        #expect(found.links == count && found.roundTrips.count == Int64(count))
        #expect(found.framesRead[.hello] == UInt64(count))
        for edge in edges { await edge.close() }
        await hub.close()
    }
}
