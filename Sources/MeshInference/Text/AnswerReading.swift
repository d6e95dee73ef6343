package import MeshChat
internal import MeshCore
internal import MeshJSON

/// How wishes for tools are found in an answer.
package enum ToolForm: Hashable, Sendable {
    /// There are none.
    case none
    /// By the model's own form, which the library knows.
    case native
    /// An answer that is a JSON object with name and arguments; one of these names.
    case plain(Set<String>)
}

/// Turns the text of an answer into events.
///
/// Words as soon as they cannot be part of a wish, wishes for tools when they are complete. Pure but for what it is
/// given to take the model's own form apart: a text becomes a message in OpenAI's form, or nothing where it cannot be
/// one.
package struct AnswerReading {
    private let form: ToolForm
    private let callPrefix: String
    private var held = ""
    private var isHolding: Bool
    /// Words of a held answer that have been shown.
    private var shown = ""
    /// The bytes at which a held answer is looked at again: each time costs its whole length.
    private var nextLook = 0

    /// Whether a wish for a tool has been among the events.
    package private(set) var wantsTools = false

    /// The answer of the request by whose name wishes for tools are called.
    package init(form: ToolForm, callPrefix: String) {
        self.form = form
        self.callPrefix = callPrefix
        isHolding = form != .none
    }

    /// More words; what is shown of them now.
    ///
    /// `parse` takes the beginning of an answer in the model's own form apart.
    package mutating func take(_ text: String, parse: (String) -> String?) -> [ChatEvent] {
        guard !text.isEmpty else { return [] }
        guard isHolding else { return [.text(text)] }
        held += text
        switch form {
        case .none: return []
        case .native: return look(parse)
        case .plain:
            // In our form only a brace is the beginning of a wish.
            guard let first = held.first(where: { !$0.isWhitespace }), first != "{" else { return [] }
            isHolding = false
            defer { held = "" }
            return [.text(held)]
        }
    }

    private mutating func look(_ parse: (String) -> String?) -> [ChatEvent] {
        let bytes = held.utf8.count
        guard bytes >= nextLook else { return [] }
        nextLook = bytes + 1 + bytes / 64
        guard let message = parse(held).flatMap({ try? JSONReader.read($0) }) else { return [] }
        // Words behind a wish wait for the wish.
        guard message["tool_calls"]?.array?.isEmpty ?? true else {
            nextLook = .max
            return []
        }
        return show(message["content"]?.text ?? "")
    }

    /// What `content` has beyond what was shown; nothing where it says something else by now.
    private mutating func show(_ content: String) -> [ChatEvent] {
        guard content.utf8.count > shown.utf8.count, content.utf8.starts(with: shown.utf8) else { return [] }
        let more = String(decoding: content.utf8.dropFirst(shown.utf8.count), as: UTF8.self)
        shown = content
        return [.text(more)]
    }

    /// The end.
    package mutating func finish(parse: (String) -> String?) -> [ChatEvent] {
        defer { held = "" }
        guard !held.isEmpty else { return [] }
        switch form {
        case .none: return [.text(held)]
        case .native:
            guard let message = parse(held).flatMap({ try? JSONReader.read($0) }) else { return show(held) }
            var events = show(message["content"]?.text ?? "")
            for (number, call) in (message["tool_calls"]?.array ?? []).enumerated() {
                guard let name = call["function"]?["name"]?.text else { continue }
                events += wish(name, call["function"]?["arguments"]?.text ?? "{}", number: number)
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
