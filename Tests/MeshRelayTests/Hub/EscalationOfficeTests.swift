import MeshActors
import MeshChat
import MeshCore
import MeshEscalation
import MeshGateway
import MeshIdentity
import MeshPrivacy
import MeshRelay
import MeshTestKit
import MeshTunnel
import MeshWire
import Testing

@Suite(.timeLimit(.minutes(2))) struct `An office of answers` {
    /// A desk that begins nothing, or answers that never say a word, until whoever asks is cancelled.
    private final class SilentDesk: ChatPort {
        let clock: any Clock
        let begins: Bool
        let stopped = Watched(0)

        init(begins: Bool, clock: any Clock) { (self.begins, self.clock) = (begins, clock) }

        func models() async -> [ModelDescription] { [] }
        func model(named name: String) async -> ModelDescription? { nil }

        func begin(_ call: ChatCall) async throws(ChatError) -> any ChatRun {
            if begins { return SilentRun(self) }
            try await rest()
        }

        func rest() async throws(ChatError) -> Never {
            while !Task.isCancelled { try? await clock.sleep(for: .seconds(1_000)) }
            throw ChatError(.cancelled, "stopped")
        }
    }

    private final class SilentRun: ChatRun {
        let (model, engine, reason, dropped) = ("m", "e", "asked for", [String]())
        let allowance: RequestAllowance? = nil
        let usageSoFar = ChatUsage()
        private let desk: SilentDesk
        private let over = OneShot<Bool>()

        init(_ desk: SilentDesk) { self.desk = desk }

        func next() async throws(ChatError) -> ChatEvent? {
            _ = try? await over.wait()
            throw ChatError(.cancelled, "stopped")
        }

        func cancel() {
            desk.stopped.change { $0 += 1 }
            over.open(true)
        }
    }

    private static func edge(_ number: Int) throws -> NodeIdentity {
        NodeIdentity(tenant: try TenantID("main"), role: .edge, node: try NodeID("edge-\(number)"))
    }

    private static func payload(_ run: UInt64) -> [UInt8] {
        let question = Question(RedactedText(receivedThroughTunnel: "why"), maximumTokens: 10)
        return RelayOpening(run: UniqueID(high: 1, low: run), timeLeft: .seconds(3_000), ask: .question(question))
            .wireBytes
    }

    /// What `office` refuses `edge` with.
    private static func refusal(_ office: EscalationOffice, _ edge: NodeIdentity, _ run: UInt64) async throws
        -> ErrorFrame
    {
        try await problem(ErrorFrame.self) {
            try await office.serve(try PipedChannel.pair(of: edge).hub, asking: payload(run), by: edge)
        }
    }

    @Test func `has room for so many answers, of one edge and of all, and says when to come again`() throws {
        let outcome = try SeededRun.run(seed: 1) { world in
            let desk = SilentDesk(begins: true, clock: world.clock)
            let office = EscalationOffice(chats: desk, clock: world.clock, generator: world.generator)
            let perEdge = Limits.Relay.maximumRunsOfOne
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<Limits.Relay.maximumRuns / perEdge {
                    let edge = try Self.edge(number)
                    for run in 0..<UInt64(perEdge) {
                        let payload = Self.payload(run)
                        let channel = try PipedChannel.pair(of: edge).hub
                        group.addTask { try? await office.serve(channel, asking: payload, by: edge) }
                    }
                    while office.count < (number + 1) * perEdge { try await world.clock.sleep(for: .milliseconds(1)) }
                    let refusal = try await Self.refusal(office, edge, 9_999)
                    try check(refusal.code == .overloaded, "\(refusal)")
                    let pause = Limits.Relay.retryAfter / .milliseconds(1)
                    try check(refusal.retryAfterMilliseconds.map(Double.init) == pause, "\(refusal)")
                }
                let refusal = try await Self.refusal(office, try Self.edge(77), 1)
                try check(refusal.code == .overloaded && office.count == Limits.Relay.maximumRuns, "\(refusal)")
                group.cancelAll()
            }
        }
        try outcome.result.get()
    }

    @Test func `looks at its answers so often that one whose edge has gone is stopped in time`() throws {
        let outcome = try SeededRun.run(seed: 2) { world in
            let desk = SilentDesk(begins: true, clock: world.clock)
            let office = EscalationOffice(chats: desk, clock: world.clock, generator: world.generator)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await office.run() }
                let (edge, hub) = try PipedChannel.pair(of: try Self.edge(1))
                group.addTask { try await office.serve(hub, asking: Self.payload(1), by: try Self.edge(1)) }
                _ = try await edge.read()
                edge.letGo()
                let gone = world.clock.now
                await desk.stopped.wait { $0 == 1 }
                let alone = world.clock.now - gone
                let bound = Limits.Escalation.orphanPatience + Limits.Relay.sweepInterval
                try check(alone >= Limits.Escalation.orphanPatience && alone <= bound, "\(alone)")
                while office.count > 0 { try await world.clock.sleep(for: .seconds(1)) }
                try check(world.clock.now - gone <= bound + Limits.Escalation.keptPatience + bound, "it was kept")
                group.cancelAll()
            }
        }
        try outcome.result.get()
    }

    @Test(arguments: [true, false]) func `tells askers when it is stopped, and not that they have left`(begins: Bool)
        throws
    {
        for seed in 0...15 as ClosedRange<UInt64> {
            let outcome = try SeededRun.run(seed: seed) { world in
                let desk = SilentDesk(begins: begins, clock: world.clock)
                let office = EscalationOffice(chats: desk, clock: world.clock, generator: world.generator)
                let edge = try Self.edge(1)
                let opener = PipedOpener(edge)
                let answer = Self.answer(over: opener, until: world.clock.now + .seconds(60), on: world.clock)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        guard let asked = await opener.opened.next() else { return }
                        try await office.serve(asked.channel, asking: asked.opening.wireBytes, by: edge)
                    }
                    group.addTask {
                        await withTaskGroup(of: Void.self) { group in
                            group.addTask { await office.run() }
                            try? await world.clock.sleep(for: .milliseconds(50))
                            group.cancelAll()
                        }
                    }
                    let failure = try await problem(EscalationFailure.self) { _ = try await answer.next() }
                    try check(failure.chatCode == .unavailable, "\(failure)")
                    group.cancelAll()
                }
            }
            try outcome.result.get()
        }
    }

    /// Answers whose words are all there already, and who was asked for each.
    private final class ReadyDesk: ChatPort {
        static let words = 4_000
        let asked = Lock<[UniqueID]>([])

        func models() async -> [ModelDescription] { [] }
        func model(named name: String) async -> ModelDescription? { nil }
        func begin(_ call: ChatCall) async throws(ChatError) -> any ChatRun { ReadyRun(call.id, self) }
    }

    private final class ReadyRun: ChatRun {
        let (model, engine, reason, dropped) = ("m", "e", "asked for", [String]())
        let allowance: RequestAllowance? = nil
        let usageSoFar = ChatUsage()
        private let id: UniqueID
        private let desk: ReadyDesk
        private let said = Lock(0)

        init(_ id: UniqueID, _ desk: ReadyDesk) { (self.id, self.desk) = (id, desk) }

        func next() async throws(ChatError) -> ChatEvent? {
            desk.asked.withLock { $0.append(id) }
            let number = said.withLock { said in
                said += 1
                return said
            }
            return number <= ReadyDesk.words ? .text("x") : .ended(.endOfTurn)
        }

        func cancel() {}
    }

    @Test func `gives answers whose words are there already their turns`() throws {
        let outcome = try SeededRun.run(seed: 4, maximumSteps: 2_000_000) { world in
            let desk = ReadyDesk()
            let office = EscalationOffice(chats: desk, clock: world.clock, generator: world.generator)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 1...4 as ClosedRange<UInt64> {
                    let edge = try Self.edge(1)
                    let hub = try PipedChannel.pair(of: edge).hub
                    group.addTask { try await office.serve(hub, asking: Self.payload(number), by: edge) }
                }
                while office.count < 4 { try await world.clock.sleep(for: .milliseconds(1)) }
                group.addTask { await office.run() }
                while desk.asked.withLock({ $0.count }) < 4 * (ReadyDesk.words + 1) {
                    try await world.clock.sleep(for: .milliseconds(1))
                }
                group.cancelAll()
            }
            let asked = desk.asked.withLock { $0 }
            let longest = asked.indices.reduce(into: (longest: 1, now: 0)) { run, place in
                run.now = place > 0 && asked[place] == asked[place - 1] ? run.now + 1 : 1
                run.longest = max(run.longest, run.now)
            }.longest
            // A seed may have one come twice in a row; without turns it would say all that there is room for.
            try check(longest <= 16 * Limits.Relay.eventsInARow, "\(longest) words of one answer in a row")
            try check(Set(asked).count == 4, "all were asked")
        }
        try outcome.result.get()
    }

    @Test func `that has been stopped takes no more, and leaves nobody waiting`() throws {
        let outcome = try SeededRun.run(seed: 3) { world in
            let desk = SilentDesk(begins: false, clock: world.clock)
            let office = EscalationOffice(chats: desk, clock: world.clock, generator: world.generator)
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await office.run() }
                group.cancelAll()
            }
            let refusal = try await Self.refusal(office, try Self.edge(1), 1)
            try check(refusal.code == .overloaded && office.count == 0, "\(refusal)")
        }
        try outcome.result.get()
    }

    static func answer(over opener: PipedOpener, until deadline: Instant, on clock: any Clock) -> TunnelAnswer {
        let question = Question(RedactedText(receivedThroughTunnel: "why"), maximumTokens: 10)
        return TunnelAnswer(
            to: .question(question),
            run: UniqueID(high: 1, low: 1),
            over: opener,
            deadline: deadline,
            clock: clock,
            generator: SeededGenerator(seed: 1)
        )
    }
}
