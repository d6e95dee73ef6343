import MeshChat
import MeshCore
import MeshEscalation
import MeshGateway
import MeshIdentity
import MeshRelay
import MeshSessions
import MeshTestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct `What a question to a hub costs` {
    /// A question that the real desk answers, by an engine that says one word and then waits to be let on.
    private static func run(
        _ body: @escaping @Sendable (HubQuestions, OneWordEngine, UsageTally, ModelPrice) async throws -> Void
    ) throws {
        let outcome = try SeededRun.run(seed: 3, maximumSteps: 100_000) { world in
            let table = try ModelTable.shipped.get()
            let engine = OneWordEngine()
            let offer = ModelOffer(engine: "e", model: "claude-opus-5-5", engineModel: "s")
            let directory = ModelDirectory(table: table, offers: [offer])
            let price = try directory.route(
                ChatRequest(model: "claude-opus-5-5", messages: [ChatMessage(.user, "Why?")]),
                promptTokens: 1,
                paysNothing: false,
                at: world.clock.wallTime
            ).choices[0].price
            let tally = UsageTally(since: world.clock.wallTime)
            let caller = ChatCaller(engines: ["e": engine], clock: world.clock, generator: SeededGenerator(seed: 1))
            let desk = ChatDesk(
                caller,
                directory: directory,
                admission: CountedAdmission(OpenAdmission(), tally: tally),
                clock: world.clock
            )
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await desk.run() }
                let questions = HubQuestions(DeskPort(desk: desk), sessions: SessionOffice())
                try await body(questions, engine, tally, price)
                group.cancelAll()
            }
        }
        try outcome.result.get()
    }

    private static func call(_ id: String) -> EscalationCall {
        var question = Question(UnredactedText("Why?"), maximumTokens: 64)
        question.model = "claude-opus-5-5"
        let request = EscalationRequest(id: id, question: question)
        return EscalationCall(caller: RelayGround.caller, request: request, deadline: Instant(nanoseconds: .max))
    }

    @Test func `is worked out at the price of its model, behind the end, and counted`() throws {
        try Self.run { questions, engine, tally, price in
            engine.letOn()
            let run = try await questions.begin(Self.call("q-1"))
            try check(run.cost == nil, "nobody knows before the end")
            _ = try await run.collect()
            let cost = try #require(run.cost)
            try check(cost == price.cost(of: OneWordEngine.usage) && cost > .zero, "\(cost)")
            let reading = await tally.usage(RelayGround.caller)
            try check(reading.total.cost == cost && reading.total.requests == 1, "\(reading)")
            try check(reading.models.keys.sorted() == ["claude-opus-5-5"], "\(reading)")
        }
    }

    @Test func `is not paid twice: the same question while it is under way is a conflict`() throws {
        try Self.run { questions, engine, tally, _ in
            let first = try await questions.begin(Self.call("q-1"))
            let second = try await problem(EscalationFailure.self) {
                _ = try await questions.begin(Self.call("q-1"))
            }
            try check(second.code == .conflict, "\(second)")
            _ = try await questions.begin(Self.call("q-2"))
            engine.letOn()
            _ = try await first.collect()
            let third = try await questions.begin(Self.call("q-1"))
            _ = try await third.collect()
            try check(await tally.usage(RelayGround.caller).total.requests >= 2, "it may be asked again behind its end")
        }
    }
}

/// The real desk as the gateway's port, as `HubChats` is.
private struct DeskPort: ChatPort {
    let desk: ChatDesk

    func begin(_ call: ChatCall) async throws(ChatError) -> any ChatRun {
        try await desk.begin(
            DeskCall(id: call.id, tenant: call.caller.tenant, request: call.request, deadline: call.deadline)
        )
    }

    func models() async -> [ModelDescription] { await desk.models() }

    func model(named name: String) async -> ModelDescription? { await desk.model(named: name) }
}

/// A test double of an engine: says one word, and ends when a test lets it.
private final class OneWordEngine: InferenceEngine {
    static let usage = ChatUsage(inputTokens: 1_000, cacheReadTokens: 10, outputTokens: 100)
    private let isLetOn = Watched(false)

    func letOn() { isLetOn.change { $0 = true } }

    var capabilities: EngineCapabilities { EngineCapabilities() }
    func models() async throws(ChatError) -> [EngineModel] { [] }
    func load(_ adapter: AdapterArtifact) async throws(ChatError) -> AdapterHandle {
        throw ChatError(.unsupported, "no adapters")
    }
    func unload(_ adapter: AdapterHandle) async throws(ChatError) {}
    func promptTokens(of request: GenerationRequest) async throws(ChatError) -> TokenCount {
        TokenCount(1, isExact: true)
    }
    func health() async -> EngineHealth { .ready }

    func answer(_ request: GenerationRequest) async throws(ChatError) -> any ChatAnswer { Answer(isLetOn) }

    private final class Answer: ChatAnswer {
        private let isLetOn: Watched<Bool>
        private let events: Lock<[ChatEvent]>

        init(_ isLetOn: Watched<Bool>) {
            self.isLetOn = isLetOn
            let start = ChatEvent.started(ChatStart(id: "1", model: "s"))
            events = Lock([start, .text("because"), .usage(OneWordEngine.usage), .ended(.endOfTurn)])
        }

        let usageSoFar = OneWordEngine.usage

        func next() async throws(ChatError) -> ChatEvent? {
            let event = events.withLock { $0.isEmpty ? nil : $0.removeFirst() }
            if case .usage? = event { await isLetOn.wait { $0 } }
            return event
        }

        func cancel() { isLetOn.change { $0 = true } }
    }
}
