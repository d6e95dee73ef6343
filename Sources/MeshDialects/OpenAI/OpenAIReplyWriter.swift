package import MeshChat
package import MeshCore
internal import MeshJSON

/// What stands in every answer beside what the model said.
package struct AnswerHead: Hashable, Sendable {
    /// By which the call is known.
    package var id: UniqueID

    /// When it was made.
    package var created: WallTime

    /// The model that answers, as the client is told.
    package var model: String

    /// The head of the answer to the call `id`.
    package init(id: UniqueID, created: WallTime, model: String) {
        self.id = id
        self.created = created
        self.model = model
    }

    /// The id's digits.
    var digits: String { id.description.replacing("-", with: "") }

    /// Seconds since 1970.
    var seconds: Int64 { created.millisecondsSince1970 / 1_000 }
}

/// Writes whole answers as OpenAI's SDKs read them.
package enum OpenAIReplyWriter {
    /// The body of the answer.
    package static func bytes(of reply: ChatReply, head: AnswerHead) -> [UInt8] {
        JSONWriter.bytes(of: value(of: reply, head: head))
    }

    private static func value(of reply: ChatReply, head: AnswerHead) -> JSONValue {
        var message = JSONObject()
        message["role"] = "assistant"
        let uses = reply.parts.compactMap { part -> JSONValue? in
            if case .toolUse(let use) = part.content { toolCall(use, id: use.id) } else { nil }
        }
        let text = reply.text
        message["content"] = text.isEmpty && !uses.isEmpty ? .null : .string(text)
        message["refusal"] = .null
        let thoughts = reply.parts.compactMap { part -> String? in
            if case .thinking(.open(let text, _)) = part.content { text } else { nil }
        }
        if !thoughts.isEmpty { message["reasoning_content"] = .string(thoughts.joined()) }
        message["annotations"] = []
        if !uses.isEmpty { message["tool_calls"] = .array(uses) }
        return [
            "id": .string("chatcmpl-" + head.digits), "object": "chat.completion", "created": .integer(head.seconds),
            "model": .string(head.model),
            "choices": [
                [
                    "index": 0, "message": .object(message), "logprobs": .null,
                    "finish_reason": .string(finishReason(reply.stopReason)),
                ]
            ],
            "usage": usage(reply.usage), "service_tier": "default", "system_fingerprint": .null,
        ]
    }

    static func toolCall(_ use: ToolUse, id: String) -> JSONValue {
        [
            "id": .string(id), "type": "function",
            "function": ["name": .string(use.name), "arguments": .string(use.arguments)],
        ]
    }

    static func finishReason(_ reason: StopReason) -> String {
        switch reason {
        case .endOfTurn, .stopSequence, .paused: "stop"
        case .maximumTokens, .contextFull: "length"
        case .toolUse: "tool_calls"
        case .refusal: "content_filter"
        }
    }

    /// With what was in the cache inside `prompt_tokens`, as OpenAI counts.
    static func usage(_ usage: ChatUsage) -> JSONValue {
        [
            "prompt_tokens": number(usage.promptTokens), "completion_tokens": number(usage.outputTokens),
            "total_tokens": number(usage.totalTokens),
            "prompt_tokens_details": [
                "cached_tokens": number(usage.cacheReadTokens),
                "cache_write_tokens": number(usage.cacheWriteTokens + usage.longCacheWriteTokens), "audio_tokens": 0,
            ],
            "completion_tokens_details": [
                "reasoning_tokens": number(usage.reasoningTokens), "audio_tokens": 0,
                "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0,
            ],
        ]
    }

    private static func number(_ count: Int) -> JSONValue { .integer(Int64(count)) }
}
