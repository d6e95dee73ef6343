internal import MeshCommandLine
internal import MeshJSON

/// Writes an answer as it comes: its words for people, one line of JSON for programs.
struct AnswerPrinter {
    private let screen: Screen
    /// What warnings begin with.
    private let name: String
    private var content = ""
    private var isAtLineStart = true

    init(_ screen: Screen, name: String) {
        self.screen = screen
        self.name = name
    }

    /// Takes what has happened.
    mutating func take(_ event: AnswerEvent) throws {
        switch event {
        case .words(let text): try write(text)
        case .ended(let end): try close(end)
        case .started, .thinking, .failed: break
        }
    }

    /// Takes an answer that came whole.
    mutating func take(whole json: JSONValue) throws {
        try write(json["content"]?.text ?? "")
        try close(AnswerEnd(json))
    }

    /// Ends the line where an answer has broken off in one, so that what is said next begins its own.
    mutating func breakOff() {
        guard !isAtLineStart else { return }
        isAtLineStart = true
        try? screen.text("\n")
    }

    private mutating func write(_ text: String) throws {
        guard !text.isEmpty else { return }
        guard screen.form != .json else {
            content += text
            return
        }
        isAtLineStart = text.unicodeScalars.last == "\n"
        // What an answer holds must not move a person's cursor; a program gets it as it is.
        try screen.text(screen.isInteractive ? text.printableLines : text)
    }

    private mutating func close(_ end: AnswerEnd) throws {
        if screen.form == .json {
            try screen.jsonLine(end.json(content: content))
        } else if !isAtLineStart {
            isAtLineStart = true
            try screen.text("\n")
        }
        guard screen.form == .people else { return }
        if screen.isWatched { screen.aside(end.summary) }
        for warning in end.warnings { screen.note("\(name): warning: \(warning)") }
    }
}
