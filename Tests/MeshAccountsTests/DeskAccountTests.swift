import MeshAccounts
import MeshActors
import MeshChat
import MeshCore
import MeshLedger
import MeshTestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct `A desk before an account` {
    private static let usage = ChatUsage(inputTokens: 3, outputTokens: 2)
    private static let head: [ChatEvent] = [
        .started(ChatStart(id: "a", model: "m")), .usage(usage), .text("Hi"),
    ]
    /// $2 and $10 for a million tokens, and three hundredths for us.
    private static let charged = Money(nanodollars: 26_780)

    /// A desk whose one provider does `step`, and that runs while `body` does.
    private static func run(
        _ step: SayingEngine.Step,
        seeds: ClosedRange<UInt64> = 0...7,
        _ body: @escaping @Sendable (AdmissionGround, ChatDesk) async throws -> Void
    ) throws {
        try AdmissionGround.run(seeds: seeds) { ground in
            let engine = SayingEngine(step, clock: ground.world.clock)
            let desk = ChatDesk(
                ChatCaller(engines: ["one": engine], clock: ground.world.clock, generator: ground.world.generator),
                directory: ModelDirectory(
                    table: try ModelTable.shipped.get(),
                    offers: [ModelOffer(engine: "one", model: "claude-sonnet-5-5", engineModel: "s")]
                ),
                admission: ground.admission,
                clock: ground.world.clock
            )
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await desk.run() }
                try await body(ground, desk)
                group.cancelAll()
            }
        }
    }

    private static func call(_ ground: AdmissionGround, _ number: UInt64 = 1) throws -> DeskCall {
        DeskCall(
            id: Sample.id(number),
            tenant: try TenantID("acme"),
            request: ChatRequest(model: "sonnet", messages: [ChatMessage(.user, "hello")]),
            deadline: ground.world.clock.now + .seconds(300)
        )
    }

    /// Waits until nothing is under way.
    private static func settled(_ desk: ChatDesk, _ ground: AdmissionGround) async throws {
        for _ in 0..<200 where desk.underWay > 0 { try await ground.world.clock.sleep(for: .milliseconds(50)) }
        try check(desk.underWay == 0, "\(desk.underWay) calls are under way")
    }

    @Test func `has charged a whole answer before its end is said, in two appends`() throws {
        try Self.run(.say(Self.head + [.ended(.endOfTurn)])) { ground, desk in
            let answer = try await desk.begin(try Self.call(ground))
            try check(try await ground.balance().holds == 1 && answer.charge == nil, "nothing is held")
            while let event = try await answer.next() {
                guard case .ended = event else { continue }
                try check(answer.charge?.total == Self.charged, "\(answer.charge as Any)")
                try check(answer.charge?.upstream == Money(nanodollars: 26_000), "\(answer.charge as Any)")
                try check(try await ground.balance().owed == Self.charged, "not charged")
            }
            try check(ground.journal.appendCount == 2, "\(ground.journal.appendCount) appends")
        }
    }

    @Test func `charges what was used where the client has left, or the answer broke off`() throws {
        try Self.run(.waitBehind(Self.head)) { ground, desk in
            let answer = try await desk.begin(try Self.call(ground))
            while case .text? = try await answer.next() {}
            answer.cancel()
            try await Self.settled(desk, ground)
            try check(try await ground.balance().owed == Self.charged, "not charged")
            try check(answer.charge?.total == Self.charged, "\(answer.charge as Any)")
        }
        try Self.run(.breakOff(Self.head)) { ground, desk in
            let answer = try await desk.begin(try Self.call(ground))
            do throws(ChatError) {
                while try await answer.next() != nil {}
                throw ChatError(.conflict, "it has not broken off")
            } catch {
                try check(error.code == .upstreamFailed, "\(error)")
            }
            let balance = try await ground.balance()
            try check(balance.owed == Self.charged && balance.held == .zero, "\(balance)")
        }
    }

    @Test func `gives all of it back where nobody answers, and the same question can be asked again`() throws {
        try Self.run(.refuse(ChatError(.malformed, "no"))) { ground, desk in
            for _ in 1...2 {
                let call = try Self.call(ground)
                do throws(ChatError) {
                    _ = try await desk.begin(call)
                    throw ChatError(.conflict, "it was answered")
                } catch {
                    try check(error.code == .malformed, "\(error)")
                }
                try await Self.settled(desk, ground)
                let balance = try await ground.balance()
                try check(balance.held == .zero && balance.owed == .zero, "\(balance)")
            }
        }
    }

    @Test func `gives back what was set aside for a client that left before it was told so`() throws {
        try Self.run(.say(Self.head + [.ended(.endOfTurn)]), seeds: 0...15) { ground, desk in
            let call = try Self.call(ground)
            var chance = ground.world.generator
            let patience = Duration.microseconds(chance.integer(in: 0...3_000))
            await withTaskGroup(of: Void.self) { group in
                group.addTask { _ = try? await desk.begin(call).collect() }
                try? await ground.world.clock.sleep(for: patience)
                group.cancelAll()
            }
            try await Self.settled(desk, ground)
            let balance = try await ground.balance()
            try check(balance.held == .zero && balance.holds == 0, "\(balance)")
            try check(balance.owed == .zero || balance.owed == Self.charged, "\(balance)")
        }
    }
}

/// A test double of a provider, which does one thing whatever it is asked.
private final class SayingEngine: InferenceEngine {
    enum Step: Sendable {
        case say([ChatEvent])
        /// Events, and behind them only what stops it.
        case waitBehind([ChatEvent])
        case breakOff([ChatEvent])
        case refuse(ChatError)
    }

    private let step: Step
    private let clock: any Clock

    init(_ step: Step, clock: any Clock) { (self.step, self.clock) = (step, clock) }

    var capabilities: EngineCapabilities { EngineCapabilities() }

    func answer(_ request: GenerationRequest) async throws(ChatError) -> any ChatAnswer {
        switch step {
        case .say(let events): return SaidAnswer(events, behind: .nothing, clock)
        case .waitBehind(let events): return SaidAnswer(events, behind: .silence, clock)
        case .breakOff(let events): return SaidAnswer(events, behind: .failure, clock)
        case .refuse(let error): throw error
        }
    }

    func models() async throws(ChatError) -> [EngineModel] { [] }
    func load(_ adapter: AdapterArtifact) async throws(ChatError) -> AdapterHandle {
        throw ChatError(.unsupported, "no adapters")
    }
    func unload(_ adapter: AdapterHandle) async throws(ChatError) {}
    func promptTokens(of request: GenerationRequest) async throws(ChatError) -> TokenCount {
        TokenCount(1, isExact: true)
    }
    func health() async -> EngineHealth { .ready }
}

/// A test double: given events, and what comes behind them.
private final class SaidAnswer: ChatAnswer {
    enum Rest { case nothing, silence, failure }

    private let events: Lock<[ChatEvent]>
    private let said = Lock(ChatUsage())
    private let rest: Rest
    private let clock: any Clock

    init(_ events: [ChatEvent], behind rest: Rest, _ clock: any Clock) {
        self.events = Lock(events)
        (self.rest, self.clock) = (rest, clock)
    }

    func next() async throws(ChatError) -> ChatEvent? {
        let next: ChatEvent? = events.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        if case .usage(let usage)? = next { said.withLock { $0 = usage } }
        if let next { return next }
        switch rest {
        case .nothing: return nil
        case .failure: throw ChatError(.upstreamFailed, "gone")
        case .silence:
            try? await clock.sleep(for: .seconds(86_400))
            throw ChatError(.cancelled, "stopped")
        }
    }

    func cancel() {}

    var usageSoFar: ChatUsage { said.withLock { $0 } }
}
