import MeshActors
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
        let inbox = Intake<Int>(capacity: Limits.Call.maximumRequestsWaiting)
        for number in 0..<Limits.Call.maximumRequestsWaiting { #expect(inbox.offer(number)) }
        #expect(!inbox.offer(0))
    }
}

@Suite struct `Messages between actors' nodes` {
    private func call(body: [UInt8]) throws -> ActorCall {
        var generator = SeededGenerator(seed: 1)
        return ActorCall(
            command: CommandID(at: VirtualClock.firstWallTime, using: &generator),
            address: try ActorAddress(SampleAccount.kind, "a"),
            tag: 3,
            timeLeft: .milliseconds(250),
            body: body
        )
    }

    @Test func `come back as they were sent`() throws {
        let call = try call(body: [1, 2, 3])
        #expect(try ActorCall(wireBytes: call.wireBytes) == call)
        let replies: [ActorReply] = [
            .value([1]), .refusal([2]), .redirect(to: try NodeID("two")),
            .failed(.tooLarge, retryAfter: nil), .failed(.unavailable, retryAfter: .milliseconds(100)),
        ]
        for reply in replies { #expect(try ActorReply(wireBytes: reply.wireBytes) == reply) }
    }

    @Test func `are refused when they are cut short, or beyond their bound`() throws {
        let bytes = try call(body: [1, 2, 3]).wireBytes
        for count in 0..<bytes.count {
            #expect(throws: WireError.self) { try ActorCall(wireBytes: Array(bytes[..<count])) }
        }
        let large = try call(body: [UInt8](repeating: 0, count: Limits.Call.maximumBodyBytes + 1))
        #expect(throws: WireError.self) { try ActorCall(wireBytes: large.wireBytes) }
    }
}
