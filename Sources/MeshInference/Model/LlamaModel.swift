internal import CMeshLLM
internal import Glibc
internal import MeshCore

/// An open model.
///
/// Confined to the thread that opened it, as is everything made from it.
///
/// llama.cpp lets several threads compute with one model, but opening an adapter changes a list in the model that every
/// context goes through: one thread for all of it needs no rule.
final class LlamaModel {
    let symbols: LlamaSymbols
    let pointer: OpaquePointer
    private(set) var facts: mesh_llm_model_facts
    /// Keeps the functions there.
    private let library: LlamaLibrary

    init(_ library: LlamaLibrary, path: String) throws(EngineError) {
        self.library = library
        symbols = library.symbols
        var failure = mesh_llm_failure()
        guard let pointer = symbols.openModel(path, &failure) else {
            throw EngineError(failure, "the model cannot be read")
        }
        self.pointer = pointer
        var facts = mesh_llm_model_facts()
        symbols.describeModel(pointer, &facts)
        self.facts = facts
    }

    deinit { symbols.closeModel(pointer) }

    /// Takes `template`, which ``TemplateCheck`` has let through, in place of the file's own.
    func use(template: String) throws(EngineError) {
        var failure = mesh_llm_failure()
        guard Int(symbols.useTemplate(pointer, template, &failure)) == MESH_LLM_OK else {
            throw EngineError(.unreadable, "the chat template cannot be read")
        }
        // Whether there is a place for tools is the template's affair.
        symbols.describeModel(pointer, &facts)
    }

    /// The tokens of `text`.
    func tokens(of text: UnsafeBufferPointer<CChar>, readsSpecial: Bool) throws(EngineError) -> [Int32] {
        // A token is at least a byte; the special ones in front are none of the text.
        var room = text.count + 8
        for _ in 0..<2 {
            var count: Int32 = 0
            let tokens = [Int32](unsafeUninitializedCapacity: room) { buffer, initialized in
                count = symbols.tokenize(
                    pointer,
                    text.baseAddress,
                    text.count,
                    readsSpecial ? 1 : 0,
                    buffer.baseAddress,
                    Int32(clamping: room)
                )
                initialized = max(0, min(room, Int(count)))
            }
            guard count >= 0 else {
                throw EngineError(
                    Int(-count) == MESH_LLM_TOO_LONG ? .contextExceeded : .failed,
                    "the prompt has no tokens"
                )
            }
            if Int(count) <= room { return tokens }
            room = Int(count)
        }
        throw EngineError(.failed, "the prompt has another number of tokens each time")
    }

    /// The bytes that `token` stands for.
    func piece(_ token: Int32) -> [UInt8] {
        var room = 32
        while true {
            var count = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: room) { buffer, initialized in
                buffer.withMemoryRebound(to: CChar.self) { buffer in
                    count = Int(symbols.piece(pointer, token, buffer.baseAddress, Int32(clamping: room)))
                }
                initialized = count <= room ? max(0, count) : 0
            }
            guard count > room else { return bytes }
            room = count
        }
    }

    /// Whether the answer ends with `token`.
    func isEnd(_ token: Int32) -> Bool { symbols.isEnd(pointer, token) != 0 }

    /// GBNF for a JSON schema that ``SchemaCheck`` has let through.
    func grammar(for schema: String) throws(EngineError) -> String {
        var failure = mesh_llm_failure()
        guard let text = symbols.grammarFromSchema(schema, &failure) else {
            throw EngineError(.unsupported, "the JSON schema cannot be imposed on an answer")
        }
        defer { symbols.freeText(text) }
        guard strlen(text) <= Limits.Inference.maximumGrammarBytes else {
            throw EngineError(.unsupported, "the JSON schema has too many forms to be imposed on an answer")
        }
        return String(cString: text)
    }
}

/// An open adapter; keeps its model.
final class LlamaAdapter {
    let pointer: OpaquePointer
    let model: LlamaModel

    init(_ model: LlamaModel, bytes: [UInt8]) throws(EngineError) {
        var failure = mesh_llm_failure()
        let opened = bytes.withUnsafeBytes {
            model.symbols.openAdapter(model.pointer, $0.baseAddress, $0.count, &failure)
        }
        guard let opened else { throw EngineError(failure, "the adapter cannot be read") }
        pointer = opened
        self.model = model
    }

    deinit { model.symbols.closeAdapter(pointer) }
}

/// A rendered conversation; keeps its model.
final class LlamaChat {
    let pointer: OpaquePointer
    private let model: LlamaModel

    init(_ model: LlamaModel, request: String) throws(EngineError) {
        var failure = mesh_llm_failure()
        guard let pointer = model.symbols.openChat(model.pointer, request, &failure) else {
            throw EngineError(.malformed, "the model's template does not take this conversation")
        }
        self.pointer = pointer
        self.model = model
    }

    deinit { model.symbols.closeChat(pointer) }

    /// The tokens of the prompt.
    func tokens() throws(EngineError) -> [Int32] {
        var count = 0
        let text = model.symbols.chatPrompt(pointer, &count)
        return try model.tokens(of: UnsafeBufferPointer(start: text, count: count), readsSpecial: true)
    }

    /// The texts that the template wants the answer to end before.
    var stops: [String] {
        var stops: [String] = []
        while stops.count < Limits.Inference.maximumStops,
            let text = model.symbols.chatStop(pointer, Int32(stops.count))
        {
            stops.append(String(cString: text))
        }
        return stops
    }

    /// `answer`, or the beginning of one, as a message in OpenAI's form.
    func message(_ answer: String, isPartial: Bool) throws(EngineError) -> String {
        var failure = mesh_llm_failure()
        guard let text = model.symbols.parseAnswer(pointer, answer, isPartial ? 1 : 0, &failure) else {
            throw EngineError(.malformed, "the answer does not follow the model's own form")
        }
        defer { model.symbols.freeText(text) }
        return String(cString: text)
    }
}
