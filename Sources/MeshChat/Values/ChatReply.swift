internal import MeshCore

/// A whole answer.
package struct ChatReply: Hashable, Sendable {
    /// What the provider or the engine calls it, and who answered.
    package var start: ChatStart

    /// What was said, in order: text, thoughts and wishes for tools.
    package var parts: [ChatPart]

    /// Why it is over.
    package var stopReason: StopReason

    /// What was used.
    package var usage: ChatUsage

    /// An answer of these parts.
    package init(start: ChatStart, parts: [ChatPart], stopReason: StopReason, usage: ChatUsage) {
        self.start = start
        self.parts = parts
        self.stopReason = stopReason
        self.usage = usage
    }

    /// All of its words.
    package var text: String { parts.compactMap(\.text).joined() }

    /// The events that say the same.
    package var events: [ChatEvent] {
        var events: [ChatEvent] = [.started(start)]
        for part in parts {
            switch part.content {
            case .text(let text): if !text.isEmpty { events.append(.text(text)) }
            case .thinking(.open(let text, let signature)):
                if !text.isEmpty { events.append(.thinking(text)) }
                events.append(.thinkingSigned(signature))
            case .thinking(.sealed(let bytes)): events.append(.thinkingSealed(bytes))
            case .toolUse(let use):
                events.append(.toolUseStarted(id: use.id, name: use.name))
                if !use.arguments.isEmpty { events.append(.toolUseArguments(use.arguments)) }
                events.append(.toolUseEnded)
            case .image, .toolResult: break  // no model says these
            }
        }
        return events + [.usage(usage), .ended(stopReason)]
    }
}
