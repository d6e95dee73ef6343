package import MeshChat
internal import MeshCore
internal import MeshJSON

/// Reads what clients of Anthropic's Messages ask.
package enum AnthropicRequestReader {
    /// The request in the body of a POST.
    package static func read(_ bytes: [UInt8]) throws(ChatError) -> ReadRequest {
        let object = try JSONValue.request(bytes)
        let body = RequestField(.object(object))
        let most = Int64(Limits.Chat.maximumTokens)
        var request = ChatRequest(model: try body.required("model").text(), messages: [])
        request.maximumOutputTokens = Int(try body.required("max_tokens").integer(1...most))
        if let system = body["system"] { request.system = try AnthropicPartReader.parts(system, in: .system) }
        let messages = try body.required("messages")
        for message in try messages.elements(upTo: Limits.Dialects.maximumMessages) {
            try read(message, into: &request)
        }
        guard !request.messages.isEmpty else { throw messages.wrong("must not be empty") }
        try readTools(body, into: &request)
        try readSampling(body, into: &request)
        try readThinking(body, into: &request)
        request.isStreamed = try body["stream"]?.bool() ?? false
        request.wantsUsage = true
        request.user = try body["metadata"]?["user_id"]?.text()
        return ReadRequest(request, dropped: ReadRequest.dropped(from: object, known: known))
    }

    private static let known: Set<String> = [
        "model", "max_tokens", "system", "messages", "tools", "tool_choice", "temperature", "top_p", "top_k",
        "stop_sequences", "thinking", "output_config", "stream", "metadata",
    ]

    private static func read(_ message: RequestField, into request: inout ChatRequest) throws(ChatError) {
        let role = try message.required("role")
        let content = try message.required("content")
        switch try role.text() {
        case "user":
            request.messages.append(ChatMessage(.user, try AnthropicPartReader.parts(content, in: .user)))
        case "assistant":
            request.messages.append(ChatMessage(.assistant, try AnthropicPartReader.parts(content, in: .assistant)))
        case "system": request.system += try AnthropicPartReader.parts(content, in: .system)
        default: throw role.wrong("must be user or assistant")
        }
    }

    private static func readSampling(_ body: RequestField, into request: inout ChatRequest) throws(ChatError) {
        request.sampling.temperature = try body["temperature"]?.number(0...1)
        request.sampling.topP = try body["top_p"]?.number(0...1)
        if let field = body["top_k"] {
            request.sampling.topK = Int(try field.integer(0...Int64(Limits.Chat.maximumTokens)))
        }
        if let stop = body["stop_sequences"] {
            for element in try stop.elements(upTo: Limits.Dialects.maximumStopSequences) {
                request.stopSequences.append(try element.text())
            }
            request.stopSequences.removeAll { $0.isEmpty }
        }
    }

    private static func readThinking(_ body: RequestField, into request: inout ChatRequest) throws(ChatError) {
        if let thinking = body["thinking"] {
            let type = try thinking.required("type")
            switch try type.text() {
            case "disabled": request.reasoning.isWanted = false
            case "adaptive": request.reasoning.isWanted = true
            case "enabled":
                request.reasoning.isWanted = true
                let budget = try thinking["budget_tokens"]?.integer(1...Int64(Limits.Chat.maximumTokens))
                request.reasoning.maximumTokens = budget.map { Int($0) }
            default: throw type.wrong("must be enabled, adaptive or disabled")
            }
        }
        guard let output = body["output_config"] else { return }
        request.reasoning.effort = try output["effort"]?.text()
        if let format = output["format"] {
            guard try format.required("type").text() == "json_schema" else {
                throw format.unsupported("the format must be json_schema")
            }
            let schema = JSONValue.object(try format.required("schema").object())
            request.format = .jsonSchema(name: "answer", schema: schema, isStrict: true)
        }
    }

    private static func readTools(_ body: RequestField, into request: inout ChatRequest) throws(ChatError) {
        for tool in try body["tools"]?.elements(upTo: Limits.Dialects.maximumTools) ?? [] {
            if let type = tool["type"], try type.text() != "custom" {
                throw type.unsupported("only tools that the client runs are called")
            }
            request.tools.append(
                ChatTool(
                    name: try tool.required("name").text(),
                    description: try tool["description"]?.text(),
                    schema: .object(try tool.required("input_schema").object()),
                    isStrict: try tool["strict"]?.bool() ?? false,
                    cached: try AnthropicPartReader.cached(tool)
                )
            )
        }
        guard let choice = body["tool_choice"] else { return }
        let type = try choice.required("type")
        switch try type.text() {
        case "auto": request.toolChoice = .automatic
        case "any": request.toolChoice = .required
        case "none": request.toolChoice = .none
        case "tool": request.toolChoice = .named(try choice.required("name").text())
        default: throw type.wrong("must be auto, any, tool or none")
        }
        request.allowsParallelTools = !(try choice["disable_parallel_tool_use"]?.bool() ?? false)
    }
}
