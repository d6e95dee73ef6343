package import MeshChat
internal import MeshCore
internal import MeshJSON

/// Writes the events of an answer as OpenAI's SDKs read a stream.
///
/// What is the same in every chunk is written once and copied.
package struct OpenAIStreamWriter: Sendable {
    private let prefix: [UInt8]
    private let suffix: [UInt8]
    private let wantsUsage: Bool
    private var usage = ChatUsage()
    private var toolIndex = -1

    /// A writer of the answer `head`.
    package init(head: AnswerHead, wantsUsage: Bool) {
        let id = JSONText.quoted("chatcmpl-" + head.digits)
        let model = JSONText.quoted(head.model)
        prefix = Array(
            "{\"id\":\(id),\"object\":\"chat.completion.chunk\",\"created\":\(head.seconds),\"model\":\(model),".utf8
        )
        suffix = Array((wantsUsage ? ",\"usage\":null}" : "}").utf8)
        self.wantsUsage = wantsUsage
    }

    /// What is written for `event`; may be nothing.
    package mutating func bytes(for event: ChatEvent) -> [UInt8] {
        switch event {
        case .started: return delta { $0.append(contentsOf: #""role":"assistant","content":"","refusal":null"#.utf8) }
        case .text(let text): return delta { Self.append(#""content":"#, text, to: &$0) }
        case .thinking(let text): return delta { Self.append(#""reasoning_content":"#, text, to: &$0) }
        case .thinkingSigned, .thinkingSealed, .toolUseEnded: return []
        case .toolUseStarted(let id, let name):
            toolIndex += 1
            return toolDelta { bytes in
                Self.append(#","id":"#, id, to: &bytes)
                Self.append(#","type":"function","function":{"name":"#, name, to: &bytes)
                bytes.append(contentsOf: #","arguments":""}"#.utf8)
            }
        case .toolUseArguments(let fragment):
            return toolDelta { bytes in
                Self.append(#","function":{"arguments":"#, fragment, to: &bytes)
                bytes.append(UInt8(ascii: "}"))
            }
        case .usage(let usage):
            self.usage = usage
            return []
        case .ended(let reason): return end(reason)
        }
    }

    /// What is written where the answer breaks off: the SDKs throw at it.
    package func bytes(for error: ChatError) -> [UInt8] {
        StreamedEvent.bytes(name: nil) { $0.append(contentsOf: OpenAIErrors.body(of: error)) }
    }

    private func end(_ reason: StopReason) -> [UInt8] {
        var bytes = chunk { bytes in
            bytes.append(contentsOf: #""choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"#.utf8)
            bytes.append(contentsOf: "\"\(OpenAIReplyWriter.finishReason(reason))\"}]".utf8)
            bytes.append(contentsOf: suffix)
        }
        if wantsUsage {
            bytes += chunk { bytes in
                bytes.append(contentsOf: #""choices":[],"usage":"#.utf8)
                bytes.append(contentsOf: JSONWriter.bytes(of: OpenAIReplyWriter.usage(usage)))
                bytes.append(UInt8(ascii: "}"))
            }
        }
        bytes.append(contentsOf: "data: [DONE]\n\n".utf8)
        return bytes
    }

    private func delta(_ write: (inout [UInt8]) -> Void) -> [UInt8] {
        chunk { bytes in
            bytes.append(contentsOf: #""choices":[{"index":0,"delta":{"#.utf8)
            write(&bytes)
            bytes.append(contentsOf: #"},"logprobs":null,"finish_reason":null}]"#.utf8)
            bytes.append(contentsOf: suffix)
        }
    }

    private func toolDelta(_ write: (inout [UInt8]) -> Void) -> [UInt8] {
        delta { bytes in
            bytes.append(contentsOf: #""tool_calls":[{"index":"#.utf8)
            bytes.append(contentsOf: String(toolIndex).utf8)
            write(&bytes)
            bytes.append(contentsOf: "}]".utf8)
        }
    }

    private func chunk(_ write: (inout [UInt8]) -> Void) -> [UInt8] {
        StreamedEvent.bytes(name: nil) { bytes in
            bytes.append(contentsOf: prefix)
            write(&bytes)
        }
    }

    private static func append(_ field: StaticString, _ text: String, to bytes: inout [UInt8]) {
        field.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(contentsOf: JSONText.quoted(text).utf8)
    }
}
