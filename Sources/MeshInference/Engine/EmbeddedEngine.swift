package import MeshChat
package import MeshCore

/// Models in this process, each on a thread of its own.
///
/// Whoever makes it calls ``close()``; answers that are under way then break off with `unavailable`.
package final class EmbeddedEngine: InferenceEngine {
    private let library: LlamaLibrary
    private let hosts: [String: ModelHost]
    private let order: [String]

    /// Opens `models` and returns when all are ready.
    ///
    /// Throws `noFile`, `unreadable` or `noMemory` for the first that cannot be opened.
    package static func start(
        _ models: [EmbeddedModel],
        library: LlamaLibrary,
        clock: any Clock
    ) async throws(EngineError) -> EmbeddedEngine {
        var hosts: [String: ModelHost] = [:]
        for model in models {
            do throws(EngineError) {
                let host = try await ModelHost.start(model, library: library, clock: clock)
                guard hosts.updateValue(host, forKey: model.name) == nil else {
                    host.close()
                    throw EngineError(.malformed, "two models have the same name")
                }
            } catch {
                for host in hosts.values { host.close() }
                throw error
            }
        }
        return EmbeddedEngine(library: library, hosts: hosts, order: models.map(\.name))
    }

    private init(library: LlamaLibrary, hosts: [String: ModelHost], order: [String]) {
        self.library = library
        self.hosts = hosts
        self.order = order
    }

    /// Ends all threads; answers that are under way break off.
    package func close() { for host in hosts.values { host.close() } }

    /// What it can do.
    package var capabilities: EngineCapabilities {
        var capabilities = EngineCapabilities()
        capabilities.adapters = .dynamic
        capabilities.formats = [.gguf, .peft]
        capabilities.selection = .context
        capabilities.needsLocalPath = true
        capabilities.grammars = [.jsonObject, .jsonSchema, .toolCall]
        capabilities.maximumAdapters = Limits.Inference.maximumAdapters
        capabilities.honoursSeeds = true
        capabilities.countsTokens = true
        return capabilities
    }

    /// The models, in the order in which they were named.
    package func models() async -> [EngineModel] {
        order.compactMap { name in
            hosts[name].map { host in
                EngineModel(
                    name: name,
                    contextTokens: host.contextTokens,
                    maximumOutputTokens: host.contextTokens - 1,
                    canUseTools: true
                )
            }
        }
    }

    /// Makes an adapter ready.
    package func load(_ adapter: AdapterArtifact) async throws(ChatError) -> AdapterHandle {
        try await forChats { () async throws(EngineError) in try await self.host(adapter.model).load(adapter) }
    }

    /// Lets an adapter go, after the answers that use it.
    package func unload(_ adapter: AdapterHandle) async throws(ChatError) {
        guard let host = hosts[adapter.model] else { return }
        try await forChats { () async throws(EngineError) in try await host.unload(adapter) }
    }

    /// Begins an answer.
    package func answer(_ request: GenerationRequest) async throws(ChatError) -> any ChatAnswer {
        try await forChats { () async throws(EngineError) in
            try await self.host(request.model).answer(request, onlyReads: false)
        }
    }

    /// Reads a conversation without answering it, so that the answer to it, or to one that goes on from it, begins at
    /// once.
    ///
    /// Model and adapter are ready behind it, too.
    package func warm(_ request: GenerationRequest) async throws(ChatError) {
        let answer = try await forChats { () async throws(EngineError) in
            try await self.host(request.model).answer(request, onlyReads: true)
        }
        while try await answer.next() != nil {}
    }

    /// Has a model and an adapter ready to compute, without a conversation: for whoever knows that requests will come.
    ///
    /// False where memory must become free first; then the first request waits for it.
    package func warm(model: String, adapter: AdapterHandle? = nil) async throws(ChatError) -> Bool {
        try await forChats { () async throws(EngineError) in
            try await self.host(model).run { (worker) throws(EngineError) in try worker.warm(adapter) }
        }
    }

    /// The exact number of tokens of a prompt.
    package func promptTokens(of request: GenerationRequest) async throws(ChatError) -> TokenCount {
        try await forChats { () async throws(EngineError) in
            let chat = request.chat
            return TokenCount(
                try await self.host(request.model).run { (worker) throws(EngineError) in try worker.countTokens(chat) },
                isExact: true
            )
        }
    }

    /// Ready where there is a model.
    package func health() async -> EngineHealth {
        hosts.isEmpty ? .unavailable("the embedded engine has no model") : .ready
    }

    func host(_ name: String) throws(EngineError) -> ModelHost {
        guard let host = hosts[name] else { throw EngineError(.unknownModel, "the embedded engine has no such model") }
        return host
    }

    func forChats<Result: Sendable>(
        _ body: () async throws(EngineError) -> Result
    ) async throws(ChatError) -> Result {
        do throws(EngineError) {
            return try await body()
        } catch {
            throw error.forChats
        }
    }
}

/// What a model uses besides its weights, which lie in the system's own memory for files.
package struct EngineMemory: Hashable, Sendable {
    /// Bytes of all contexts.
    package var contextBytes: Int

    /// How many contexts there are.
    package var contexts: Int

    /// How many adapters are ready.
    package var adapters: Int
}

/// What a model is doing.
package struct EngineActivity: Hashable, Sendable {
    /// Answers that wait or are computed.
    package var answers: Int

    /// Tokens that were computed since it was opened, prompts and answers together.
    package var computedTokens: UInt64
}

extension EmbeddedEngine {
    /// What the model `name` is doing.
    package func activity(of name: String) async throws(ChatError) -> EngineActivity {
        try await forChats { () async throws(EngineError) in
            try await self.host(name).run { (worker) throws(EngineError) in worker.activity }
        }
    }

    /// What the model `name` uses.
    package func memory(of name: String) async throws(ChatError) -> EngineMemory {
        try await forChats { () async throws(EngineError) in
            try await self.host(name).run { (worker) throws(EngineError) in worker.memory }
        }
    }
}
