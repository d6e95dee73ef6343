internal import MeshChat
internal import MeshCore
internal import MeshInference
internal import MeshJSON

/// The forms of prompts and answers that model files and clients bring, under attack.
///
/// Where there is no libmeshllm.so what is checked before it is called is attacked alone.
enum FuzzedForms {
    private static let probe: FormProbe? = EngineLibrary.present.flatMap { library in
        try? FormProbe(library, model: EngineLibrary.tinyModel)
    }

    private static let conversation: ChatRequest = {
        var chat = ChatRequest(model: "tiny", messages: [ChatMessage(.user, "Hi"), ChatMessage(.assistant, "Hello.")])
        chat.messages.append(ChatMessage(.user, "What is a hub?"))
        chat.system = [.text("Be short.")]
        chat.tools = [ChatTool(name: "look", description: "Looks.", schema: ["type": "object"])]
        return chat
    }()

    /// A template is refused or rendered, in bounded time and memory: a hang or a fall is what is looked for.
    static func checkTemplate(_ bytes: UnsafeRawBufferPointer) {
        let text = String(decoding: bytes, as: UTF8.self)
        guard (try? TemplateCheck.check(text)) != nil, let probe else { return }
        guard !text.utf8.contains(0), (try? probe.use(template: text)) != nil else { return }
        let count = try? probe.promptTokens(of: conversation)
        precondition(count ?? 1 > 0, "a prompt without tokens")
    }

    /// A schema is refused or becomes a grammar that the sampler reads, of a bounded size.
    static func checkSchema(_ bytes: UnsafeRawBufferPointer) {
        guard let schema = try? JSONReader.read(Array(bytes)), (try? SchemaCheck.check(schema)) != nil else { return }
        guard let probe, let count = try? probe.grammarBytes(of: schema) else { return }
        precondition((1...Limits.Inference.maximumGrammarBytes).contains(count), "a grammar has a bound")
    }
}
