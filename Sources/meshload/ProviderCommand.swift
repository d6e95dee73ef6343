internal import MeshChat
internal import MeshCommandLine
internal import MeshCore
internal import MeshDialects
internal import MeshHTTP
internal import MeshIO
internal import MeshJSON
internal import MeshProviders

/// Asks a server of either dialect through the provider that ships, and tells what came.
enum ProviderCommand {
    private static let base = Option<String>("base", default: "", "Where it is, as its SDK takes it.")
    private static let dialect = Option<String>("dialect", default: "compatible", "anthropic, openai or compatible.")
    private static let model = Option<String>("model", default: "m", "The model.")
    private static let prompt = Option<String>("prompt", default: "hello", "What is said.")
    private static let most = Option<Int>("maximum-tokens", default: 64, "The most tokens of the answer.")
    private static let stopAfter = Option<Int?>("stop-after", "Leave after so many pieces of text.")
    private static let isWhole = Flag("whole", "Ask for the answer in one piece.")
    private static let isSchema = Flag("schema", "Ask for JSON with one field, answer.")

    static let command = Command(
        "provider",
        summary: "Ask a provider.",
        discussion: "Prints one JSON object: text, pieces, stop, usage, models, or the error.",
        parameters: [base, dialect, model, prompt, most, stopAfter, isWhole, isSchema]
    ) { invocation in
        let loop = try EventLoop.start(name: "provider")
        let client = try await HTTPClient(loop: loop)
        let kind: ProviderConfiguration.Dialect =
            switch invocation[dialect] {
            case "anthropic": .anthropic
            case "openai": .openAI(.openAI)
            default: .openAI(.compatible)
            }
        var configuration = ProviderConfiguration(name: "asked", dialect: kind, base: invocation[base])
        configuration.key = ProviderKey(Array("sk-test".utf8))
        let provider = try Provider(configuration, client: client)
        var chat = ChatRequest(model: invocation[model], messages: [ChatMessage(.user, invocation[prompt])])
        chat.maximumOutputTokens = invocation[most]
        chat.isStreamed = !invocation[isWhole]
        if invocation[isSchema] { chat.format = schema }
        let told = await ask(provider, chat, stopAfter: invocation[stopAfter])
        try invocation.terminal.writeLine(JSONWriter.text(of: told))
        await client.close()
        loop.stop()
        await loop.ended()
        return .success
    }

    private static let schema = ResponseFormat.jsonSchema(
        name: "answer",
        schema: [
            "type": "object", "properties": ["answer": ["type": "string"]], "required": ["answer"],
            "additionalProperties": false,
        ],
        isStrict: true
    )

    private static func ask(_ provider: Provider, _ chat: ChatRequest, stopAfter: Int?) async -> JSONValue {
        var told = JSONObject()
        do {
            told["models"] = .array(try await provider.models().map { .string($0.name) })
            let request = GenerationRequest(
                id: UniqueID(high: 0, low: 1),
                tenant: try TenantID("meshload"),
                model: chat.model,
                chat: chat
            )
            let answer = try await provider.answer(request)
            var builder = ChatReplyBuilder()
            var pieces = 0
            while let event = try await answer.next() {
                if case .text = event { pieces += 1 }
                try builder.take(event)
                if let stopAfter, pieces >= stopAfter { answer.cancel() }
            }
            told["pieces"] = .integer(Int64(pieces))
            if let reply = builder.reply() {
                told["text"] = .string(reply.text)
                told["stop"] = .string("\(reply.stopReason)")
                told["usage"] = .array([
                    .integer(Int64(reply.usage.promptTokens)), .integer(Int64(reply.usage.outputTokens)),
                ])
                told["estimated"] = .bool(reply.usage.isEstimated)
            }
        } catch let error as ChatError {
            told["error"] = .string(error.code.rawValue)
            told["sentence"] = error.failure?.sentence.map { .string($0) }
            told["began"] = .bool(error.failure?.hasBegun ?? false)
        } catch {
            told["error"] = .string("\(error)")
        }
        return .object(told)
    }
}
