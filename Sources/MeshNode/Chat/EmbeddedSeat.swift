internal import MeshChat
internal import MeshCore
internal import MeshInference

/// The embedded engine's place at a hub, which is there before the engine is: models come one by one.
///
/// Each model is an engine with a thread of its own, so that a broken file costs that model alone.
final class EmbeddedSeat: InferenceEngine {
    private struct State {
        var engines: [String: EmbeddedEngine] = [:]
        /// In the order of the configuration.
        var names: [String] = []
        var isClosed = false
    }

    private let state = Lock(State())

    /// Nobody sits here yet.
    init() {}

    /// Takes `engine` in, which has the model `name`; false where the seat is closed, and so the engine.
    func take(_ engine: EmbeddedEngine, as name: String) -> Bool {
        let isTaken = state.withLock { state in
            guard !state.isClosed else { return false }
            state.engines[name] = engine
            state.names.append(name)
            return true
        }
        if !isTaken { engine.close() }
        return isTaken
    }

    /// Ends all of them; answers that are under way break off.
    func close() {
        let engines = state.withLock { state in
            defer { (state.engines, state.isClosed) = ([:], true) }
            return state.engines
        }
        for engine in engines.values { engine.close() }
    }

    /// What each model uses, by name.
    func memory() async -> [(name: String, memory: EngineMemory)] {
        let (names, engines) = state.withLock { ($0.names, $0.engines) }
        var found: [(name: String, memory: EngineMemory)] = []
        for name in names {
            if let memory = try? await engines[name]?.memory(of: name) { found.append((name, memory)) }
        }
        return found
    }

    /// Reads a conversation ahead; nothing where the model is not there.
    func warm(_ request: GenerationRequest) async throws(ChatError) {
        try await engine(request.model).warm(request)
    }

    /// The first model; nil where there is none.
    var firstName: String? { state.withLock { $0.names.first } }

    // MARK: As an engine

    var capabilities: EngineCapabilities {
        state.withLock { $0.engines.values.first?.capabilities } ?? EngineCapabilities()
    }

    func models() async throws(ChatError) -> [EngineModel] {
        let (names, engines) = state.withLock { ($0.names, $0.engines) }
        var models: [EngineModel] = []
        for name in names { models += await engines[name]?.models() ?? [] }
        return models
    }

    func load(_ adapter: AdapterArtifact) async throws(ChatError) -> AdapterHandle {
        try await engine(adapter.model).load(adapter)
    }

    func unload(_ adapter: AdapterHandle) async throws(ChatError) {
        try await engine(adapter.model).unload(adapter)
    }

    func answer(_ request: GenerationRequest) async throws(ChatError) -> any ChatAnswer {
        try await engine(request.model).answer(request)
    }

    func promptTokens(of request: GenerationRequest) async throws(ChatError) -> TokenCount {
        try await engine(request.model).promptTokens(of: request)
    }

    func health() async -> EngineHealth {
        state.withLock { $0.engines.isEmpty } ? .unavailable("the embedded engine has no model") : .ready
    }

    private func engine(_ name: String) throws(ChatError) -> EmbeddedEngine {
        guard let engine = state.withLock({ $0.engines[name] }) else {
            throw ChatError(.unavailable, "the embedded engine does not have this model now")
        }
        return engine
    }
}
