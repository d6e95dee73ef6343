package import MeshChat
internal import MeshCore
internal import MeshJSON

/// Reads what servers of OpenAI's dialect answer, whole or piece by piece, and is not strict with them.
package struct OpenAIAnswerReader: Sendable {
    private let provider: String
    private var hasStarted = false
    private var tools = ToolCalls()
    private var stop: StopReason?
    private var usage: ChatUsage?
    private var isOver = false

    private struct ToolCalls {
        var openIndex: Int64?
        var openID: String?
        var highest: Int64 = -1
        var count = 0
    }

    /// A reader of an answer of `provider`.
    package init(provider: String) { self.provider = provider }

    // MARK: Whole answers

    /// The answer in `bytes`.
    package static func reply(in bytes: [UInt8], provider: String) throws(ChatError) -> ChatReply {
        guard let value = JSONValue.answer(bytes) else {
            throw ChatError(.upstreamMalformed, "the answer of \(provider) is no JSON object")
        }
        if let error = value["error"], error != .null {
            throw OpenAIErrors.error(status: 502, body: bytes, retryAfter: nil, provider: provider)
        }
        guard let choice = value["choices"]?.array?.first, let message = choice["message"] else {
            throw ChatError(.upstreamMalformed, "the answer of \(provider) has no choice")
        }
        var parts: [ChatPart] = []
        if let thought = (message["reasoning_content"] ?? message["reasoning"])?.text, !thought.isEmpty {
            parts.append(ChatPart(.thinking(.open(text: thought, signature: ""))))
        }
        if let text = message["content"]?.text, !text.isEmpty { parts.append(.text(text)) }
        if let refusal = message["refusal"]?.text, !refusal.isEmpty { parts.append(.text(refusal)) }
        for call in message["tool_calls"]?.array ?? [] {
            guard let name = call["function"]?["name"]?.text else { continue }
            let arguments = arguments(of: call)
            let id = call["id"]?.text ?? "call_\(parts.count)"
            parts.append(ChatPart(.toolUse(ToolUse(id: id, name: name, arguments: arguments ?? ""))))
        }
        let usesTools = parts.contains { if case .toolUse = $0.content { true } else { false } }
        return ChatReply(
            start: ChatStart(id: value["id"]?.text ?? "", model: value["model"]?.text ?? ""),
            parts: parts,
            stopReason: stopReason(of: choice, usesTools: usesTools) ?? (usesTools ? .toolUse : .endOfTurn),
            usage: usage(in: value["usage"]) ?? ChatUsage(isEstimated: true)
        )
    }

    // MARK: Streams

    /// What the next event of the stream says.
    ///
    /// The end is told at `[DONE]` or in ``atEnd()``, behind the usage, which comes last.
    package mutating func read(_ event: StreamedEvent) throws(ChatError) -> [ChatEvent] {
        guard !isOver else { return [] }
        if event.data.elementsEqual("[DONE]".utf8) { return try end() }
        guard let chunk = JSONValue.answer(event.data) else {
            throw ChatError(.upstreamMalformed, "an event of \(provider) is no JSON object", cause: broken())
        }
        if event.name == "error" || (chunk["error"].map { $0 != .null } ?? false) {
            throw OpenAIErrors.error(
                status: UInt16(clamping: chunk["error"]?["code"]?.integer ?? 500),
                body: event.data,
                retryAfter: nil,
                provider: provider
            )
        }
        var events: [ChatEvent] = []
        if !hasStarted {
            hasStarted = true
            events.append(.started(ChatStart(id: chunk["id"]?.text ?? "", model: chunk["model"]?.text ?? "")))
        }
        if let usage = Self.usage(in: chunk["usage"]) { self.usage = usage }
        guard let choice = chunk["choices"]?.array?.first(where: { ($0["index"]?.integer ?? 0) == 0 }) else {
            return events
        }
        if let delta = choice["delta"] { try read(delta, into: &events) }
        if let reason = Self.stopReason(of: choice, usesTools: tools.count > 0) {
            closeTool(&events)
            stop = reason
        }
        return events
    }

    /// What is left to tell where the stream ends; throws `upstreamFailed` where it broke off.
    package mutating func atEnd() throws(ChatError) -> [ChatEvent] {
        guard !isOver else { return [] }
        guard stop != nil else {
            throw ChatError(.upstreamFailed, "the answer of \(provider) breaks off", cause: broken())
        }
        return try end()
    }

    private mutating func end() throws(ChatError) -> [ChatEvent] {
        guard hasStarted else {
            throw ChatError(.upstreamMalformed, "the answer of \(provider) is empty", cause: broken())
        }
        var events: [ChatEvent] = []
        closeTool(&events)
        isOver = true
        if let usage { events.append(.usage(usage)) }
        events.append(.ended(stop ?? (tools.count > 0 ? .toolUse : .endOfTurn)))
        return events
    }

    private mutating func read(_ delta: JSONValue, into events: inout [ChatEvent]) throws(ChatError) {
        if let text = (delta["reasoning_content"] ?? delta["reasoning"])?.text, !text.isEmpty {
            closeTool(&events)
            events.append(.thinking(text))
        }
        for key in ["content", "refusal"] {
            guard let text = delta[key]?.text, !text.isEmpty else { continue }
            closeTool(&events)
            events.append(.text(text))
        }
        for call in delta["tool_calls"]?.array ?? [] { try read(call: call, into: &events) }
    }

    /// A call that has another index, or another id where there is no index, is the next one.
    private mutating func read(call: JSONValue, into events: inout [ChatEvent]) throws(ChatError) {
        let id = call["id"]?.text.flatMap { $0.isEmpty ? nil : $0 }
        let index = call["index"]?.integer
        let isNext =
            tools.openIndex == nil || (index.map { $0 != tools.openIndex } ?? (id != nil && id != tools.openID))
        if isNext {
            let number = index ?? tools.highest + 1
            guard number > tools.highest, tools.count < Limits.Dialects.maximumParts else {
                throw ChatError(.upstreamMalformed, "\(provider) mixes its tool calls up", cause: broken())
            }
            closeTool(&events)
            (tools.openIndex, tools.highest, tools.count) = (number, number, tools.count + 1)
            tools.openID = id ?? "call_\(number)"
            let name = call["function"]?["name"]?.text ?? ""
            events.append(.toolUseStarted(id: tools.openID ?? "", name: name))
        }
        if let fragment = Self.arguments(of: call), !fragment.isEmpty { events.append(.toolUseArguments(fragment)) }
    }

    private mutating func closeTool(_ events: inout [ChatEvent]) {
        guard tools.openIndex != nil else { return }
        (tools.openIndex, tools.openID) = (nil, nil)
        events.append(.toolUseEnded)
    }

    private func broken() -> ChatFailure { ChatFailure(provider: provider, hasBegun: hasStarted) }

    // MARK: Parts

    /// Text, or an object where a server did not put it into text.
    private static func arguments(of call: JSONValue) -> String? {
        switch call["function"]?["arguments"] {
        case .string(let text)?: text
        case .object(let object)?: JSONWriter.text(of: .object(object))
        default: nil
        }
    }

    private static func stopReason(of choice: JSONValue, usesTools: Bool) -> StopReason? {
        guard let reason = choice["finish_reason"]?.text else { return nil }
        switch reason {
        case "length": return .maximumTokens
        case "tool_calls", "function_call": return .toolUse
        case "content_filter": return .refusal
        default: break
        }
        if usesTools { return .toolUse }
        // vLLM says which text it stopped at.
        return choice["stop_reason"]?.text.map { .stopSequence($0) } ?? .endOfTurn
    }

    /// Cached tokens stand inside `prompt_tokens`; here each token stands in one count.
    ///
    /// Nil where no prompt was counted, for there is always one: some send an empty object, or zeros.
    static func usage(in value: JSONValue?) -> ChatUsage? {
        guard let value, value.object != nil else { return nil }
        let prompt = max(0, value["prompt_tokens"]?.count ?? 0)
        guard prompt > 0 else { return nil }
        let details = value["prompt_tokens_details"]
        let read = min(prompt, max(0, details?["cached_tokens"]?.count ?? 0))
        let written = min(prompt - read, max(0, details?["cache_write_tokens"]?.count ?? 0))
        return ChatUsage(
            inputTokens: prompt - read - written,
            cacheReadTokens: read,
            cacheWriteTokens: written,
            outputTokens: value["completion_tokens"]?.count ?? 0,
            reasoningTokens: value["completion_tokens_details"]?["reasoning_tokens"]?.count ?? 0
        )
    }
}
