internal import MeshCore

/// Puts the events of an answer together to a whole one.
package struct ChatReplyBuilder {
    private var start: ChatStart?
    private var parts: [ChatPart] = []
    private var open: Open?
    private var bytes = 0

    /// What was used, as far as it was said; nil before anything was.
    package private(set) var usage: ChatUsage?

    /// Why the answer is over; nil while it is not.
    package private(set) var stopReason: StopReason?

    private enum Open {
        case text(String)
        case thinking(String)
        case toolUse(ToolUse)
    }

    /// An answer of which nothing is there.
    package init() {}

    /// Bytes of words, thoughts and arguments that have come: what an estimate of the usage goes by.
    package var contentBytes: Int { bytes }

    /// Takes the next event; throws `tooLarge` beyond ``Limits/Chat/maximumReplyBytes``, `upstreamMalformed` where the
    /// order is broken.
    package mutating func take(_ event: ChatEvent) throws(ChatError) {
        guard stopReason == nil else { throw Self.disorder("something follows the end of an answer") }
        switch event {
        case .started(let start):
            guard self.start == nil else { throw Self.disorder("an answer begins twice") }
            self.start = start
        case .text(let text):
            try count(text)
            if case .text(let before)? = open { open = .text(before + text) } else { close(opening: .text(text)) }
        case .thinking(let text):
            try count(text)
            if case .thinking(let before)? = open {
                open = .thinking(before + text)
            } else {
                close(opening: .thinking(text))
            }
        case .thinkingSigned(let signature):
            try count(signature)
            var thought = ""
            if case .thinking(let before)? = open { (thought, open) = (before, nil) }
            close(opening: nil)
            parts.append(ChatPart(.thinking(.open(text: thought, signature: signature))))
        case .thinkingSealed(let sealed):
            try count(sealed)
            close(opening: nil)
            parts.append(ChatPart(.thinking(.sealed(sealed))))
        case .toolUseStarted(let id, let name):
            try count(id + name)
            close(opening: .toolUse(ToolUse(id: id, name: name, arguments: "")))
        case .toolUseArguments(let fragment):
            try count(fragment)
            guard case .toolUse(var use)? = open else { throw Self.disorder("arguments without a tool") }
            use.arguments += fragment
            open = .toolUse(use)
        case .toolUseEnded: close(opening: nil)
        case .usage(let usage): self.usage = usage
        case .ended(let reason):
            close(opening: nil)
            stopReason = reason
        }
    }

    /// The whole answer; nil while it is not whole.
    package func reply() -> ChatReply? {
        guard let start, let stopReason else { return nil }
        return ChatReply(start: start, parts: parts, stopReason: stopReason, usage: usage ?? ChatUsage())
    }

    private mutating func close(opening next: Open?) {
        switch open {
        case .text(let text)?: parts.append(.text(text))
        case .thinking(let text)?: parts.append(ChatPart(.thinking(.open(text: text, signature: ""))))
        case .toolUse(let use)?: parts.append(ChatPart(.toolUse(use)))
        case nil: break
        }
        open = next
    }

    private mutating func count(_ text: String) throws(ChatError) {
        bytes += text.utf8.count
        guard bytes <= Limits.Chat.maximumReplyBytes else {
            throw ChatError(.tooLarge, "an answer has more than \(Limits.Chat.maximumReplyBytes) bytes")
        }
        guard parts.count < Limits.Chat.maximumParts else {
            throw ChatError(.tooLarge, "an answer has more than \(Limits.Chat.maximumParts) parts")
        }
    }

    private static func disorder(_ message: String) -> ChatError { ChatError(.upstreamMalformed, message) }
}
