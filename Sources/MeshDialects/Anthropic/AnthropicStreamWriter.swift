package import MeshChat
internal import MeshCore
internal import MeshJSON

/// Writes the events of an answer as Anthropic's SDKs read a stream.
///
/// `message_start` carries the usage of the prompt, so it waits for the first event that is neither the start nor a
/// usage: whoever answers says that usage, where it knows it, before the first word.
package struct AnthropicStreamWriter: Sendable {
    private let head: AnswerHead
    private var usage = ChatUsage()
    private var hasStarted = false
    private var index = -1
    private var open: Block?

    private enum Block {
        case text
        case thinking
        case toolUse
    }

    /// A writer of the answer `head`.
    package init(head: AnswerHead) { self.head = head }

    /// What keeps a stream alive while nothing is said.
    package static let ping = Array("event: ping\ndata: {\"type\": \"ping\"}\n\n".utf8)

    /// What is written for `event`; may be nothing.
    package mutating func bytes(for event: ChatEvent) -> [UInt8] {
        switch event {
        case .started: return []
        case .usage(let usage):
            self.usage = usage
            return []
        case .ended(let reason): return begin() + close() + end(reason)
        case .text(let text):
            var bytes = begin()
            if open != .text { bytes += start(.text, #"{"type":"text","text":""}"#) }
            return bytes + delta(#"{"type":"text_delta","text":"#, text)
        case .thinking(let text):
            var bytes = begin()
            if open != .thinking { bytes += start(.thinking, Self.emptyThought) }
            return bytes + delta(#"{"type":"thinking_delta","thinking":"#, text)
        case .thinkingSigned(let signature):
            var bytes = begin()
            if open != .thinking { bytes += start(.thinking, Self.emptyThought) }
            return bytes + delta(#"{"type":"signature_delta","signature":"#, signature) + close()
        case .thinkingSealed(let sealed):
            let block = "{\"type\":\"redacted_thinking\",\"data\":\(JSONText.quoted(sealed))}"
            return begin() + start(.thinking, block) + close()
        case .toolUseStarted(let id, let name):
            let words = "\"id\":\(JSONText.quoted(id)),\"name\":\(JSONText.quoted(name))"
            return begin() + start(.toolUse, "{\"type\":\"tool_use\",\(words),\"input\":{}}")
        case .toolUseArguments(let fragment):
            return delta(#"{"type":"input_json_delta","partial_json":"#, fragment)
        case .toolUseEnded: return close()
        }
    }

    /// What is written where the answer breaks off: the SDKs throw at it.
    package func bytes(for error: ChatError) -> [UInt8] {
        StreamedEvent.bytes(name: "error") { $0.append(contentsOf: AnthropicErrors.body(of: error, requestID: nil)) }
    }

    private static let emptyThought = #"{"type":"thinking","thinking":"","signature":""}"#

    private mutating func begin() -> [UInt8] {
        guard !hasStarted else { return [] }
        hasStarted = true
        var first = usage
        first.outputTokens = max(1, min(usage.outputTokens, 1))
        first.reasoningTokens = 0
        let message = AnthropicReplyWriter.message(head, usage: AnthropicReplyWriter.usage(first))
        return StreamedEvent.bytes(name: "message_start") { bytes in
            bytes.append(contentsOf: #"{"type":"message_start","message":"#.utf8)
            bytes.append(contentsOf: JSONWriter.bytes(of: .object(message)))
            bytes.append(UInt8(ascii: "}"))
        }
    }

    private mutating func start(_ block: Block, _ content: String) -> [UInt8] {
        let closing = close()
        open = block
        index += 1
        let text = "{\"type\":\"content_block_start\",\"index\":\(index),\"content_block\":\(content)}"
        return closing + StreamedEvent.bytes(name: "content_block_start") { $0.append(contentsOf: text.utf8) }
    }

    private mutating func close() -> [UInt8] {
        guard open != nil else { return [] }
        open = nil
        let text = "{\"type\":\"content_block_stop\",\"index\":\(index)}"
        return StreamedEvent.bytes(name: "content_block_stop") { $0.append(contentsOf: text.utf8) }
    }

    private func delta(_ field: StaticString, _ text: String) -> [UInt8] {
        StreamedEvent.bytes(name: "content_block_delta") { bytes in
            bytes.append(contentsOf: "{\"type\":\"content_block_delta\",\"index\":\(index),\"delta\":".utf8)
            field.withUTF8Buffer { bytes.append(contentsOf: $0) }
            bytes.append(contentsOf: JSONText.quoted(text).utf8)
            bytes.append(contentsOf: "}}".utf8)
        }
    }

    private func end(_ reason: StopReason) -> [UInt8] {
        let delta: JSONValue = [
            "type": "message_delta",
            "delta": [
                "stop_reason": .string(AnthropicReplyWriter.stopReason(reason)),
                "stop_sequence": AnthropicReplyWriter.stopSequence(reason),
            ],
            "usage": AnthropicReplyWriter.cumulativeUsage(usage),
        ]
        let last = StreamedEvent.bytes(name: "message_delta") { $0.append(contentsOf: JSONWriter.bytes(of: delta)) }
        return last
            + StreamedEvent.bytes(name: "message_stop") {
                $0.append(contentsOf: #"{"type":"message_stop"}"#.utf8)
            }
    }
}
