package import MeshChat
internal import MeshCore
internal import MeshJSON

/// Writes our requests to Anthropic's Messages.
package enum AnthropicRequestWriter {
    /// The body of a POST that asks `model`; where the request does not say how much may be said,
    /// `maximumOutputTokens` may.
    package static func bytes(of request: ChatRequest, model: String, maximumOutputTokens: Int) -> [UInt8] {
        var body = JSONObject()
        body["model"] = .string(model)
        body["max_tokens"] = .integer(Int64(request.maximumOutputTokens ?? maximumOutputTokens))
        if let system = content(of: request.system) { body["system"] = system }
        body["messages"] = .array(messages(of: request))
        if request.isStreamed { body["stream"] = true }
        addTools(request, to: &body)
        body["temperature"] = request.sampling.temperature.map { .number(min($0, 1)) }
        body["top_p"] = request.sampling.topP.map { .number($0) }
        body["top_k"] = request.sampling.topK.map { .integer(Int64($0)) }
        if !request.stopSequences.isEmpty {
            body["stop_sequences"] = .array(request.stopSequences.map { .string($0) })
        }
        addThinking(request, to: &body)
        return JSONWriter.bytes(of: .object(body))
    }

    private static func addThinking(_ request: ChatRequest, to body: inout JSONObject) {
        switch (request.reasoning.isWanted, request.reasoning.maximumTokens) {
        case (true?, let most?): body["thinking"] = ["type": "enabled", "budget_tokens": .integer(Int64(most))]
        case (true?, nil): body["thinking"] = ["type": "adaptive"]
        case (false?, _): body["thinking"] = ["type": "disabled"]
        case (nil, _): break
        }
        var output = JSONObject()
        output["effort"] = request.reasoning.effort.map { .string($0 == "minimal" ? "low" : $0) }
        if case .jsonSchema(_, let schema, _) = request.format {
            output["format"] = ["type": "json_schema", "schema": schema]
        }
        if output.count > 0 { body["output_config"] = .object(output) }
    }

    private static func addTools(_ request: ChatRequest, to body: inout JSONObject) {
        guard !request.tools.isEmpty else { return }
        body["tools"] = .array(
            request.tools.map { tool in
                var object = JSONObject()
                object["name"] = .string(tool.name)
                object["description"] = tool.description.map { .string($0) }
                object["input_schema"] = schema(tool.schema)
                if tool.isStrict { object["strict"] = true }
                object["cache_control"] = tool.cached.map(control)
                return .object(object)
            }
        )
        var choice = JSONObject()
        switch request.toolChoice {
        case .automatic: choice["type"] = "auto"
        case .none: choice["type"] = "none"
        case .required: choice["type"] = "any"
        case .named(let name):
            choice["type"] = "tool"
            choice["name"] = .string(name)
        }
        if !request.allowsParallelTools, request.toolChoice != .none { choice["disable_parallel_tool_use"] = true }
        if request.toolChoice != .automatic || choice.count > 1 { body["tool_choice"] = .object(choice) }
    }

    /// OpenAI's tools may take nothing and say nothing of it; here a schema is an object's.
    private static func schema(_ schema: JSONValue) -> JSONValue {
        guard var object = schema.object, object["type"] == nil else { return schema }
        object["type"] = "object"
        return .object(object)
    }

    // MARK: Messages

    /// Turns of one role that follow each other are one: results of tools stand in the turn right behind the wish.
    private static func messages(of request: ChatRequest) -> [JSONValue] {
        var turns: [ChatMessage] = []
        for message in request.messages where !message.parts.isEmpty {
            if let index = turns.indices.last, turns[index].role == message.role {
                turns[index].parts += message.parts
            } else {
                turns.append(message)
            }
        }
        return turns.map { turn in
            ["role": .string(turn.role.rawValue), "content": content(of: turn.parts) ?? ""]
        }
    }

    /// One text as such, anything else as blocks; nil for nothing.
    private static func content(of parts: [ChatPart]) -> JSONValue? {
        guard !parts.isEmpty else { return nil }
        if parts.count == 1, let text = parts[0].text, parts[0].cached == nil { return .string(text) }
        return .array(parts.compactMap(block))
    }

    private static func block(of part: ChatPart) -> JSONValue? {
        var object = JSONObject()
        switch part.content {
        case .text(let text):
            guard !text.isEmpty else { return nil }  // refused by Anthropic
            object["type"] = "text"
            object["text"] = .string(text)
        case .image(let image):
            object["type"] = "image"
            object["source"] = source(of: image)
        case .toolUse(let use):
            object["type"] = "tool_use"
            object["id"] = .string(ToolName.forAnthropic(use.id))
            object["name"] = .string(use.name)
            object["input"] = AnthropicReplyWriter.input(use.arguments)
        case .toolResult(let result):
            object["type"] = "tool_result"
            object["tool_use_id"] = .string(ToolName.forAnthropic(result.id))
            object["content"] = content(of: result.parts)
            if result.isError { object["is_error"] = true }
        case .thinking(.open(let text, let signature)):
            guard !signature.isEmpty else { return nil }  // another provider's thoughts, which this one does not take
            object["type"] = "thinking"
            object["thinking"] = .string(text)
            object["signature"] = .string(signature)
        case .thinking(.sealed(let sealed)):
            object["type"] = "redacted_thinking"
            object["data"] = .string(sealed)
        }
        object["cache_control"] = part.cached.map(control)
        return .object(object)
    }

    private static func source(of image: ChatImage) -> JSONValue {
        switch image {
        case .inline(let type, let base64):
            ["type": "base64", "media_type": .string(type), "data": .string(base64)]
        case .remote(let url): ["type": "url", "url": .string(url)]
        }
    }

    private static func control(_ time: CacheTime) -> JSONValue {
        switch time {
        case .fiveMinutes: ["type": "ephemeral"]
        case .oneHour: ["type": "ephemeral", "ttl": "1h"]
        }
    }
}
