import Glibc
import MeshActors
import MeshCore
import MeshIO
import MeshQUIC
import MeshTestKit
import MeshWire
import Testing

@Suite(.timeLimit(.minutes(1))) struct `Bounds of links and endpoints` {
    @Test func `a client that says no hello is let go`() async throws {
        var options = LinkPair.Options()
        options.hub.helloTimeout = .milliseconds(50)
        #expect(QUICConfiguration().helloTimeout == Limits.Hello.patience)
        try await LinkPair.run(options) { pair in
            let stranger = Stranger()
            try await stranger.connect(to: pair)
            let reason = try await stranger.closed.wait()
            #expect(reason == CloseReason(.peer, .application(1), "no hello in time"))
            await stranger.end(on: pair.loop)
        }
    }

    @Test func `a datagram before the hello is nobody's`() async throws {
        try await LinkPair.run { pair in
            let dropped = OneShot<UInt64>()
            let stranger = Stranger { connection in
                for _ in 0..<(Limits.Connection.maximumDatagramsWaiting + 10) { connection.send(datagram: [1]) }
                dropped.open(connection.counts.datagramsDropped)
            }
            try await stranger.connect(to: pair)
            #expect(try await dropped.wait() == 10)
            let node = try await pair.connect()
            await pair.edge.send(datagram: [2], to: node)
            #expect(try await pair.hubLinks.datagram.wait() == [2])
            await stranger.end(on: pair.loop)
        }
    }

    @Test func `a datagram that fits no packet is dropped and holds up nothing`() async throws {
        var options = LinkPair.Options()
        options.hub.maximumDatagramBytes = 65_536
        try await LinkPair.run(options) { pair in
            let node = try await pair.connect()
            await pair.edge.send(datagram: [UInt8](repeating: 1, count: 2_000), to: node)
            await pair.edge.send(datagram: [2], to: node)
            #expect(try await pair.ask(node))
            #expect(try await pair.hubLinks.datagram.wait() == [2])
            #expect(await pair.edge.statistics(to: node)?.counts.datagramsDropped == 1)
        }
    }

    @Test func `a datagram that the peer takes none of holds up nothing`() async throws {
        var options = LinkPair.Options()
        options.hub.maximumDatagramBytes = 0
        try await LinkPair.run(options) { pair in
            let node = try await pair.connect()
            for _ in 0..<3 { await pair.edge.send(datagram: [1], to: node) }
            #expect(try await pair.ask(node))
            while await pair.edge.statistics(to: node)?.counts.datagramsDropped != 3 { try Task.checkCancellation() }
        }
    }

    @Test func `handshakes that one address leaves unfinished keep no other address out`() async throws {
        var options = LinkPair.Options()
        #expect(options.hub.maximumHandshakes == Limits.Endpoint.maximumHandshakes)
        options.hub.maximumHandshakes = 16
        options.edge.handshakeTimeout = .seconds(3)
        options.edgeAddress = SocketAddress(ipv4: (127, 0, 0, 2), port: 0)
        try await LinkPair.run(options) { pair in
            let authority = try PeerAuthority.make(clock: pair.clock)
            let flights = try await FirstFlights.record(24, loop: pair.loop, authority: authority, clock: pair.clock)
            let junk = try Junk(to: pair.hubAddress.port)
            defer { junk.close() }
            for flight in flights { junk.send(flight, times: 1) }
            while await pair.hub.statistics().handshakesUnderWay < 16 { try Task.checkCancellation() }
            let node = try await pair.connect()
            #expect(try await pair.ask(node))
            #expect(await pair.hub.endpointCounts().handshakesEnded == 1)
            #expect(await pair.hub.statistics().handshakesUnderWay == 15)
            // Who begins more is not helped by it: only what has had its time gives way to its own network.
            #expect(Limits.Endpoint.handshakePatience < options.hub.handshakeTimeout)
        }
    }

    @Test func `more streams than are served are refused as overloaded`() async throws {
        var options = LinkPair.Options()
        options.hub.maximumStreams = 2 * Limits.Stream.maximumServed
        try await LinkPair.run(options) { pair in
            let node = try await pair.connect()
            var streams: [ByteStream] = []
            // Nobody has more than are left for all others.
            for _ in 0..<(Limits.Stream.maximumServed / 2) {
                let stream = try await pair.edge.openStream(to: node, purpose: "echo")
                try await stream.write([1])
                #expect(try await stream.read() == [1])
                streams.append(stream)
            }
            let last = try await pair.edge.openStream(to: node, purpose: "echo")
            let error = await #expect(throws: TransportError.self) { _ = try await last.read() }
            #expect(error?.code == .unreachable && error?.message == "too many requests at a time")
            #expect(try await pair.ask(node))
            let other = try await LinkPair.transport(
                pair.loop,
                .loopbackIPv4(port: 0),
                accepts: false,
                try pair.authority.credentials(.edge, "laptop-8"),
                pair.authority
            )
            let hub = try await other.connect(to: pair.hubAddress, serverName: .dns("localhost"))
            let stream = try await other.openStream(to: hub, purpose: "echo")
            try await stream.write([1])
            #expect(try await stream.read() == [1])
            for stream in streams + [stream] { stream.cancel() }
            await other.close()
        }
    }

    @Test func `a peer that takes no answers is asked to wait`() async throws {
        var options = LinkPair.Options()
        options.edge.streamWindow = 1_000
        options.edge.connectionWindow = 10_000
        options.hub.streamWindow = 20_000_000
        options.hub.connectionWindow = 40_000_000
        try await LinkPair.run(options) { pair in
            let answers = Limits.Link.maximumUnreadBytes / 1_000_000
            // Nobody reads on the client's side: the answers stay with the hub.
            let hello = Hello(role: .edge, node: try NodeID("laptop-7"), software: "test/1").wireBytes
            let stranger = Stranger { connection in
                connection.openStream()?.write(Self.frame(.hello, hello))
                for _ in 0..<(answers + 10) {
                    connection.openStream()?.write(Self.frame(.actorCall, [UInt8](repeating: 1, count: 1_000_000)))
                }
            }
            try await stranger.connect(to: pair, with: options.edge)
            let node = try NodeID("laptop-7")
            var held = 0
            while held < Limits.Link.maximumUnreadBytes {
                held = await pair.hub.statistics(to: node)?.streams.map(\.heldBytes).reduce(0, +) ?? 0
            }
            // Those that were under way when the bound was met, at most.
            #expect(held < Limits.Link.maximumUnreadBytes + Limits.Link.alwaysHandled * 1_000_000)
            await stranger.end(on: pair.loop)
        }
    }

    private static func frame(_ type: FrameType, _ payload: [UInt8]) -> [UInt8] {
        var writer = WireWriter()
        try? writer.writeFrame(type, payload: payload)
        return writer.array
    }

    @Test func `a peer that leaves the end of an answer holds little, and all of that counts`() async throws {
        var options = LinkPair.Options()
        let answerBytes = 300_000
        options.edge.streamWindow = answerBytes - 500
        options.answer = { _ in [UInt8](repeating: 1, count: answerBytes) }
        try await LinkPair.run(options) { pair in
            let hello = try Stranger.hello()
            let stranger = Stranger { connection in
                connection.openStream()?.write(hello)
                connection.openStream()?.write(Self.frame(.actorCall, [1]), isLast: true)
            }
            try await stranger.connect(to: pair, with: options.edge)
            // Memory goes in pieces of 64 KiB: what is left of the answer is the last of them.
            let last = (Frame.headerBytes + answerBytes) % 65_536
            var held = 0
            while held != last { held = await pair.hub.statistics().unreadBytes }
            await stranger.end(on: pair.loop)
        }
    }

    @Test func `a peer is sent nothing that is larger than it reads`() async throws {
        var options = LinkPair.Options()
        let stated = Limits.Frame.minimumStatedPayloadBytes
        options.answer = { _ in [UInt8](repeating: 1, count: stated + 1) }
        let witness = AnswerWitness()
        try await LinkPair.run(options) { pair in
            let hello = try Stranger.hello(maximumPayloadBytes: UInt32(stated))
            let stranger = Stranger { connection in
                connection.openStream()?.write(hello)
                let stream = connection.openStream()
                stream?.handler = witness
                stream?.write(Self.frame(.actorCall, [1]), isLast: true)
            }
            try await stranger.connect(to: pair)
            let refusal = try await witness.answer.wait()
            #expect(refusal.first == FrameType.error.rawValue && refusal.count < 200)
            let node = try NodeID("laptop-7")
            let error = await #expect(throws: TransportError.self) {
                let large = [UInt8](repeating: 1, count: stated + 1)
                _ = try await pair.hub.request(large, to: node, deadline: pair.clock.now + .seconds(5))
            }
            #expect(error?.code == .tooLarge)
            await stranger.end(on: pair.loop)
        }
    }

    @Test func `requests that wait for a stream are weighed, and who gave up weighs nothing`() async throws {
        var options = LinkPair.Options()
        options.hub.maximumStreams = 2
        try await LinkPair.run(options) { pair in
            let node = try await pair.connect()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { _ = try? await pair.edge.request(LinkPair.endless, to: node, deadline: nil) }
                while await pair.hub.statistics().streams < 2 { try Task.checkCancellation() }
                let large = [UInt8](repeating: 1, count: Limits.Call.maximumMessageBytes)
                let places = Limits.Link.maximumWaitingBytes / large.count
                for _ in 0..<2 {
                    // The same for all, and long enough for a busy machine to begin each of them before.
                    let deadline = pair.clock.now + .seconds(3)
                    let codes = await withTaskGroup(of: TransportError.Code?.self) { group in
                        for _ in 0..<(places + 3) {
                            group.addTask {
                                do throws(TransportError) {
                                    _ = try await pair.edge.request(large, to: node, deadline: deadline)
                                    return nil
                                } catch { return error.code }
                            }
                        }
                        return await group.reduce(into: []) { $0.append($1) }
                    }
                    #expect(codes.count { $0 == .timedOut } == places)
                    #expect(codes.count { $0 == .unreachable } == 3)
                }
                group.cancelAll()
            }
        }
    }

    @Test func `an endpoint that has no room takes no further client`() async throws {
        var options = LinkPair.Options()
        #expect(options.hub.maximumConnections == Limits.Endpoint.maximumConnections)
        options.hub.maximumConnections = 1
        try await LinkPair.run(options) { pair in
            _ = try await pair.connect()
            let error = await #expect(throws: QUICError.self) { _ = try await pair.connect() }
            #expect(error?.message == "peer: transport error 2: no room", "\(String(describing: error))")
            #expect(await pair.hub.endpointCounts().refused > 0)
        }
    }

    @Test func `a caller that is cancelled waits for no handshake`() async throws {
        try await LinkPair.run { pair in
            let silent = try await pair.loop.run { LoopHeld(try Catcher(pair.loop)) }
            let address = try await pair.loop.run { silent.value.address }
            let attempt = Task { try await pair.edge.connect(to: address, serverName: .dns("localhost")) }
            while try await pair.loop.run({ silent.value.caught.isEmpty }) {}
            attempt.cancel()
            let error = await #expect(throws: QUICError.self) { _ = try await attempt.value }
            #expect(error?.message.contains("the caller was cancelled") == true)
            try await pair.loop.run { silent.value.close() }
        }
    }

    @Test func `packets of versions and connections that are not known get few answers`() async throws {
        try await LinkPair.run { pair in
            let junk = try Junk(to: pair.hubAddress.port)
            defer { junk.close() }
            var sent = 0
            while await pair.hub.endpointCounts().unanswered < 100 {
                junk.send([0xC0, 0x0A, 0x0A, 0x0A, 0x0A, 8] + [UInt8](repeating: 7, count: 1_300), times: 50)
                sent += 50
                #expect(sent < 100 * Limits.Endpoint.maximumStatelessPerSecond)
                if sent >= 100 * Limits.Endpoint.maximumStatelessPerSecond { break }
            }
            let node = try await pair.connect()
            #expect(try await pair.ask(node))
            #expect(await pair.hub.endpointCounts().handshakes == 1)
        }
    }

    @Test func `reasons are cut`() {
        let reason = CloseReason(.us, .application(1), String(repeating: "x", count: 10_000))
        #expect(reason.message.utf8.count <= Limits.Connection.maximumReasonBytes)
    }

    @Test func `bounds that stand beside each other fit`() {
        #expect(Limits.Connection.packetsPerTurn >= Limits.IO.maximumSegmentsPerTrain)
        #expect(Limits.Endpoint.rememberedAddressTokens <= Limits.Endpoint.maximumConnections)
        #expect(Limits.Endpoint.rememberedPeers > Limits.Endpoint.maximumHandshakes)
        #expect(Limits.Endpoint.handshakesBeforeRetry < Limits.Endpoint.maximumHandshakes)
        #expect(Limits.Stream.highWaterBytes < Limits.Stream.maximumHeldBytes)
    }

    @Test func `docs/protocol.md states the limits`() throws {
        let text = try #require(RepositoryFile.text("docs/protocol.md"))
        let configuration = QUICConfiguration()
        #expect(configuration.maximumStreams == 1_024 && text.contains("allows 1,024 streams"))
        #expect(configuration.streamWindow == 2_097_152 && text.contains("2,097,152 bytes on a stream"))
        #expect(configuration.connectionWindow == 8_388_608 && text.contains("8,388,608\non a connection"))
        #expect(configuration.idleTimeout == .seconds(30) && text.contains("after 30 seconds in which nothing came"))
        #expect(configuration.maximumDatagramBytes == 1_200 && text.contains("of at most 1,200 bytes"))
    }
}

/// A plain UDP socket that sends nonsense to a port of the loopback.
struct Junk {
    private let descriptor: Int32
    private let address: sockaddr_in

    init(to port: UInt16) throws {
        descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        try #require(descriptor >= 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        self.address = address
    }

    func send(_ bytes: [UInt8], times: Int) {
        withUnsafePointer(to: address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                for _ in 0..<times {
                    _ = sendto(descriptor, bytes, bytes.count, 0, address, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        }
    }

    func close() { Glibc.close(descriptor) }
}
