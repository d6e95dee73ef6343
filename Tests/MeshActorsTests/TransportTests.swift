import MeshActors
import MeshCheck
import MeshCore
import MeshTestKit
import MeshWire
import Testing

@Suite struct `The in-process transport` {
    @Test(arguments: TransportConformance.allCases)
    func `keeps every law of a transport`(law: TransportConformance) throws {
        try forSeeds(1...5) { mesh in
            let (client, server) = (try NodeID("client"), try NodeID("server"))
            let pair = TransportsUnderTest(
                client: mesh.network.transport(of: client, clock: mesh.world.clock),
                client,
                server: mesh.network.transport(of: server, clock: mesh.world.clock),
                server,
                clock: mesh.world.clock
            )
            try await law.check(pair)
        }
    }

    @Test func `a message beyond its bound is refused`() throws {
        try forSeeds(1...1) { mesh in
            let node = try NodeID("one")
            let transport = mesh.network.transport(of: node, clock: mesh.world.clock)
            let large = [UInt8](repeating: 0, count: Limits.Call.maximumMessageBytes + 1)
            await #expect(throws: TransportError(.tooLarge, "")) {
                try await transport.request(large, to: node, deadline: nil)
            }
        }
    }

    @Test func `requests beyond those that a node handles at a time find it unreachable`() throws {
        try forSeeds(1...1) { mesh in
            let (client, server) = (try NodeID("client"), try NodeID("server"))
            let asking = mesh.network.transport(of: client, clock: mesh.world.clock)
            let answering = mesh.network.transport(of: server, clock: mesh.world.clock)
            let (inside, release) = (Lock(0), OneShot<Done>())
            let refused = await withTaskGroup(of: TransportErrorCode?.self) { group -> [TransportErrorCode] in
                group.addTask {
                    await answering.serve { _ in
                        inside.withLock { $0 += 1 }
                        _ = try? await release.wait()
                        return []
                    }
                    return nil
                }
                try? await mesh.world.clock.sleep(for: .milliseconds(1))
                for _ in 0..<Limits.Call.maximumRequestsWaiting + 3 {
                    group.addTask {
                        do throws(TransportError) { _ = try await asking.request([], to: server, deadline: nil) } catch
                        {
                            return error.code
                        }
                        return nil
                    }
                }
                try? await mesh.world.clock.sleep(for: .milliseconds(1))
                release.open(Done())
                try? await mesh.world.clock.sleep(for: .milliseconds(1))
                group.cancelAll()
                return await group.reduce(into: []) { refused, code in if let code { refused.append(code) } }
            }
            try check(refused == [.unreachable, .unreachable, .unreachable], "\(refused)")
            let most = inside.withLock { $0 }
            try check(most == Limits.Call.maximumRequestsWaiting, "\(most) were handled")
        }
    }
}

@Suite struct `Messages between actors' nodes` {
    private let head: ActorCall.Head

    init() throws {
        var generator = SeededGenerator(seed: 1)
        head = ActorCall.Head(
            command: CommandID(at: VirtualClock.firstWallTime, using: &generator),
            address: try ActorAddress(SampleAccount.kind, "a"),
            tag: 3,
            timeLeft: .milliseconds(250)
        )
    }

    @Test(arguments: [0, 1, 18, 19, 20, 250, 251, 252, 65_530, 65_540, 100_000])
    func `calls come back as they were sent, whatever the length of the command`(count: Int) throws {
        let text = String(repeating: "x", count: count)
        let payload = try #require(ActorCall.payload(head, text))
        let call = try ActorCall(payload: payload)
        #expect(call.head == head)
        #expect(try call.body.read(as: String.self) == text)
    }

    @Test func `stand on the wire as the protocol says: the fields as a byte string`() throws {
        let payload = try #require(ActorCall.payload(head, UInt64(5)))
        let fields: [[UInt8]] = [
            [0x85], head.command.wireBytes, head.address.wireBytes, [0x03], [0x18, 0xFA], [0x41, 0x05],
        ]
        #expect(payload == fields.flatMap { $0 })
        #expect(ActorReply.payload(value: UInt64(5)) == [0x83, 0x00, 0x41, 0x05, 0xF6])
        #expect(ActorReply.payload(refusal: UInt64(5)) == [0x83, 0x01, 0x41, 0x05, 0xF6])
    }

    @Test func `replies come back as they were sent`() throws {
        guard case .value(let value) = try ActorReply(payload: ActorReply.payload(value: "yes")),
            case .refusal(let refusal) = try ActorReply(payload: ActorReply.payload(refusal: "no"))
        else {
            Issue.record("a reply of another kind")
            return
        }
        #expect(try value.read(as: String.self) == "yes")
        #expect(try refusal.read(as: String.self) == "no")
        let obstacles: [ActorReply.Obstacle] = [
            .redirect(to: try NodeID("two")), .failed(.tooLarge, retryAfter: nil),
            .failed(.unavailable, retryAfter: .milliseconds(100)),
        ]
        for obstacle in obstacles {
            guard case .other(let found) = try ActorReply(payload: obstacle.payload) else {
                Issue.record("a reply of another kind")
                continue
            }
            #expect(found == obstacle)
        }
    }

    @Test func `are refused when they are cut short, or beyond their bound`() throws {
        let bytes = try #require(ActorCall.payload(head, "abc"))
        for count in 0..<bytes.count {
            #expect(throws: WireError.self) { try ActorCall(payload: Array(bytes[..<count])) }
        }
        let text = String(repeating: "x", count: Limits.Call.maximumBodyBytes)
        #expect(ActorCall.payload(head, text) == nil)
        #expect(ActorCall.payload(head, String(text.dropLast(5))) != nil)
        var writer = WireWriter()
        writer.writeArrayHead(count: 6)
        head.command.encode(into: &writer)
        head.address.encode(into: &writer)
        for number: UInt64 in [3, 250, 4] { writer.write(number) }
        writer.write(bytes: [UInt8](repeating: 0, count: Limits.Call.maximumBodyBytes + 1))
        #expect(throws: WireError.self) { try ActorCall(payload: writer.array) }
    }
}
