/// What a line of a chat asks for.
package enum ChatOrder: Hashable, Sendable {
    /// A question for the model.
    case question(String)
    /// Nothing.
    case nothing
    /// `/help`.
    case help
    /// `/model`, and which.
    case model(String?)
    /// `/clear`.
    case clear
    /// `/session`, and which.
    case session(String?)
    /// `/quit`.
    case quit
    /// Something else that begins with a slash.
    case unknown(String)

    /// The order that `line` spells.
    package init(_ line: String) {
        let text = String(line.drop { $0.isWhitespace })
        guard !text.isEmpty else {
            self = .nothing
            return
        }
        guard text.hasPrefix("/"), !text.hasPrefix("//") else {
            // A second slash stands for the first.
            self = .question(text.hasPrefix("//") ? String(text.dropFirst()) : line)
            return
        }
        let words = text.split(maxSplits: 1, whereSeparator: \.isWhitespace).map(String.init)
        let rest = words.dropFirst().first?.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        switch (words.first ?? text, rest) {
        case ("/help", _), ("/?", _): self = .help
        case ("/model", let name): self = .model(name)
        case ("/clear", _): self = .clear
        case ("/session", let id): self = .session(id)
        case ("/quit", _), ("/exit", _): self = .quit
        case (let word, _): self = .unknown(word)
        }
    }

    /// What can be typed, for people.
    package static let explanation = [
        "/model NAME    ask NAME from now on; 'auto' leaves it to the hub, and without a name it says which",
        "/session ID    go on with another conversation; without a name it says which this is",
        "/clear         forget what was said in this conversation",
        "/quit          leave; so does Ctrl-D",
        "//…            a question that begins with a slash",
        "Alt-Enter      another line; Ctrl-C ends an answer",
    ]
}
