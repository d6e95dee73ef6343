import MeshActors
import MeshCheck
import MeshCore
import MeshTestKit
import MeshWire
import Testing

@Suite struct `The trace of a caller` {
    private static func trace(_ number: UInt64) throws -> TraceContext {
        try #require(TraceContext(high: 1, low: number, span: 7, flags: 1))
    }

    /// The records of `event`, each with the trace that it says.
    private static func traces(_ sink: VolatileLogSink, _ event: String) -> [String?] {
        sink.records.filter { $0.event.name == event }.map { record in
            record.fields.first { $0.key == .trace }.flatMap {
                if case .text(let text) = $0.value { text } else { nil }
            }
        }
    }

    @Test func `stands in the log of the node that carries the call out, and the next call has its own`() throws {
        try forSeeds(1...5) { mesh in
            let membership = try SampleMesh.membership(1, "one", "two")
            let logger = Logger(sink: mesh.sink, clock: mesh.world.clock, minimumLevel: .info)
            let kinds: [HostedKind] = [.plain(Diary.self) { _ in Diary(logger) }]
            let one = try mesh.node("one", membership: membership, kinds: kinds)
            let two = try mesh.node("two", membership: membership, kinds: kinds)
            let traces = try (1...3).map { try Self.trace($0) }
            try await mesh.running(one, two) {
                let place = membership.node(for: Diary.kind, "a", .anywhere)
                let far = try (place == NodeID("one") ? two : one).actor(Diary.self, "a")
                let deadline = mesh.world.clock.now + .seconds(1)
                try await TraceContext.$current.withValue(traces[0]) { _ = try await far.call(Diary.Note()) }
                try await TraceContext.$current.withValue(traces[1]) {
                    _ = try await far.call(Diary.Note(), deadline: deadline)
                }
                _ = try await far.call(Diary.Note())
                try await TraceContext.$current.withValue(traces[2]) { try await far.send(Diary.Note()) }
            }
            let expected = [traces[0].traceID, traces[1].traceID, nil, traces[2].traceID]
            let found = Self.traces(mesh.sink, "diary.noted")
            try check(found == expected, "\(found)")
        }
    }

    @Test func `stands in the lines about an actor that comes for it, and in none about its life after that`() throws {
        try forSeeds(1...3) { mesh in
            let node = try mesh.node("one")
            let trace = try Self.trace(1)
            mesh.bank.state.withLock { $0.failures = 1 }
            try await mesh.running(node) {
                let account = try node.actor(SampleAccount.self, "a")
                try await TraceContext.$current.withValue(trace) {
                    _ = try await account.call(SampleAccount.Deposit(amount: 5))
                }
                _ = try await account.call(SampleAccount.Transfer(amount: 1, to: "b"))
                try await mesh.world.clock.sleep(for: .seconds(1))
            }
            try check(Self.traces(mesh.sink, "actor.activated") == [trace.traceID], "the arrival")
            try check(Self.traces(mesh.sink, "actor.effect-failed") == [nil], "an effect of another call")
        }
    }

    @Test func `goes with the effects of its command, here and from another node, as long as the actor stays`() throws {
        try forSeeds(1...5) { mesh in
            let membership = try SampleMesh.membership(1, "one", "two")
            let one = try mesh.node("one", membership: membership)
            let two = try mesh.node("two", membership: membership)
            let traces = try (1...2).map { try Self.trace($0) }
            try await mesh.running(one, two) {
                for (node, trace) in zip([one, two], traces) {
                    mesh.bank.state.withLock { $0.failures = 2 }
                    let account = try node.actor(SampleAccount.self, "a")
                    _ = try await account.call(SampleAccount.Deposit(amount: 5))
                    try await TraceContext.$current.withValue(trace) {
                        _ = try await account.call(SampleAccount.Transfer(amount: 1, to: "b"))
                        // Seen together with what another is about to change: it is not taken for that one's.
                        _ = try await account.call(SampleAccount.Balance())
                    }
                    try await mesh.world.clock.sleep(for: .seconds(2))
                }
            }
            let found = Self.traces(mesh.sink, "actor.effect-failed")
            try check(found == [traces[0], traces[0], traces[1], traces[1]].map(\.traceID), "\(found)")
        }
    }

    @Test func `is kept for a bounded number of pending effects, and forgotten with them`() throws {
        let count = Limits.Effects.maximumTraces + 1
        let pending = (1...count).map { number in
            PendingEffect(at: EventPosition(head: Head(rawValue: UInt64(number)), index: 0), number)
        }
        let trace = try Self.trace(1)
        let traces = Dictionary(uniqueKeysWithValues: pending.map { ($0.position.head, trace) })
        var schedule = EffectSchedule<Int>()
        schedule.listed(pending, traces)
        #expect(schedule.trace(of: pending[0].position) == trace)
        #expect(schedule.trace(of: pending[count - 2].position) == trace)
        #expect(schedule.trace(of: pending[count - 1].position) == nil)
        schedule.listed(Array(pending.dropFirst()))
        #expect(schedule.trace(of: pending[0].position) == nil)
        #expect(schedule.trace(of: pending[1].position) == trace)
    }

    @Test func `is an optional field behind the others of a call, and a malformed one refuses the call`() throws {
        var generator = SeededGenerator(seed: 1)
        let id = CommandID(at: VirtualClock.firstWallTime, using: &generator)
        let address = try ActorAddress(SampleAccount.kind, "a")
        func head(_ trace: TraceContext?) -> ActorCall.Head {
            ActorCall.Head(command: id, address: address, tag: 3, timeLeft: nil, trace: trace)
        }
        let plain = try #require(ActorCall.payload(head(nil), "x"))
        let traced = try #require(ActorCall.payload(head(Self.trace(9)), "x"))
        #expect(plain.first == 0x85 && traced.first == 0x86)
        #expect(Array(traced.dropFirst().prefix(plain.count - 1)) == Array(plain.dropFirst()))
        #expect(traced.count == plain.count + 20)
        #expect(try ActorCall(payload: traced).head == head(Self.trace(9)))
        #expect(try ActorCall(payload: [0x86] + plain.dropFirst() + [0xF6]).head == head(nil))
        for malformed: [UInt8] in [[0x00], [0x60], [0x80], [0x83, 0x41, 0x00, 0x01, 0x00], [0x82, 0x40, 0x01]] {
            #expect(throws: WireError.self) { try ActorCall(payload: [0x86] + plain.dropFirst() + malformed) }
        }
        let zero = [0x83, 0x50] + [UInt8](repeating: 0, count: 16) + [0x01, 0x00]
        #expect(throws: WireError(.invalidValue, "")) { try ActorCall(payload: [0x86] + plain.dropFirst() + zero) }
    }
}

/// A plain actor that writes to the log of its node.
private actor Diary: PlainActor {
    static let kind = ActorKind("diary")
    static var commands: CommandTable<Diary> { CommandTable().accepting(Note.self) }

    private let logger: Logger

    init(_ logger: Logger) { self.logger = logger }

    fileprivate func note() { logger.log(.info, LogEvent("diary.noted")) }

    struct Note: PlainCommand {
        typealias Target = Diary
        typealias Reply = Done
        typealias Refusal = NoRefusal

        static let tag: UInt32 = 1

        init() {}

        func perform(on target: isolated Diary) async throws(NoRefusal) -> Done {
            target.note()
            return Done()
        }
        func encode(into writer: inout WireWriter) { writer.writeArrayHead(count: 0) }
        init(from reader: inout WireReader) throws(WireError) { try reader.endRecord(reader.beginRecord(fields: 0)) }
    }
}
