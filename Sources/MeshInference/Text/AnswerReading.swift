internal import MeshChat
internal import MeshCore
internal import MeshJSON

/// Turns the text of an answer into events.
///
/// Words at once, wishes for tools when they are complete. Pure.
struct AnswerReading {
    private let tools: PromptWriter.Tools
    private let callPrefix: String
    private var held = ""
    private var isHolding: Bool

    /// Whether a wish for a tool has been among the events.
    private(set) var wantsTools = false

    /// The answer of the request by whose name wishes for tools are called.
    init(tools: PromptWriter.Tools, callPrefix: String) {
        self.tools = tools
        self.callPrefix = callPrefix
        isHolding = tools != .none
    }

    /// More words; what is shown of them now.
    mutating func take(_ text: String) -> [ChatEvent] {
        guard !text.isEmpty else { return [] }
        guard isHolding else { return [.text(text)] }
        held += text
        // In the model's own form anything may be the beginning of a wish; in ours only a brace is.
        guard case .plain = tools, let first = held.first(where: { !$0.isWhitespace }), first != "{" else { return [] }
        isHolding = false
        defer { held = "" }
        return [.text(held)]
    }

    /// The end.
    ///
    /// `parse` takes the model's own form apart.
    mutating func finish(parse: (String) -> String?) -> [ChatEvent] {
        defer { held = "" }
        guard !held.isEmpty else { return [] }
        switch tools {
        case .none: return [.text(held)]
        case .native:
            guard let message = parse(held).flatMap({ try? JSONReader.read($0) }) else { return [.text(held)] }
            var events: [ChatEvent] = []
            if let text = message["content"]?.text, !text.isEmpty { events.append(.text(text)) }
            for call in message["tool_calls"]?.array ?? [] {
                guard let name = call["function"]?["name"]?.text else { continue }
                events += wish(name, call["function"]?["arguments"]?.text ?? "{}", number: events.count)
            }
            return events
        case .plain(let names):
            guard let call = try? JSONReader.read(held), let name = call["name"]?.text, names.contains(name),
                let arguments = call["arguments"], arguments.object != nil
            else { return [.text(held)] }
            return wish(name, JSONWriter.text(of: arguments), number: 0)
        }
    }

    private mutating func wish(_ name: String, _ arguments: String, number: Int) -> [ChatEvent] {
        wantsTools = true
        let begin = ChatEvent.toolUseStarted(id: "call_\(callPrefix)_\(number)", name: name)
        return [begin] + (arguments.isEmpty ? [] : [.toolUseArguments(arguments)]) + [.toolUseEnded]
    }
}
