internal import MeshActors
internal import MeshChat
internal import MeshCore

/// A test double of whatever runs models: says numbered words in its own time; may refuse, break off or fall silent.
final class SimulatedAnswerEngine: InferenceEngine {
    private let plan: EscalationPlan
    private let history: EscalationHistory
    private let clock: any Clock
    private let state: Lock<SeededGenerator>
    private let isDead = Lock(false)

    init(plan: EscalationPlan, history: EscalationHistory, clock: any Clock, generator: SeededGenerator) {
        (self.plan, self.history, self.clock) = (plan, history, clock)
        state = Lock(generator)
    }

    let capabilities = EngineCapabilities()

    /// The process that it runs in is no more.
    func die() { isDead.withLock { $0 = true } }

    func answer(_ request: GenerationRequest) async throws(ChatError) -> any ChatAnswer {
        guard !isDead.withLock({ $0 }) else { throw ChatError(.unavailable, "dead") }
        let (pause, script, isRefused) = state.withLock { generator in
            let pause = Duration.milliseconds(
                generator.integer(in: 0...(plan.longestDelay > .milliseconds(50) ? 900 : 20))
            )
            let isRefused = plan.faults.contains(.upstream) && generator.chance(1, in: 8)
            return (pause, AnswerScript(plan, &generator), isRefused)
        }
        do { try await clock.sleep(for: pause) } catch { throw ChatError(.cancelled, "stopped") }
        if isRefused { throw ChatError(.overloaded, "as a seed decided", cause: ChatFailure(retryAfter: .seconds(1))) }
        let texts = request.chat.messages.map(\.text).joined(separator: " ")
        let placeholder = texts.split { $0 == " " || $0 == "\n" }.first { $0.hasPrefix("EMAIL_") }.map(String.init)
        let number = history.engineBegins(request.id, placeholder: placeholder)
        return SimulatedEngineAnswer(number, script, placeholder, history: history, clock: clock)
    }

    func models() async throws(ChatError) -> [EngineModel] { [] }
    func load(_ adapter: AdapterArtifact) async throws(ChatError) -> AdapterHandle {
        throw ChatError(.unsupported, "no adapters")
    }
    func unload(_ adapter: AdapterHandle) async throws(ChatError) {}
    func promptTokens(of request: GenerationRequest) async throws(ChatError) -> TokenCount {
        TokenCount(1, isExact: false)
    }
    func health() async -> EngineHealth { .ready }
}

/// How an answer of a simulated engine goes.
struct AnswerScript: Sendable {
    enum End: Sendable { case whole, breaksOff, endsWithoutSaying, fallsSilent }

    let words: Int
    let wordBytes: Int
    let pause: Duration
    let end: End
    let saysUsageFirst: Bool
    /// Bytes of one event: words come in other pieces than they were made in.
    let pieceBytes: Int

    init(_ plan: EscalationPlan, _ generator: inout SeededGenerator) {
        let isLarge = plan.faults.contains(.largeAnswers) && generator.chance(1, in: 2)
        words = isLarge ? generator.integer(in: 40...120) : generator.integer(in: 1...80)
        wordBytes = isLarge ? 8_192 : generator.pick(from: [1, 8, 100]) ?? 1
        pause = .milliseconds(isLarge ? 0 : generator.pick(from: [0, 0, 5, 40, 300]) ?? 0)
        let failing: [End] = [.breaksOff, .endsWithoutSaying, .fallsSilent]
        let fails = plan.faults.contains(.upstream) && generator.chance(1, in: 3)
        end = fails ? generator.pick(from: failing) ?? .whole : .whole
        saysUsageFirst = generator.chance(1, in: 2)
        pieceBytes =
            isLarge
            ? Limits.EscalationWorld.largestWord : generator.pick(from: [wordBytes < 100 ? 3 : 50, 1_024]) ?? 50
    }
}

/// One answer of a simulated engine.
final class SimulatedEngineAnswer: ChatAnswer {
    private struct State {
        var word = 0
        var pending: [UInt8] = []
        var head: [ChatEvent]
        var tail: [ChatEvent] = []
        var outputTokens = 0
        var isOver = false
        var isCancelled = false
    }

    private let number: Int
    private let script: AnswerScript
    private let placeholder: String?
    private let history: EscalationHistory
    private let clock: any Clock
    private let state: Lock<State>
    private let stopped = Signal()

    init(
        _ number: Int,
        _ script: AnswerScript,
        _ placeholder: String?,
        history: EscalationHistory,
        clock: any Clock
    ) {
        (self.number, self.script, self.placeholder) = (number, script, placeholder)
        (self.history, self.clock) = (history, clock)
        var head = [ChatEvent.started(ChatStart(id: "answer-\(number)", model: "simulated"))]
        if script.saysUsageFirst { head.append(.usage(ChatUsage(inputTokens: 7, outputTokens: 0))) }
        state = Lock(State(head: head))
    }

    deinit { history.engineEnds(number, isWhole: false) }

    var usageSoFar: ChatUsage {
        ChatUsage(inputTokens: 7, outputTokens: state.withLock { $0.outputTokens }, isEstimated: true)
    }

    func cancel() {
        state.withLock { $0.isCancelled = true }
        history.engineEnds(number, isWhole: false)
        stopped.raise()
    }

    func next() async throws(ChatError) -> ChatEvent? {
        history.engineAsked(number)
        defer { history.engineAnswers(number) }
        if script.pause > .zero || script.end == .fallsSilent { await rest() }
        if Task.isCancelled { cancel() }
        guard !state.withLock({ $0.isCancelled }) else { throw ChatError(.cancelled, "stopped") }
        let event = state.withLock { takeNext(&$0) }
        switch event {
        case .text(let text)?: history.engineSays(number, text)
        case .ended?: history.engineEnds(number, isWhole: true)
        case nil:
            history.engineEnds(number, isWhole: false)
            if script.end == .breaksOff { throw ChatError(.upstreamFailed, "as a seed decided") }
        default: break
        }
        return event
    }

    /// Until its pause is over, or for ever where it has fallen silent, but no longer than anybody wants it.
    private func rest() async {
        let isSilent = script.end == .fallsSilent && state.withLock { $0.word >= script.words && $0.pending.isEmpty }
        let end = clock.now + (isSilent ? .seconds(100_000) : script.pause)
        while clock.now < end, !Task.isCancelled, !state.withLock({ $0.isCancelled }) {
            await stopped.wait(until: end, on: clock)
        }
    }

    private func takeNext(_ state: inout State) -> ChatEvent? {
        guard !state.isOver else { return nil }
        if !state.head.isEmpty { return state.head.removeFirst() }
        if state.pending.isEmpty, state.word < script.words {
            state.pending = Array(word(state.word).utf8)
            state.word += 1
            state.outputTokens += 1
        }
        if !state.pending.isEmpty {
            let count = min(script.pieceBytes, state.pending.count)
            defer { state.pending.removeFirst(count) }
            return .text(String(decoding: state.pending[..<count], as: UTF8.self))
        }
        if state.tail.isEmpty {
            guard script.end == .whole else { return nil }
            state.tail = [.usage(ChatUsage(inputTokens: 7, outputTokens: state.outputTokens)), .ended(.endOfTurn)]
        }
        let event = state.tail.removeFirst()
        if case .ended = event { state.isOver = true }
        return event
    }

    private func word(_ index: Int) -> String {
        let name = index.isMultiple(of: 5) ? placeholder.map { " \($0)" } ?? "" : ""
        let filling = String(repeating: "x", count: script.wordBytes)
        return "\(number).\(index)\(name) \(filling) "
    }
}
