package import MeshChat
internal import MeshCore
package import MeshJSON

/// How a server of OpenAI's dialect differs from OpenAI.
package struct OpenAITraits: Hashable, Sendable {
    /// Whether the most tokens are called `max_completion_tokens`, as OpenAI does, or `max_tokens`, as most others do.
    package var saysMaximumCompletionTokens = true

    /// Whether it is told who asks.
    package var forwardsUser = false

    /// Whether it knows `top_k`, which OpenAI does not.
    package var knowsTopK = false

    /// OpenAI itself.
    package static let openAI = OpenAITraits()

    /// vLLM, llama.cpp, Ollama and most others.
    package static let compatible: OpenAITraits = {
        var traits = OpenAITraits()
        traits.saysMaximumCompletionTokens = false
        traits.knowsTopK = true
        return traits
    }()

    /// OpenAI itself.
    package init() {}
}

/// Writes our requests to servers of OpenAI's Chat Completions.
package enum OpenAIRequestWriter {
    /// The body of a POST that asks `model`.
    ///
    /// A stream is always asked for its usage: money depends on it.
    package static func bytes(
        of request: ChatRequest,
        model: String,
        traits: OpenAITraits = .openAI
    ) -> [UInt8] {
        JSONWriter.bytes(of: value(of: request, model: model, traits: traits))
    }

    /// The same as a value, for servers that want a little more.
    package static func value(of request: ChatRequest, model: String, traits: OpenAITraits) -> JSONValue {
        var body = JSONObject()
        body["model"] = .string(model)
        body["messages"] = .array(messages(of: request))
        if request.isStreamed {
            body["stream"] = true
            body["stream_options"] = ["include_usage": true]
        }
        if let most = request.maximumOutputTokens {
            let name = traits.saysMaximumCompletionTokens ? "max_completion_tokens" : "max_tokens"
            body[name] = .integer(Int64(most))
        }
        addSampling(request, traits, to: &body)
        addTools(request, to: &body)
        addFormat(request.format, to: &body)
        if traits.forwardsUser { body["user"] = request.user.map { .string($0) } }
        return .object(body)
    }

    private static func addSampling(_ request: ChatRequest, _ traits: OpenAITraits, to body: inout JSONObject) {
        let sampling = request.sampling
        body["temperature"] = sampling.temperature.map { .number($0) }
        body["top_p"] = sampling.topP.map { .number($0) }
        if traits.knowsTopK { body["top_k"] = sampling.topK.map { .integer(Int64($0)) } }
        body["seed"] = sampling.seed.map { .integer($0) }
        body["frequency_penalty"] = sampling.frequencyPenalty.map { .number($0) }
        body["presence_penalty"] = sampling.presencePenalty.map { .number($0) }
        if !request.stopSequences.isEmpty { body["stop"] = .array(request.stopSequences.map { .string($0) }) }
        if let effort = request.reasoning.effort {
            body["reasoning_effort"] = .string(effort)
        } else if request.reasoning.isWanted == false {
            body["reasoning_effort"] = "none"
        }
    }

    private static func addTools(_ request: ChatRequest, to body: inout JSONObject) {
        guard !request.tools.isEmpty else { return }
        body["tools"] = .array(
            request.tools.map { tool in
                var function = JSONObject()
                function["name"] = .string(tool.name)
                function["description"] = tool.description.map { .string($0) }
                function["parameters"] = tool.schema
                if tool.isStrict { function["strict"] = true }
                return ["type": "function", "function": .object(function)]
            }
        )
        switch request.toolChoice {
        case .automatic: break
        case .none: body["tool_choice"] = "none"
        case .required: body["tool_choice"] = "required"
        case .named(let name): body["tool_choice"] = ["type": "function", "function": ["name": .string(name)]]
        }
        if !request.allowsParallelTools { body["parallel_tool_calls"] = false }
    }

    private static func addFormat(_ format: ResponseFormat, to body: inout JSONObject) {
        switch format {
        case .text: break
        case .jsonObject: body["response_format"] = ["type": "json_object"]
        case .jsonSchema(let name, let schema, let isStrict):
            body["response_format"] = [
                "type": "json_schema",
                "json_schema": ["name": .string(name), "schema": schema, "strict": .bool(isStrict)],
            ]
        }
    }

    // MARK: Messages

    private static func messages(of request: ChatRequest) -> [JSONValue] {
        var messages: [JSONValue] = []
        if !request.system.isEmpty {
            messages.append(["role": "system", "content": content(of: request.system)])
        }
        for message in request.messages {
            switch message.role {
            case .user: messages += userMessages(of: message)
            case .assistant: messages.append(assistantMessage(of: message))
            }
        }
        return messages
    }

    /// What tools said is a message each; pictures that they showed stand in the user's message behind them.
    private static func userMessages(of message: ChatMessage) -> [JSONValue] {
        var messages: [JSONValue] = []
        var rest: [ChatPart] = []
        for part in message.parts {
            guard case .toolResult(let result) = part.content else {
                rest.append(part)
                continue
            }
            rest += result.parts.filter(\.isImage)
            let words = result.parts.filter { !$0.isImage }
            messages.append([
                "role": "tool", "tool_call_id": .string(ToolName.forOpenAI(result.id)), "content": content(of: words),
            ])
        }
        if !rest.isEmpty || messages.isEmpty { messages.append(["role": "user", "content": content(of: rest)]) }
        return messages
    }

    private static func assistantMessage(of message: ChatMessage) -> JSONValue {
        var object = JSONObject()
        object["role"] = "assistant"
        let words = message.parts.filter { $0.text != nil }
        let uses = message.parts.compactMap { part -> JSONValue? in
            guard case .toolUse(let use) = part.content else { return nil }
            return OpenAIReplyWriter.toolCall(use, id: ToolName.forOpenAI(use.id))
        }
        object["content"] = words.isEmpty && !uses.isEmpty ? .null : content(of: words)
        if !uses.isEmpty { object["tool_calls"] = .array(uses) }
        return .object(object)
    }

    /// One text as such, anything else as a list: not all servers read lists.
    private static func content(of parts: [ChatPart]) -> JSONValue {
        if parts.isEmpty { return "" }
        if parts.count == 1, let text = parts[0].text { return .string(text) }
        return .array(
            parts.compactMap { part in
                switch part.content {
                case .text(let text): ["type": "text", "text": .string(text)]
                case .image(let image): ["type": "image_url", "image_url": ["url": .string(image.url)]]
                case .toolUse, .toolResult, .thinking: nil
                }
            }
        )
    }
}
