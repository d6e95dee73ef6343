internal import CMeshLLM
package import MeshChat
internal import MeshCore
package import MeshJSON

/// A model's templates and grammars without its computing: what the fuzzer drives, and the tests of hostile files.
///
/// Sendable: the model is touched under the lock alone, which is all that its one thread is for.
package final class FormProbe: Sendable {
    private let model: Lock<LlamaModel>

    /// The forms of the model at `path`.
    package init(_ library: LlamaLibrary, model path: String) throws(EngineError) {
        let model = try LlamaModel(library, path: path)
        self.model = Lock(model)
    }

    /// Whether the library takes `template` for the model's own; throws where it must not be asked.
    package func use(template: String) throws(EngineError) {
        try TemplateCheck.check(template)
        try model.withLock { model throws(EngineError) in try model.use(template: template) }
    }

    /// How many tokens the prompt of a conversation has.
    package func promptTokens(of chat: ChatRequest) throws(EngineError) -> Int {
        try model.withLock { model throws(EngineError) in
            let writer = PromptWriter(takesTools: model.facts.takes_tools != 0)
            return try LlamaChat(model, request: writer.prompt(for: chat).request).tokens().count
        }
    }

    /// Bytes of the grammar of a schema that the library can impose.
    package func grammarBytes(of schema: JSONValue) throws(EngineError) -> Int {
        try SchemaCheck.check(schema)
        return try model.withLock { model throws(EngineError) in
            let grammar = try model.grammar(for: JSONWriter.text(of: schema))
            let draw = Draw(Sampling(), temperature: 0, id: UniqueID(high: 0, low: 0))
            _ = try LlamaSampler(model, draw: draw, grammar: grammar, chat: nil)
            return grammar.utf8.count
        }
    }

    /// `answer`, or the beginning of one, as a message in OpenAI's form, where the model has its own form for tools.
    package func message(_ answer: String, isPartial: Bool, for chat: ChatRequest) throws(EngineError) -> String {
        try model.withLock { model throws(EngineError) in
            let written = try PromptWriter(takesTools: true).prompt(for: chat)
            return try LlamaChat(model, request: written.request).message(answer, isPartial: isPartial)
        }
    }
}
