internal import CMeshLLM
internal import MeshCore

/// What one adapter's sequences remember, and the means to compute on it; keeps model and adapter.
final class LlamaContext {
    /// One token of a batch.
    typealias Row = mesh_llm_row

    enum Outcome: Hashable {
        case done
        /// There is no room for so many tokens.
        case full
        /// Somebody called ``Interrupter/interrupt()``.
        case interrupted
        case failed
    }

    let pointer: OpaquePointer
    let cells: Int
    let sequences: Int
    /// Bytes that it has.
    let bytes: UInt64
    private let model: LlamaModel
    private let adapter: LlamaAdapter?

    init(
        _ model: LlamaModel,
        adapter: LlamaAdapter?,
        cells: Int,
        sequences: Int,
        batchTokens: Int,
        threads: Int
    ) throws(EngineError) {
        var options = mesh_llm_context_options()
        options.cells = Int32(clamping: cells)
        options.sequences = Int32(clamping: sequences)
        options.batch_tokens = Int32(clamping: batchTokens)
        options.threads = Int32(clamping: threads)
        var failure = mesh_llm_failure()
        guard let pointer = model.symbols.openContext(model.pointer, adapter?.pointer, &options, &failure) else {
            throw EngineError(failure, "there is no memory for a conversation with this model")
        }
        self.pointer = pointer
        self.cells = cells
        self.sequences = sequences
        self.model = model
        self.adapter = adapter
        bytes = model.symbols.contextBytes(pointer)
    }

    deinit { model.symbols.closeContext(pointer) }

    /// Computes the rows, all or none of them.
    func decode(_ rows: [Row]) -> Outcome {
        let status = rows.withUnsafeBufferPointer { model.symbols.decode(pointer, $0.baseAddress, Int32(rows.count)) }
        switch Int(status) {
        case MESH_LLM_OK: return .done
        case MESH_LLM_TOO_LONG: return .full
        case MESH_LLM_INTERRUPTED: return .interrupted
        default: return .failed
        }
    }

    /// Forgets what `sequence` holds from `position` on; false where it had to forget all.
    func forget(_ sequence: Int, from position: Int) -> Bool {
        Int(model.symbols.remove(pointer, Int32(sequence), Int32(position))) == MESH_LLM_OK
    }

    /// Lets sequence `to` begin like `from`, up to `position`.
    func copy(_ from: Int, to: Int, upTo position: Int) {
        model.symbols.copy(pointer, Int32(from), Int32(to), Int32(position))
    }
}

/// Draws tokens; keeps its model.
final class LlamaSampler {
    private let pointer: OpaquePointer
    private let model: LlamaModel
    /// Whether a grammar, which comes from the request, has a say.
    private let hasForm: Bool

    init(_ model: LlamaModel, draw: Draw, grammar: String?, chat: LlamaChat?) throws(EngineError) {
        var options = mesh_llm_sampler_options()
        options.chat = chat?.pointer
        options.temperature = draw.temperature
        options.top_p = draw.topP
        options.top_k = draw.topK
        options.seed = draw.seed
        options.frequency_penalty = draw.frequencyPenalty
        options.presence_penalty = draw.presencePenalty
        var failure = mesh_llm_failure()
        var opened: OpaquePointer?
        if let grammar {
            opened = grammar.withCString { text in
                options.grammar = text
                return model.symbols.openSampler(model.pointer, &options, &failure)
            }
        } else {
            opened = model.symbols.openSampler(model.pointer, &options, &failure)
        }
        guard let opened else { throw EngineError(.unsupported, "the form that is asked for cannot be imposed") }
        pointer = opened
        self.model = model
        hasForm = grammar != nil || chat != nil
    }

    deinit { model.symbols.closeSampler(pointer) }

    /// The token after row `row` of the last batch of `context`; nil where the grammar lets none follow.
    func next(_ context: LlamaContext, row: Int) throws(EngineError) -> Int32? {
        let token = model.symbols.nextToken(pointer, context.pointer, Int32(row))
        if token >= 0 { return token }
        if Int(-token) == MESH_LLM_NO_TOKEN { return nil }
        // The library has one number for all that fails here, and a grammar that goes too many ways is what does.
        if hasForm { throw EngineError(.unsupported, "the form that is asked for takes too much to be imposed") }
        throw EngineError(.failed, "the engine's library could not draw a token")
    }
}
