import MeshActors
import MeshCore
import MeshIO
import MeshNode
import MeshTestKit
import MeshWire
import Testing

/// What an edge does for its hub's operators; Tests/ProcessTests/test_synesis.py asks real edges.
@Suite(.timeLimit(.minutes(1))) struct `The steward of an edge` {
    /// An edge's actors, and those of whoever calls them, over a transport that says who calls.
    private static func run(_ body: @escaping @Sendable (ActorNode, StewardDesk, MachineClock) async throws -> Void)
        async throws
    {
        let loop = try EventLoop.start(name: "steward")
        defer { loop.stop() }
        let clock = MachineClock(loop: loop)
        let sink = VolatileLogSink()
        let logger = Logger(sink: sink, clock: clock, minimumLevel: .debug)
        let desk = StewardDesk(renewals: RenewalOrders(nudge: Nudge()), clock: clock, logger: logger)
        let owner = Owner(node: try NodeID("edge-1"), incarnation: 1)
        let node = ActorNode(
            owner: owner,
            kinds: [NodeSteward.hosted(at: desk)],
            membership: Membership(epoch: 1, members: [Member(owner, role: .edge)]),
            journal: VolatileJournal(),
            transport: nil,
            clock: clock,
            generator: SeededGenerator(seed: 1),
            logger: logger
        )
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { await node.run() }
            try await body(node, desk, clock)
            group.cancelAll()
        }
    }

    @Test func `answers, and goes when it is told to`() async throws {
        try await Self.run { node, desk, clock in
            let steward = try node.actor(NodeSteward.self, "edge-1")
            let pong = try await steward.call(NodeSteward.Ping(), deadline: clock.now + .seconds(30))
            #expect(abs(pong.wallTimeMilliseconds - clock.wallTime.millisecondsSince1970) < 30_000)
            let draining = try await steward.call(NodeSteward.Drain(), deadline: clock.now + .seconds(30))
            #expect(Duration.milliseconds(Int64(draining.patienceMilliseconds)) == Limits.Steward.drainPatience)
            #expect(await desk.waitForDrain())
        }
    }

    @Test func `lives on the edge that its key names, and nowhere else`() async throws {
        try await Self.run { node, _, clock in
            let other = try node.actor(NodeSteward.self, "edge-2")
            await #expect(throws: CallFailure<StewardRefusal>.self) {
                try await other.call(NodeSteward.Ping(), deadline: clock.now + .milliseconds(50))
            }
        }
    }

    @Test func `takes nothing from edges`() throws {
        let edge = NodeIdentity(tenant: try TenantID("main"), role: .edge, node: try NodeID("edge-2"))
        let hub = NodeIdentity(tenant: try TenantID("main"), role: .hub, node: try NodeID("hub-1"))
        for key in ["edge-1", "edge-2"] {
            #expect(!AccessRule.hubs.allows(edge, key: key, tag: NodeSteward.Drain.tag))
            #expect(AccessRule.hubs.allows(hub, key: key, tag: NodeSteward.Drain.tag))
        }
    }

    @Test func `says no in so many words`() throws {
        let limit = Limits.Steward.maximumRefusalBytes
        let refusal = StewardRefusal(String(repeating: "x", count: limit + 1))
        #expect(refusal.message.utf8.count <= limit)
        #expect(try StewardRefusal(wireBytes: refusal.wireBytes) == refusal)
        let long = WireWriter.bytes { writer in
            writer.writeArrayHead(count: 1)
            writer.write(String(repeating: "x", count: limit + 1))
        }
        #expect(throws: WireError(.invalidValue, "")) { try StewardRefusal(wireBytes: long) }
    }

    @Test func `gives a renewal up where nobody waits for it`() async throws {
        let orders = RenewalOrders(nudge: Nudge())
        let asked = Task { () -> Bool in
            do throws(StewardRefusal) {
                _ = try await orders.renew()
                return true
            } catch {
                return false
            }
        }
        asked.cancel()
        #expect(await asked.value == false)
    }
}
