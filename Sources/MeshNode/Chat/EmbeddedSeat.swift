package import MeshChat
internal import MeshCore
package import MeshInference

/// The embedded engine's place at a hub, which is there before the engine is: models come one by one.
///
/// Each model is an engine with a thread of its own, so that a broken file costs that model alone.
package final class EmbeddedSeat: InferenceEngine {
    private struct State {
        var engines: [String: EmbeddedEngine] = [:]
        /// In the order of the configuration.
        var names: [String] = []
        var isClosed = false
    }

    private let state = Lock(State())

    /// Nobody sits here yet.
    package init() {}

    /// Takes `engine` in, which has the model `name`; false where the seat is closed, and so the engine.
    package func take(_ engine: EmbeddedEngine, as name: String) -> Bool {
        let isTaken = state.withLock { state in
            guard !state.isClosed else { return false }
            state.engines[name] = engine
            state.names.append(name)
            return true
        }
        if !isTaken { engine.close() }
        return isTaken
    }

    /// Ends all of them, answers that are under way break off; returns when their threads have ended, or after
    /// ``Limits/Inference/closingPatience`` for those that have not.
    package func close() async {
        let engines = state.withLock { state in
            defer { (state.engines, state.isClosed) = ([:], true) }
            return state.engines
        }
        await withDiscardingTaskGroup { group in
            for engine in engines.values {
                group.addTask { _ = await engine.close(patience: Limits.Inference.closingPatience) }
            }
        }
    }

    /// What each model uses, by name.
    package func memory() async -> [(name: String, memory: EngineMemory)] {
        let (names, engines) = state.withLock { ($0.names, $0.engines) }
        var found: [(name: String, memory: EngineMemory)] = []
        for name in names {
            if let memory = try? await engines[name]?.memory(of: name) { found.append((name, memory)) }
        }
        return found
    }

    /// Has the first model ready to compute, as whoever does not know the adapter yet can; nothing where there is none.
    ///
    /// False where memory must become free first, or where there is no model.
    @discardableResult package func warm() async throws(ChatError) -> Bool {
        guard let model = state.withLock({ $0.names.first }) else { return false }
        return try await engine(model).warm(model: model)
    }

    /// Has the prompt of a request read, so that its answer, and those that begin like it, begin at once.
    func warm(_ request: GenerationRequest) async throws(ChatError) { try await engine(request.model).warm(request) }

    // MARK: As an engine

    /// Those of any of its engines: they are alike.
    package var capabilities: EngineCapabilities {
        state.withLock { $0.engines.values.first?.capabilities } ?? EngineCapabilities()
    }

    /// Those that are there, in the order of the configuration.
    package func models() async throws(ChatError) -> [EngineModel] {
        let (names, engines) = state.withLock { ($0.names, $0.engines) }
        var models: [EngineModel] = []
        for name in names { models += await engines[name]?.models() ?? [] }
        return models
    }

    /// Makes an adapter ready at its model.
    package func load(_ adapter: AdapterArtifact) async throws(ChatError) -> AdapterHandle {
        try await engine(adapter.model).load(adapter)
    }

    /// Lets an adapter go at its model.
    package func unload(_ adapter: AdapterHandle) async throws(ChatError) {
        try await engine(adapter.model).unload(adapter)
    }

    /// Begins an answer at the model that is asked.
    package func answer(_ request: GenerationRequest) async throws(ChatError) -> any ChatAnswer {
        try await engine(request.model).answer(request)
    }

    /// The exact number of tokens of a prompt.
    package func promptTokens(of request: GenerationRequest) async throws(ChatError) -> TokenCount {
        try await engine(request.model).promptTokens(of: request)
    }

    /// Ready where there is a model.
    package func health() async -> EngineHealth {
        state.withLock { $0.engines.isEmpty } ? .unavailable("the embedded engine has no model") : .ready
    }

    private func engine(_ name: String) throws(ChatError) -> EmbeddedEngine {
        guard let engine = state.withLock({ $0.engines[name] }) else {
            throw ChatError(.unavailable, "the embedded engine does not have this model now")
        }
        return engine
    }
}
