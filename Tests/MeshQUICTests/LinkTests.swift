import MeshActors
import MeshCore
import MeshIO
import MeshQUIC
import MeshWire
import Testing

@Suite(.timeLimit(.minutes(1))) struct `A link` {
    @Test func `carries requests from the edge to the hub`() async throws {
        try await LinkPair.run { pair in
            let node = try await pair.connect()
            #expect(node.text == "hub-1")
            #expect(try await pair.ask(node))
        }
    }

    @Test func `carries requests from the hub to the edge`() async throws {
        try await LinkPair.run { pair in
            _ = try await pair.connect()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await pair.edge.serve { $0.payload.reversed() } }
                while !(await pair.edge.serves()) {}
                let node = try NodeID("laptop-7")
                let answer = try await pair.hub.request([1, 2, 3], to: node, deadline: nil)
                #expect(answer == [3, 2, 1])
                group.cancelAll()
            }
        }
    }

    @Test func `is made over IPv6 and with sockets bound to every address`() async throws {
        for (hub, edge) in [
            (SocketAddress.loopbackIPv6(port: 0), SocketAddress.loopbackIPv6(port: 0)),
            (.anyIPv4(port: 0), .anyIPv4(port: 0)), (.anyIPv6(port: 0), .anyIPv6(port: 0)),
            (.anyIPv6(port: 0), .loopbackIPv4(port: 0)),
        ] {
            try await LinkPair.run(LinkPair.Options(hubAddress: hub, edgeAddress: edge)) { pair in
                let node = try await pair.connect()
                #expect(try await pair.ask(node), "\(hub.family) \(edge.family)")
            }
        }
    }

    @Test func `is made with a client that must prove its address first`() async throws {
        var options = LinkPair.Options()
        options.hub.handshakesBeforeRetry = 0
        try await LinkPair.run(options) { pair in
            let node = try await pair.connect()
            #expect(try await pair.ask(node))
        }
    }

    @Test func `carries datagrams, and heartbeats with their answers`() async throws {
        try await LinkPair.run { pair in
            let node = try await pair.connect()
            await pair.edge.send(datagram: [7, 8], to: node)
            #expect(try await pair.hubLinks.datagram.wait() == [7, 8])
            let heartbeat = Frame(type: .heartbeat, payload: Array("{}".utf8))
            #expect(await pair.edge.send(control: heartbeat, to: node))
            #expect(try await pair.edgeLinks.acknowledged.wait().payload == [0x80])
        }
    }

    @Test func `closes when its observer refuses a frame, and says why`() async throws {
        try await LinkPair.run { pair in
            let node = try await pair.connect()
            let frame = Frame(
                type: .preWarm,
                payload: PreWarm(project: nil, adapter: nil, timestampMilliseconds: 0).wireBytes
            )
            #expect(await pair.edge.send(control: frame, to: node))
            let reason = try await pair.edgeLinks.closed.wait()
            #expect(reason.side == .peer && reason.kind == .application(5), "\(reason)")
            #expect(reason.message == "one too many", "\(reason)")
        }
    }

    @Test func `closes when the edge sends a frame that only hubs send`() async throws {
        try await LinkPair.run { pair in
            let node = try await pair.connect()
            let frame = Frame(type: .heartbeatAcknowledgement, payload: [0x80])
            #expect(await pair.edge.send(control: frame, to: node))
            let reason = try await pair.edgeLinks.closed.wait()
            #expect(reason.side == .peer && reason.kind == .application(1), "\(reason)")
            #expect(reason.message.contains("from the wrong side"), "\(reason)")
        }
    }

    @Test func `hands on that the caller has gone`() async throws {
        try await LinkPair.run { pair in
            let node = try await pair.connect()
            let call = Task { try await pair.edge.request(LinkPair.endless, to: node, deadline: nil) }
            while await pair.hub.statistics(to: try NodeID("laptop-7"))?.streams.count != 2 {
                try Task.checkCancellation()
            }
            call.cancel()
            #expect(try await pair.hubLinks.cancelled.wait())
            await #expect(throws: TransportError(.lost, "")) { _ = try await call.value }
        }
    }

    @Test func `takes a cancel frame behind a call, and nothing else`() async throws {
        for (type, code) in [(FrameType.cancel, MeshStreamCode.cancelled), (.actorCall, .refused)] {
            try await LinkPair.run { pair in
                let reset = OneShot<UInt64>()
                let witness = StreamWitness(reset)
                let hello = Hello(role: .edge, node: try NodeID("laptop-7"), software: "test/1").wireBytes
                let stranger = Stranger { connection in
                    connection.openStream()?.write(Self.frame(.hello, hello))
                    let call = connection.openStream()
                    call?.handler = witness
                    call?.write(Self.frame(.actorCall, LinkPair.endless))
                    call?.write(Self.frame(type, Cancel(code: 0).wireBytes))
                }
                try await stranger.connect(to: pair)
                #expect(try await reset.wait() == code.rawValue)
                #expect(try await pair.hubLinks.cancelled.wait())
                await stranger.end(on: pair.loop)
            }
        }
    }

    private static func frame(_ type: FrameType, _ payload: [UInt8]) -> [UInt8] {
        var writer = WireWriter()
        try? writer.writeFrame(type, payload: payload)
        return writer.array
    }

    @Test func `changes its keys again and again`() async throws {
        try await LinkPair.run { pair in
            let node = try await pair.connect()
            var changes = 0
            for _ in 0..<200 where changes < 3 {
                if await pair.edge.updateKeys(to: node) { changes += 1 }
                #expect(try await pair.ask(node))
                // The next change is possible a while after the one before it.
                try await pair.clock.sleep(until: pair.clock.now + .milliseconds(5))
            }
            #expect(changes == 3)
        }
    }

    @Test func `ends on both sides when nothing is said, and not while it is kept alive`() async throws {
        var options = LinkPair.Options()
        options.hub.idleTimeout = .milliseconds(200)
        try await LinkPair.run(options) { pair in
            _ = try await pair.connect()
            #expect(try await pair.hubLinks.closed.wait().kind == .idle)
            #expect(try await pair.edgeLinks.closed.wait().kind == .idle)
        }
        options.edge.keepAlive = .milliseconds(50)
        try await LinkPair.run(options) { pair in
            let node = try await pair.connect()
            try await pair.clock.sleep(until: pair.clock.now + .milliseconds(600))
            #expect(try await pair.ask(node))
        }
    }

    @Test func `tells what has passed through it and its streams`() async throws {
        try await LinkPair.run { pair in
            let node = try await pair.connect()
            #expect(try await pair.ask(node, [UInt8](repeating: 1, count: 1_000)))
            let stream = try await pair.edge.openStream(to: node, purpose: "echo")
            try await stream.write([1, 2, 3])
            #expect(try await stream.read() == [1, 2, 3])
            let found = try #require(await pair.edge.statistics(to: node))
            #expect(found.counts.streamsOpened == 3 && found.counts.bytesReceived > 1_000)
            #expect(found.streams.count >= 2 && found.path.smoothedRoundTrip > .zero)
            let last = try #require(found.streams.last)
            #expect(last.counts.bytesSent > 3 && last.counts.bytesReceived > 3 && last.untakenBytes == 0)
            stream.cancel()
        }
    }

    @Test func `closes with a farewell when what was under way has ended`() async throws {
        try await LinkPair.run { pair in
            let node = try await pair.connect()
            let stream = try await pair.edge.openStream(to: node, purpose: "echo")
            try await stream.write([1])
            #expect(try await stream.read() == [1])
            async let isLeft: Void = pair.hub.leave("maintenance", patience: .seconds(30), elsewhere: "hub-2:443")
            let farewell = try await pair.edgeLinks.left.wait()
            #expect(farewell == GoAway(patienceMilliseconds: 30_000, message: "maintenance", elsewhere: "hub-2:443"))
            await #expect(throws: TransportError(.unreachable, "")) { _ = try await pair.ask(node) }
            try await stream.write([2])
            #expect(try await stream.read() == [2])
            try await stream.finish()
            #expect(try await stream.read() == nil)
            await isLeft
            let reason = try await pair.edgeLinks.closed.wait()
            #expect(reason.kind == .application(0) && reason.message == "maintenance", "\(reason)")
        }
    }
}
