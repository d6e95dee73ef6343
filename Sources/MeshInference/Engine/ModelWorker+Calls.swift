internal import CMeshLLM
internal import MeshChat
internal import MeshCore

/// An adapter that is ready.
struct ResidentAdapter {
    let key: AdapterKey
    let adapter: LlamaAdapter
    var lastUsed: UInt64
}

/// What other threads have the model's thread do.
extension ModelWorker {
    /// Lets an answer wait for its turn, once it is certain that there is room for it.
    func begin(_ request: GenerationRequest, _ channel: AnswerChannel, onlyReads: Bool) throws(EngineError) {
        try checkStops(request.chat)
        let adapter = try resident(request)
        let prompt = try prepare(request.chat)
        guard prompt.tokens.count < contextTokens else {
            throw EngineError(
                .contextExceeded,
                "the conversation has \(prompt.tokens.count) tokens; with its answer the model reads \(contextTokens)"
            )
        }
        var sampler: LlamaSampler?
        if !onlyReads {
            sampler = try LlamaSampler(
                model,
                draw: Draw(request.chat.sampling, temperature: configuration.temperature, id: request.id),
                grammar: prompt.schema.map { schema throws(EngineError) in try model.grammar(for: schema) },
                chat: prompt.tools == .native ? prompt.chat : nil
            )
        }
        if let adapter { adapters[adapter]?.lastUsed = tick }
        let generation = Generation(
            request,
            prompt: prompt,
            model: model,
            sampler: sampler,
            contextTokens: contextTokens,
            channel: channel
        )
        guard waiting.append(generation, of: request.tenant) else {
            throw EngineError(.overloaded, "too many requests wait for this model")
        }
    }

    func countTokens(_ chat: ChatRequest) throws(EngineError) -> Int { try prepare(chat).tokens.count }

    private func prepare(_ chat: ChatRequest) throws(EngineError) -> PreparedPrompt {
        let written = try PromptWriter(takesTools: model.facts.takes_tools != 0).prompt(for: chat)
        let rendered = try LlamaChat(model, request: written.request)
        let tokens = try rendered.tokens()
        guard !tokens.isEmpty else { throw EngineError(.malformed, "there is nothing to answer") }
        return PreparedPrompt(tokens: tokens, chat: rendered, schema: written.schema, tools: written.tools)
    }

    private func checkStops(_ chat: ChatRequest) throws(EngineError) {
        let isFew = chat.stopSequences.count <= Limits.Inference.maximumStops
        guard isFew, chat.stopSequences.allSatisfy({ $0.utf8.count <= Limits.Inference.maximumStopBytes }) else {
            throw EngineError(.unsupported, "too many stop sequences, or one that is too long")
        }
    }

    /// What is in use.
    var memory: EngineMemory {
        EngineMemory(
            contextBytes: contexts.values.reduce(0) { $0 + Int($1.context.bytes) },
            contexts: contexts.count,
            adapters: adapters.count + leaving.count
        )
    }

    /// What is going on.
    var activity: EngineActivity {
        EngineActivity(
            answers: waiting.count + contexts.values.reduce(0) { $0 + $1.generations.count },
            computedTokens: computedTokens
        )
    }

    /// Has a context for `handle` that has computed before; false where memory must become free first.
    func warm(_ handle: AdapterHandle?) throws(EngineError) -> Bool {
        if let handle { _ = try number(of: handle) }
        guard let resident = try context(of: handle?.number) else { return false }
        resident.warm()
        // The first chat finds out what kind of template the model has.
        _ = try? prepare(ChatRequest(model: configuration.name, messages: [ChatMessage(.user, "-")]))
        return true
    }

    // MARK: - Adapters

    /// The number of the request's adapter, if it is ready and the tenant's own; who asks for another's learns nothing.
    private func resident(_ request: GenerationRequest) throws(EngineError) -> UInt64? {
        guard let handle = request.adapter else { return nil }
        guard handle.key.tenant == request.tenant else { throw Self.unknownAdapter }
        return try number(of: handle)
    }

    private func number(of handle: AdapterHandle) throws(EngineError) -> UInt64 {
        guard let adapter = adapters[handle.number], adapter.key == handle.key else { throw Self.unknownAdapter }
        return handle.number
    }

    private static let unknownAdapter = EngineError(.unknownAdapter, "there is no such adapter")

    /// The number of an adapter that is ready.
    func handle(for key: AdapterKey) -> UInt64? {
        guard let found = adapters.first(where: { $0.value.key == key }) else { return nil }
        tick += 1
        adapters[found.key]?.lastUsed = tick
        return found.key
    }

    /// Makes an adapter ready whose bytes have been looked at.
    func add(_ key: AdapterKey, bytes: [UInt8], number: UInt64) throws(EngineError) -> UInt64 {
        if let number = handle(for: key) { return number }
        let adapter = try LlamaAdapter(model, bytes: bytes)
        while adapters.count >= Limits.Inference.maximumAdapters {
            let unused = adapters.filter { !isUsed($0.key) }.min { $0.value.lastUsed < $1.value.lastUsed }
            guard let unused else { throw EngineError(.overloaded, "all adapters that are ready are in use") }
            drop(unused.key)
        }
        tick += 1
        adapters[number] = ResidentAdapter(key: key, adapter: adapter, lastUsed: tick)
        return number
    }

    /// Lets an adapter go as soon as nobody uses it; from now on nobody new can.
    func unload(_ handle: AdapterHandle) {
        guard let adapter = adapters[handle.number], adapter.key == handle.key else { return }
        if isUsed(handle.number) {
            leaving[handle.number] = adapters.removeValue(forKey: handle.number)
        } else {
            drop(handle.number)
        }
    }

    /// Drops those that were let go and are no longer in use.
    func dropUnused() {
        for number in leaving.keys where !isUsed(number) { drop(number) }
    }

    private func isUsed(_ number: UInt64) -> Bool {
        contexts[number]?.isIdle == false || waiting.all.contains { $0.adapter == number }
    }

    private func drop(_ number: UInt64) {
        contexts[number] = nil
        adapters[number] = nil
        leaving[number] = nil
    }
}
