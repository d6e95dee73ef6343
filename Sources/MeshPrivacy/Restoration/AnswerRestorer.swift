package import MeshChat

/// Puts the originals back into the events of a chat's answer: text, thoughts, and the arguments of tools.
package struct AnswerRestorer: Sendable {
    private enum Part { case text, thinking, arguments }

    private let map: PlaceholderMap
    private let textForm: StreamRestorer.Form
    private var part: Part?
    private var restorer: StreamRestorer
    private var finished = RestorationTally()

    /// A restorer for one answer of a conversation, in the format that was asked for: in JSON an original must not
    /// end the string in which it stands.
    package init(map: PlaceholderMap, format: ResponseFormat = .text) {
        self.map = map
        textForm = StreamRestorer.Form(of: format)
        restorer = StreamRestorer(map: map)
    }

    /// What became of the placeholders so far.
    package var tally: RestorationTally { finished + restorer.tally }

    /// What an application is told in place of an event; nothing while it may be the beginning of a placeholder.
    package mutating func restore(_ event: ChatEvent) -> [ChatEvent] {
        switch event {
        case .text(let text): return piece(.text, text)
        case .thinking(let text): return piece(.thinking, text)
        case .toolUseArguments(let text): return piece(.arguments, text)
        case .toolUseStarted(let id, let name): return end() + [.toolUseStarted(id: whole(id), name: whole(name))]
        case .ended(.stopSequence(let sequence)): return end() + [.ended(.stopSequence(sequence.map { whole($0) }))]
        case .thinkingSigned, .thinkingSealed, .toolUseEnded, .ended: return end() + [event]
        case .started, .usage: return [event]
        }
    }

    private mutating func piece(_ part: Part, _ text: String) -> [ChatEvent] {
        var events: [ChatEvent] = []
        if self.part != part {
            events = end()
            restorer = StreamRestorer(map: map, form: form(of: part))
            self.part = part
        }
        return events + event(part, restorer.restore(text))
    }

    private func form(of part: Part) -> StreamRestorer.Form {
        switch part {
        case .text: textForm
        case .thinking: .text
        case .arguments: .json
        }
    }

    private mutating func end() -> [ChatEvent] {
        guard let part else { return [] }
        let events = event(part, restorer.finish())
        finished = finished + restorer.tally
        restorer = StreamRestorer(map: map)
        self.part = nil
        return events
    }

    private mutating func whole(_ text: String) -> String {
        var restorer = StreamRestorer(map: map)
        let restored = restorer.restore(text) + restorer.finish()
        finished = finished + restorer.tally
        return restored
    }

    private func event(_ part: Part, _ text: String) -> [ChatEvent] {
        guard !text.isEmpty else { return [] }
        return switch part {
        case .text: [.text(text)]
        case .thinking: [.thinking(text)]
        case .arguments: [.toolUseArguments(text)]
        }
    }
}
