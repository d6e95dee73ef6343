import MeshChat
import MeshCore

/// A test double: an engine that answers from a script, one step for each call, and counts them.
final class ScriptedEngine: InferenceEngine {
    enum Step: Sendable {
        case answer([ChatEvent])
        case refuse(ChatError)
        case breakOff([ChatEvent], ChatError)
        /// Events, and behind them only what stops it.
        case waitBehind([ChatEvent])
        case hang
    }

    private struct State {
        var steps: [Step]
        var calls: [GenerationRequest] = []
        var cancelled = 0
    }

    private let state: Lock<State>
    private let clock: any Clock

    init(_ steps: [Step], clock: any Clock) {
        state = Lock(State(steps: steps))
        self.clock = clock
    }

    var capabilities: EngineCapabilities { EngineCapabilities() }
    var calls: [GenerationRequest] { state.withLock { $0.calls } }
    var cancelled: Int { state.withLock { $0.cancelled } }

    func answer(_ request: GenerationRequest) async throws(ChatError) -> any ChatAnswer {
        let step: Step = state.withLock { state in
            state.calls.append(request)
            return state.steps.count > 1 ? state.steps.removeFirst() : state.steps[0]
        }
        switch step {
        case .answer(let events): return ScriptedAnswer(events, nil)
        case .breakOff(let events, let error): return ScriptedAnswer(events, error)
        case .waitBehind(let events): return ScriptedAnswer(events, nil, waitsOn: clock)
        case .refuse(let error): throw error
        case .hang:
            do { try await clock.sleep(for: .seconds(86_400)) } catch {
                state.withLock { $0.cancelled += 1 }
            }
            throw ChatError(.cancelled, "stopped")
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

/// A test double: an answer of given events, which may break off behind them, or wait until it is stopped.
final class ScriptedAnswer: ChatAnswer {
    private struct State {
        var events: [ChatEvent]
        var usage = ChatUsage()
        var isCancelled = false
    }

    private let state: Lock<State>
    private let error: ChatError?
    private let clock: (any Clock)?

    init(_ events: [ChatEvent], _ error: ChatError?, waitsOn clock: (any Clock)? = nil) {
        state = Lock(State(events: events))
        self.error = error
        self.clock = clock
    }

    var usageSoFar: ChatUsage { state.withLock { $0.usage } }
    func cancel() { state.withLock { $0.isCancelled = true } }

    func next() async throws(ChatError) -> ChatEvent? {
        let event: ChatEvent? = state.withLock { state in
            guard !state.events.isEmpty else { return nil }
            let event = state.events.removeFirst()
            if case .usage(let usage) = event { state.usage = usage }
            return event
        }
        if let event { return event }
        if let error { throw error }
        guard let clock else { return nil }
        while !state.withLock({ $0.isCancelled }) {
            do { try await clock.sleep(for: .milliseconds(100)) } catch { cancel() }
        }
        throw ChatError(.cancelled, "stopped")
    }
}
