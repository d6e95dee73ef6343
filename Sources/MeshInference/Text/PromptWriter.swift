internal import MeshChat
internal import MeshCore
internal import MeshJSON

/// A conversation as the library's templates take it, and the form that the answer must have.
///
/// Pure.
struct PromptWriter {
    /// Whether the model's template has a place for tools; otherwise they are said in the system's words.
    let takesTools: Bool

    /// What a conversation becomes.
    struct Prompt: Hashable {
        /// For the library: JSON with the keys of OpenAI's API.
        var request: String
        /// The schema that the answer must follow, as text; nil where it may be anything.
        var schema: String?
        /// How wishes for tools are found in the answer.
        var tools: ToolForm
    }

    func prompt(for chat: ChatRequest) throws(EngineError) -> Prompt {
        guard !chat.hasImages else { throw EngineError(.unsupported, "the embedded engine sees no images") }
        var system = chat.system.compactMap(\.text).joined(separator: "\n")
        let tools = chat.toolChoice == .none ? [] : chat.tools
        let isNative = takesTools && !tools.isEmpty
        if !tools.isEmpty && !isNative {
            // The words that the tiny model learned; others understand them, too.
            let text =
                "You can call these tools. Answer with JSON.\n" + SpacedJSON.text(.array(tools.map(Self.described)))
            system = system.isEmpty ? text : "\(system)\n\(text)"
        }
        var messages: [JSONValue] = system.isEmpty ? [] : [["role": "system", "content": .string(system)]]
        for message in chat.messages { try append(message, to: &messages) }
        guard messages.contains(where: { $0["role"]?.text != "system" }) else {
            throw EngineError(.malformed, "there is nothing to answer")
        }
        var request: JSONValue = ["messages": .array(messages)]
        if isNative {
            var object = request.object ?? JSONObject()
            object["tools"] = .array(tools.map(Self.described))
            object["tool_choice"] = chat.toolChoice == .automatic ? "auto" : "required"
            object["parallel_tool_calls"] = .bool(chat.allowsParallelTools)
            request = .object(object)
        }
        let bytes = JSONWriter.text(of: request)
        guard bytes.utf8.count <= Limits.Inference.maximumPromptBytes else {
            throw EngineError(.contextExceeded, "the conversation is longer than any model here can read")
        }
        let schema = try schema(for: chat, tools: tools, isNative: isNative)
        return Prompt(
            request: bytes,
            schema: schema,
            tools: tools.isEmpty ? .none : isNative ? .native : .plain(Set(tools.map(\.name)))
        )
    }

    // MARK: - Messages

    private func append(_ message: ChatMessage, to messages: inout [JSONValue]) throws(EngineError) {
        var text = ""
        var calls: [JSONValue] = []
        func flush() {
            guard !text.isEmpty || !calls.isEmpty else { return }
            var object = JSONObject()
            object["role"] = .string(message.role.rawValue)
            object["content"] = .string(text)
            if !calls.isEmpty { object["tool_calls"] = .array(calls) }
            messages.append(.object(object))
            (text, calls) = ("", [])
        }
        for part in message.parts {
            switch part.content {
            case .text(let words): text += words
            case .thinking: break
            case .image: throw EngineError(.unsupported, "the embedded engine sees no images")
            case .toolUse(let use) where takesTools:
                calls.append([
                    "id": .string(use.id), "type": "function",
                    "function": ["name": .string(use.name), "arguments": .string(use.arguments)],
                ])
            case .toolUse(let use):
                text += "{\"name\": \(JSONText.quoted(use.name)), \"arguments\": \(use.arguments)}"
            case .toolResult(let result):
                flush()
                let said = result.parts.compactMap(\.text).joined(separator: "\n")
                messages.append(
                    takesTools
                        ? ["role": "tool", "tool_call_id": .string(result.id), "content": .string(said)]
                        : ["role": "user", "content": .string(said)]
                )
            }
        }
        flush()
    }

    private static func described(_ tool: ChatTool) -> JSONValue {
        var function = JSONObject()
        function["name"] = .string(tool.name)
        if let description = tool.description { function["description"] = .string(description) }
        function["parameters"] = tool.schema
        return ["type": "function", "function": .object(function)]
    }

    // MARK: - Form

    private func schema(for chat: ChatRequest, tools: [ChatTool], isNative: Bool) throws(EngineError) -> String? {
        switch chat.toolChoice {
        case .required where !tools.isEmpty && !isNative: return try Self.checked(Self.anyOf(tools))
        case .named(let name) where !isNative:
            let named = tools.filter { $0.name == name }
            guard !named.isEmpty else { throw EngineError(.malformed, "the tool that must be called is not there") }
            return try Self.checked(Self.anyOf(named))
        case .required, .named, .automatic, .none: break
        }
        // A tool's form is the template's own care.
        guard !isNative else { return nil }
        return switch chat.format {
        case .text: nil
        case .jsonObject: #"{"type":"object"}"#
        case .jsonSchema(_, let schema, _): try Self.checked(schema)
        }
    }

    private static func anyOf(_ tools: [ChatTool]) -> JSONValue {
        let calls = tools.map { tool -> JSONValue in
            var arguments = tool.schema
            if arguments.object?.members.isEmpty ?? true { arguments = ["type": "object"] }
            return [
                "type": "object",
                "properties": ["name": ["const": .string(tool.name)], "arguments": arguments],
                "required": ["name", "arguments"], "additionalProperties": false,
            ]
        }
        return calls.count == 1 ? calls[0] : ["anyOf": .array(calls)]
    }

    private static func checked(_ schema: JSONValue) throws(EngineError) -> String {
        try SchemaCheck.check(schema)
        return JSONWriter.text(of: schema)
    }
}

/// JSON with a space behind each comma and colon, which is how models have seen it most.
enum SpacedJSON {
    static func text(_ value: JSONValue) -> String {
        switch value {
        case .array(let elements): "[" + elements.map(text).joined(separator: ", ") + "]"
        case .object(let object):
            "{" + object.members.map { JSONText.quoted($0.key) + ": " + text($0.value) }.joined(separator: ", ") + "}"
        case .null, .bool, .integer, .number, .string: JSONWriter.text(of: value)
        }
    }
}
