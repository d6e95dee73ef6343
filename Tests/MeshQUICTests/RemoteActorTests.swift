import MeshActors
import MeshCheck
import MeshCore
import MeshIO
import MeshQUIC
import MeshTestKit
import MeshWire
import Testing

/// Actors of one node called from another, through QUIC, with the calls that are used on their own node.
@Suite(.timeLimit(.minutes(1))) struct `An actor on another node` {
    @Test func `is journaled, and called by the edge as it is by the hub`() async throws {
        try await Nodes.running { nodes in
            for node in [nodes.hub, nodes.edge] {
                let account = try node.actor(SampleAccount.self, "laptop-7")
                _ = try await account.call(SampleAccount.Deposit(amount: 5))
            }
            let seen = try await nodes.edge.actor(SampleAccount.self, "laptop-7").call(SampleAccount.Balance())
            #expect(seen == 10)
        }
    }

    @Test func `is plain and lives on the edge, and is called by the hub as it is by the edge`() async throws {
        try await Nodes.running { nodes in
            var counts: [UInt64] = []
            for node in [nodes.hub, nodes.edge, nodes.hub] {
                counts.append(try await node.actor(EdgeCounter.self, "laptop-7").call(EdgeCounter.Count()))
            }
            #expect(counts == [1, 2, 3])
        }
    }

    @Test func `is called in the trace of its caller, and in none where the caller has none`() async throws {
        try await Nodes.running { nodes in
            let trace = try #require(TraceContext(high: 1, low: 2, span: 3, flags: 1))
            let others = try nodes.edge.actor(SampleAccount.self, "laptop-8")
            let counter = try nodes.hub.actor(EdgeCounter.self, "laptop-7")
            let deny: @Sendable () async -> Void = { _ = try? await others.call(SampleAccount.Balance()) }
            await TraceContext.$current.withValue(trace) { await deny() }
            await deny()
            _ = try await TraceContext.$current.withValue(trace) { try await counter.call(EdgeCounter.Count()) }
            func traces(_ event: String) -> [[LogField]] {
                nodes.sink.records.filter { $0.event.name == event }.map { $0.fields.filter { $0.key == .trace } }
            }
            let field = LogField(.trace, .text(trace.traceID))
            #expect(traces("actor.call-denied") == [[field], []])
            #expect(traces("actor.activated") == [[field]])
        }
    }

    @Test func `says no to the edge as it does at home`() async throws {
        try await Nodes.running { nodes in
            let account = try nodes.edge.actor(SampleAccount.self, "laptop-7")
            await #expect(throws: CallFailure.refused(SampleAccount.Refusal.insufficient(balance: 0))) {
                _ = try await account.call(SampleAccount.Withdraw(amount: 1))
            }
        }
    }

    @Test func `is sent messages both ways, whose answers nobody waits for`() async throws {
        try await Nodes.running { nodes in
            let account = try nodes.edge.actor(SampleAccount.self, "laptop-7")
            try await account.send(SampleAccount.Deposit(amount: 5))
            // Refused there, and nobody is told.
            try await account.send(SampleAccount.Withdraw(amount: 1_000))
            let counter = try nodes.hub.actor(EdgeCounter.self, "laptop-7")
            for _ in 0..<3 { try await counter.send(EdgeCounter.Count()) }
            let deadline = nodes.clock.now + .seconds(10)
            while try await account.call(SampleAccount.Balance()) != 5 { #expect(nodes.clock.now < deadline) }
            var count = try await counter.call(EdgeCounter.Count())
            while count < 4, nodes.clock.now < deadline {
                // Each look counts, too; all three messages are among them in the end.
                try await nodes.clock.sleep(for: .milliseconds(5))
                count = try await counter.call(EdgeCounter.Count())
            }
            #expect(count >= 4)
            let others = try nodes.edge.actor(SampleAccount.self, "laptop-8")
            try await others.send(SampleAccount.Deposit(amount: 5))
            while nodes.hub.counts.callsDenied == 0, nodes.clock.now < deadline {
                try await nodes.clock.sleep(for: .milliseconds(5))
            }
            #expect(nodes.hub.counts.callsDenied == 1)
        }
    }

    @Test func `is not called where the caller's certificate does not allow it, and the log says so`() async throws {
        try await Nodes.running { nodes in
            let others = try nodes.edge.actor(SampleAccount.self, "laptop-8")
            let own = try nodes.edge.actor(SampleAccount.self, "laptop-7")
            let denied: [@Sendable () async throws -> Void] = [
                { _ = try await others.call(SampleAccount.Balance()) },
                { _ = try await own.call(SampleAccount.Remind(amount: 1)) },
            ]
            for call in denied {
                await #expect(throws: (any Error).self) { try await call() }
            }
            #expect(nodes.hub.counts.callsDenied == 2)
            let lines = nodes.sink.records.filter { $0.event.name == "actor.call-denied" }
            #expect(lines.count == 2)
            #expect(lines.allSatisfy { "\($0)".contains("spiffe://mesh/acme/edge/laptop-7") })
        }
    }

    @Test func `is given up at the deadline, and when the caller leaves`() async throws {
        try await Nodes.running { nodes in
            let slow = try nodes.hub.actor(EdgeCounter.self, "laptop-7")
            let deadline = nodes.clock.now + .milliseconds(20)
            await #expect(throws: (any Error).self) { _ = try await slow.call(EdgeCounter.Wait(), deadline: deadline) }
            #expect(nodes.clock.now < deadline + .seconds(5))
            // The news of the end may overtake the request on its way to the loop.
            for _ in 0..<200 {
                let waiter = Task { try await slow.call(EdgeCounter.Wait()) }
                waiter.cancel()
                await #expect(throws: (any Error).self) { _ = try await waiter.value }
            }
        }
    }
}

/// A hub and an edge with their actors, linked by QUIC.
private struct Nodes: Sendable {
    let hub: ActorNode
    let edge: ActorNode
    let sink: VolatileLogSink
    let clock: MachineClock

    static func running(_ body: @escaping @Sendable (Nodes) async throws -> Void) async throws {
        try await QUICPair.with { pair in
            let members = [
                Member(Owner(node: pair.hubNode, incarnation: 1), role: .hub),
                Member(Owner(node: pair.edgeNode, incarnation: 1), role: .edge),
            ]
            let sink = VolatileLogSink()
            let nodes = zip(members, [pair.hub, pair.edge]).map { member, transport in
                node(member, transport, Membership(epoch: 1, members: members), sink, pair.clock)
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for node in nodes { group.addTask { await node.run() } }
                try await body(Nodes(hub: nodes[0], edge: nodes[1], sink: sink, clock: pair.clock))
                group.cancelAll()
            }
        }
    }

    private static func node(
        _ member: Member,
        _ transport: QUICTransport,
        _ membership: Membership,
        _ sink: VolatileLogSink,
        _ clock: MachineClock
    ) -> ActorNode {
        ActorNode(
            owner: member.owner,
            kinds: [
                .journaled(
                    SampleAccount.self,
                    performer: NoTransfers(),
                    placed: PlacementRule(roles: [.hub]),
                    access: .edges(.ownNode, commands: [SampleAccount.Deposit.tag, 2, 3])
                ),
                .plain(EdgeCounter.self, placed: PlacementRule(roles: [.edge])) { _ in EdgeCounter() },
            ],
            membership: membership,
            journal: VolatileJournal(),
            transport: transport,
            clock: clock,
            generator: SeededGenerator(seed: member.role == .hub ? 1 : 2),
            logger: Logger(sink: sink, clock: clock, minimumLevel: .debug)
        )
    }
}

private struct NoTransfers: EffectPerformer {
    func perform(
        _ effect: SampleAccount.OpenTransfer,
        _ context: EffectContext
    ) async throws -> SampleAccount.TransferDone {
        SampleAccount.TransferDone(position: context.position)
    }
}

/// A plain actor that only edges host.
private actor EdgeCounter: PlainActor {
    static let kind = ActorKind("edge-counter")
    static var commands: CommandTable<EdgeCounter> { CommandTable().accepting(Count.self).accepting(Wait.self) }

    private var count: UInt64 = 0

    func next() -> UInt64 {
        count += 1
        return count
    }

    struct Count: PlainCommand {
        typealias Target = EdgeCounter
        typealias Reply = UInt64
        typealias Refusal = NoRefusal

        static let tag: UInt32 = 1

        init() {}

        func perform(on target: isolated EdgeCounter) async throws(NoRefusal) -> UInt64 { target.next() }
        func encode(into writer: inout WireWriter) { writer.writeArrayHead(count: 0) }
        init(from reader: inout WireReader) throws(WireError) { try reader.endRecord(reader.beginRecord(fields: 0)) }
    }

    /// Never answers.
    struct Wait: PlainCommand {
        typealias Target = EdgeCounter
        typealias Reply = UInt64
        typealias Refusal = NoRefusal

        static let tag: UInt32 = 2

        init() {}

        func perform(on target: isolated EdgeCounter) async throws(NoRefusal) -> UInt64 {
            _ = try? await OneShot<UInt64>().wait()
            return 0
        }
        func encode(into writer: inout WireWriter) { writer.writeArrayHead(count: 0) }
        init(from reader: inout WireReader) throws(WireError) { try reader.endRecord(reader.beginRecord(fields: 0)) }
    }
}
