package import MeshChat
internal import MeshCore
internal import MeshJSON

/// Writes whole answers as Anthropic's SDKs read them.
package enum AnthropicReplyWriter {
    /// The body of the answer.
    package static func bytes(of reply: ChatReply, head: AnswerHead) -> [UInt8] {
        var message = message(head, usage: usage(reply.usage))
        message["content"] = .array(reply.parts.compactMap(block))
        message["stop_reason"] = .string(stopReason(reply.stopReason))
        message["stop_sequence"] = stopSequence(reply.stopReason)
        return JSONWriter.bytes(of: .object(message))
    }

    /// What stands in every message; the content is empty and no reason is said.
    static func message(_ head: AnswerHead, usage: JSONValue) -> JSONObject {
        var message = JSONObject()
        message["id"] = .string("msg_" + head.digits)
        message["type"] = "message"
        message["role"] = "assistant"
        message["model"] = .string(head.model)
        message["content"] = []
        message["stop_reason"] = .null
        message["stop_sequence"] = .null
        message["usage"] = usage
        return message
    }

    private static func block(of part: ChatPart) -> JSONValue? {
        switch part.content {
        case .text(let text): ["type": "text", "text": .string(text)]
        case .toolUse(let use):
            ["type": "tool_use", "id": .string(use.id), "name": .string(use.name), "input": input(use.arguments)]
        case .thinking(.open(let text, let signature)):
            ["type": "thinking", "thinking": .string(text), "signature": .string(signature)]
        case .thinking(.sealed(let sealed)): ["type": "redacted_thinking", "data": .string(sealed)]
        case .image, .toolResult: nil  // no model says these
        }
    }

    /// The arguments as the object that they should be; what is none is told as it is, under a name of its own.
    static func input(_ arguments: String) -> JSONValue {
        if arguments.utf8.allSatisfy({ $0 == 0x20 || $0 == 0x0A }) { return .object(JSONObject()) }
        guard let value = try? JSONReader.read(arguments), value.object != nil else {
            return ["malformed_arguments": .string(arguments)]
        }
        return value
    }

    static func stopReason(_ reason: StopReason) -> String {
        switch reason {
        case .endOfTurn: "end_turn"
        case .maximumTokens: "max_tokens"
        case .stopSequence: "stop_sequence"
        case .toolUse: "tool_use"
        case .refusal: "refusal"
        case .contextFull: "model_context_window_exceeded"
        case .paused: "pause_turn"
        }
    }

    static func stopSequence(_ reason: StopReason) -> JSONValue {
        if case .stopSequence(let text?) = reason { .string(text) } else { .null }
    }

    static func usage(_ usage: ChatUsage) -> JSONValue {
        [
            "input_tokens": number(usage.inputTokens),
            "cache_creation_input_tokens": number(usage.cacheWriteTokens + usage.longCacheWriteTokens),
            "cache_read_input_tokens": number(usage.cacheReadTokens),
            "cache_creation": [
                "ephemeral_5m_input_tokens": number(usage.cacheWriteTokens),
                "ephemeral_1h_input_tokens": number(usage.longCacheWriteTokens),
            ],
            "output_tokens": number(usage.outputTokens), "service_tier": "standard",
        ]
    }

    /// All in all, as the last event but one says it.
    static func cumulativeUsage(_ usage: ChatUsage) -> JSONValue {
        [
            "input_tokens": number(usage.inputTokens),
            "cache_creation_input_tokens": number(usage.cacheWriteTokens + usage.longCacheWriteTokens),
            "cache_read_input_tokens": number(usage.cacheReadTokens), "output_tokens": number(usage.outputTokens),
        ]
    }

    private static func number(_ count: Int) -> JSONValue { .integer(Int64(count)) }
}
