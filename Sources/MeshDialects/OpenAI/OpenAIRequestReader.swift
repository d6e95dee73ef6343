package import MeshChat
internal import MeshCore
internal import MeshJSON

/// Reads what clients of OpenAI's Chat Completions ask.
package enum OpenAIRequestReader {
    /// The request in the body of a POST.
    package static func read(_ bytes: [UInt8]) throws(ChatError) -> ReadRequest {
        let object = try JSONValue.request(bytes)
        let body = RequestField(.object(object))
        var request = ChatRequest(model: try body.required("model").text(), messages: [])
        let messages = try body.required("messages").elements(upTo: Limits.Dialects.maximumMessages)
        for message in messages { try OpenAIMessageReader.read(message, into: &request) }
        guard !request.messages.isEmpty else { throw try body.required("messages").wrong("must not be empty") }
        try readTools(body, into: &request)
        try readSampling(body, into: &request)
        try readStreaming(body, into: &request)
        try readFormat(body, into: &request)
        return ReadRequest(request, dropped: ReadRequest.dropped(from: object, known: known))
    }

    private static let known: Set<String> = [
        "model", "messages", "tools", "tool_choice", "parallel_tool_calls", "max_completion_tokens", "max_tokens",
        "temperature", "top_p", "top_k", "seed", "frequency_penalty", "presence_penalty", "stop", "n", "stream",
        "stream_options", "response_format", "reasoning_effort", "metadata", "user", "safety_identifier",
    ]

    private static func readSampling(_ body: RequestField, into request: inout ChatRequest) throws(ChatError) {
        let most = Int64(Limits.Chat.maximumTokens)
        if let field = body["max_completion_tokens"] ?? body["max_tokens"] {
            request.maximumOutputTokens = Int(try field.integer(1...most))
        }
        request.sampling.temperature = try body["temperature"]?.number(0...2)
        request.sampling.topP = try body["top_p"]?.number(0...1)
        request.sampling.topK = try body["top_k"].map { field throws(ChatError) in Int(try field.integer(0...most)) }
        request.sampling.seed = try body["seed"]?.integer(.min ... .max)
        request.sampling.frequencyPenalty = try body["frequency_penalty"]?.number(-2...2)
        request.sampling.presencePenalty = try body["presence_penalty"]?.number(-2...2)
        if let n = body["n"], try n.integer(1...128) != 1 { throw n.unsupported("one answer is given at a time") }
        if let stop = body["stop"] {
            if let text = stop.value.text {
                request.stopSequences = [text]
            } else {
                for element in try stop.elements(upTo: Limits.Dialects.maximumStopSequences) {
                    request.stopSequences.append(try element.text())
                }
            }
            request.stopSequences.removeAll { $0.isEmpty }
        }
        if let effort = try body["reasoning_effort"]?.text() {
            if effort == "none" { request.reasoning.isWanted = false } else { request.reasoning.effort = effort }
        }
    }

    private static func readStreaming(_ body: RequestField, into request: inout ChatRequest) throws(ChatError) {
        request.isStreamed = try body["stream"]?.bool() ?? false
        request.wantsUsage = try body["stream_options"]?["include_usage"]?.bool() ?? false
        if let metadata = body["metadata"] { request.metadata = try metadata.object() }
        request.user = try (body["safety_identifier"] ?? body["user"])?.text()
    }

    private static func readFormat(_ body: RequestField, into request: inout ChatRequest) throws(ChatError) {
        guard let format = body["response_format"] else { return }
        switch try format.required("type").text() {
        case "text": request.format = .text
        case "json_object": request.format = .jsonObject
        case "json_schema":
            let schema = try format.required("json_schema")
            request.format = .jsonSchema(
                name: try schema.required("name").text(),
                schema: .object(try schema["schema"]?.object() ?? JSONObject()),
                isStrict: try schema["strict"]?.bool() ?? false
            )
        default: throw format.unsupported("the format must be text, json_object or json_schema")
        }
    }

    private static func readTools(_ body: RequestField, into request: inout ChatRequest) throws(ChatError) {
        for legacy in ["functions", "function_call"] {
            if let field = body[legacy] { throw field.unsupported("tools and tool_choice take its place") }
        }
        if let tools = body["tools"] {
            for tool in try tools.elements(upTo: Limits.Dialects.maximumTools) {
                guard try tool.required("type").text() == "function" else {
                    throw tool.unsupported("only tools of type function are called")
                }
                let function = try tool.required("function")
                request.tools.append(
                    ChatTool(
                        name: try function.required("name").text(),
                        description: try function["description"]?.text(),
                        schema: .object(try function["parameters"]?.object() ?? JSONObject()),
                        isStrict: try function["strict"]?.bool() ?? false
                    )
                )
            }
        }
        if let choice = body["tool_choice"] { request.toolChoice = try toolChoice(choice) }
        request.allowsParallelTools = try body["parallel_tool_calls"]?.bool() ?? true
    }

    private static func toolChoice(_ choice: RequestField) throws(ChatError) -> ToolChoice {
        switch choice.value.text {
        case "none"?: return .none
        case "auto"?: return .automatic
        case "required"?: return .required
        case _?: throw choice.wrong("must be none, auto, required or a function")
        case nil: break
        }
        guard try choice.required("type").text() == "function" else {
            throw choice.unsupported("only a function can be chosen")
        }
        return .named(try choice.required("function").required("name").text())
    }
}
