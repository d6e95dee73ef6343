internal import MeshCommandLine
internal import MeshJSON

/// How a command writes: for people in their width and with colours, for programs plainly.
struct Screen: Sendable {
    /// What is asked for.
    enum Form: Hashable, Sendable { case people, json, quiet }

    /// What is asked for.
    let form: Form
    /// Whether a person looks.
    let isInteractive: Bool
    /// Whether colours are wanted.
    let isColoured: Bool
    /// Columns; nil where nobody looks.
    let width: Int?
    /// Whether a person sees what is said beside the results.
    let isWatched: Bool
    private let isColouredBeside: Bool
    private let terminal: Terminal

    init(_ invocation: Invocation, _ ground: CommandGround) {
        terminal = invocation.terminal
        isInteractive = terminal.isInteractive
        width = isInteractive ? max(terminal.width, Self.leastWidth) : nil
        let isRefused = invocation[SharedOptions.noColor] || ground.variable("NO_COLOR") != nil
        let knowsColours = !isRefused && ground.variable("TERM") != "dumb"
        isColoured = isInteractive && knowsColours
        isWatched = terminal.isErrorInteractive
        isColouredBeside = isWatched && knowsColours
        form = invocation[SharedOptions.json] ? .json : invocation[SharedOptions.quiet] ? .quiet : .people
    }

    /// Writes one line.
    func line(_ text: String = "") throws { try terminal.writeLine(text) }

    /// Writes lines in one go.
    func lines(_ lines: [String]) throws {
        guard !lines.isEmpty else { return }
        try terminal.write(lines.joined(separator: "\n") + "\n")
    }

    /// Writes a text as it is.
    func text(_ text: String) throws { try terminal.write(text) }

    /// Writes a document, a member on each line.
    func json(_ value: JSONValue) throws { try terminal.writeLine(JSONWriter.text(of: value, isIndented: true)) }

    /// Writes a document on one line, where several follow each other.
    func jsonLine(_ value: JSONValue) throws { try terminal.writeLine(JSONWriter.text(of: value)) }

    /// Says something beside the results.
    func note(_ text: String) { terminal.writeErrorLine(text) }

    /// Says something beside the results that is beside the point.
    func aside(_ text: String) { terminal.writeErrorLine(Paint.dim.on(text.printable, isColouredBeside)) }

    /// Says to people that a list has nothing in it, and what to do about that: beside the results, which are none.
    func nothing(_ text: String) { if form == .people { aside(text) } }

    /// A text in a colour.
    func paint(_ text: String, _ paint: Paint) -> String { paint.on(text, isColoured) }

    /// Narrower screens are written for as if they were so wide.
    private static let leastWidth = 20
}
