package import MeshChat
internal import MeshCore
internal import MeshJSON

/// Reads what Anthropic answers, whole or piece by piece; blocks and events of later days are passed over.
package struct AnthropicAnswerReader: Sendable {
    private let provider: String
    private var usage = ReportedUsage()
    private var hasStarted = false
    private var stop: StopReason?
    private var isOver = false
    private var open: Open?

    private struct Open {
        var index: Int64
        var kind: Kind
        var signature = ""

        enum Kind {
            case text, thinking, toolUse, unknown
        }
    }

    /// A reader of an answer of `provider`.
    package init(provider: String) { self.provider = provider }

    // MARK: Whole answers

    /// The answer in `bytes`.
    package static func reply(in bytes: [UInt8], provider: String) throws(ChatError) -> ChatReply {
        guard let value = JSONValue.answer(bytes), let content = value["content"]?.array else {
            throw ChatError(.upstreamMalformed, "the answer of \(provider) is no message")
        }
        var parts: [ChatPart] = []
        for block in content {
            switch block["type"]?.text {
            case "text"?: if let text = block["text"]?.text, !text.isEmpty { parts.append(.text(text)) }
            case "thinking"?:
                let signature = block["signature"]?.text ?? ""
                parts.append(ChatPart(.thinking(.open(text: block["thinking"]?.text ?? "", signature: signature))))
            case "redacted_thinking"?: parts.append(ChatPart(.thinking(.sealed(block["data"]?.text ?? ""))))
            case "tool_use"?:
                let input = JSONWriter.text(of: block["input"] ?? .object(JSONObject()))
                let id = block["id"]?.text ?? "toolu_\(parts.count)"
                let use = ToolUse(id: id, name: block["name"]?.text ?? "", arguments: input)
                parts.append(ChatPart(.toolUse(use)))
            default: break
            }
        }
        var usage = ReportedUsage()
        usage.take(value["usage"])
        return ChatReply(
            start: ChatStart(id: value["id"]?.text ?? "", model: value["model"]?.text ?? ""),
            parts: parts,
            stopReason: stopReason(in: value) ?? .endOfTurn,
            usage: usage.total ?? ChatUsage(isEstimated: true)
        )
    }

    // MARK: Streams

    /// What the next event of the stream says.
    package mutating func read(_ event: StreamedEvent) throws(ChatError) -> [ChatEvent] {
        guard !isOver, event.name != "ping" else { return [] }
        guard let value = JSONValue.answer(event.data) else {
            throw ChatError(.upstreamMalformed, "an event of \(provider) is no JSON object", cause: broken())
        }
        switch value["type"]?.text ?? event.name {
        case "message_start"?: return start(value["message"])
        case "content_block_start"?: return try begin(value)
        case "content_block_delta"?: return continued(value)
        case "content_block_stop"?: return closeBlock()
        case "message_delta"?:
            usage.take(value["usage"])
            if let delta = value["delta"], let reason = Self.stopReason(in: delta) { stop = reason }
            return []
        case "message_stop"?: return try end()
        case "error"?:
            throw AnthropicErrors.error(in: value["error"], status: nil, provider: provider, hasBegun: hasStarted)
        default: return []
        }
    }

    /// What is left to tell where the stream ends; throws `upstreamFailed` where it broke off.
    package mutating func atEnd() throws(ChatError) -> [ChatEvent] {
        guard !isOver else { return [] }
        guard stop != nil else {
            throw ChatError(.upstreamFailed, "the answer of \(provider) breaks off", cause: broken())
        }
        return try end()
    }

    private mutating func start(_ message: JSONValue?) -> [ChatEvent] {
        guard !hasStarted else { return [] }
        hasStarted = true
        usage.take(message?["usage"])
        let start = ChatStart(id: message?["id"]?.text ?? "", model: message?["model"]?.text ?? "")
        return [.started(start)] + (usage.total.map { [.usage($0)] } ?? [])
    }

    private mutating func begin(_ value: JSONValue) throws(ChatError) -> [ChatEvent] {
        guard hasStarted else {
            throw ChatError(.upstreamMalformed, "\(provider) answers before it has begun", cause: broken())
        }
        var events = closeBlock()
        let block = value["content_block"]
        let index = value["index"]?.integer ?? 0
        switch block?["type"]?.text {
        case "text"?:
            open = Open(index: index, kind: .text)
            if let text = block?["text"]?.text, !text.isEmpty { events.append(.text(text)) }
        case "thinking"?:
            open = Open(index: index, kind: .thinking, signature: block?["signature"]?.text ?? "")
            if let text = block?["thinking"]?.text, !text.isEmpty { events.append(.thinking(text)) }
        case "redacted_thinking"?: events.append(.thinkingSealed(block?["data"]?.text ?? ""))
        case "tool_use"?:
            open = Open(index: index, kind: .toolUse)
            let id = block?["id"]?.text ?? "toolu_\(index)"
            events.append(.toolUseStarted(id: id, name: block?["name"]?.text ?? ""))
            // Some who speak this dialect put all of the arguments here.
            if let input = block?["input"]?.object, input.count > 0 {
                events.append(.toolUseArguments(JSONWriter.text(of: .object(input))))
            }
        default: open = Open(index: index, kind: .unknown)
        }
        return events
    }

    private mutating func continued(_ value: JSONValue) -> [ChatEvent] {
        guard let block = open, value["index"]?.integer ?? block.index == block.index, let delta = value["delta"] else {
            return []
        }
        func said(_ key: String) -> String? { delta[key]?.text.flatMap { $0.isEmpty ? nil : $0 } }
        switch (block.kind, delta["type"]?.text) {
        case (.text, "text_delta"?): return said("text").map { [.text($0)] } ?? []
        case (.thinking, "thinking_delta"?): return said("thinking").map { [.thinking($0)] } ?? []
        case (.thinking, "signature_delta"?):
            open?.signature += said("signature") ?? ""
            return []
        case (.toolUse, "input_json_delta"?): return said("partial_json").map { [.toolUseArguments($0)] } ?? []
        default: return []
        }
    }

    private mutating func closeBlock() -> [ChatEvent] {
        guard let block = open else { return [] }
        open = nil
        switch block.kind {
        case .thinking: return [.thinkingSigned(block.signature)]
        case .toolUse: return [.toolUseEnded]
        case .text, .unknown: return []
        }
    }

    private mutating func end() throws(ChatError) -> [ChatEvent] {
        guard hasStarted else {
            throw ChatError(.upstreamMalformed, "the answer of \(provider) is empty", cause: broken())
        }
        let events = closeBlock()
        isOver = true
        return events + (usage.total.map { [.usage($0)] } ?? []) + [.ended(stop ?? .endOfTurn)]
    }

    private func broken() -> ChatFailure { ChatFailure(provider: provider, hasBegun: hasStarted) }

    private static func stopReason(in value: JSONValue) -> StopReason? {
        switch value["stop_reason"]?.text {
        case nil: nil
        case "max_tokens"?: .maximumTokens
        case "stop_sequence"?: .stopSequence(value["stop_sequence"]?.text)
        case "tool_use"?: .toolUse
        case "pause_turn"?: .paused
        case "refusal"?: .refusal
        case "model_context_window_exceeded"?: .contextFull
        default: .endOfTurn
        }
    }
}
