/// The manual page of one command, as text.
struct HelpPage {
    private let path: CommandPath
    private var layout: TextLayout

    /// The page in the given width, kept between 40 columns and the 100 beyond which lines are hard to follow.
    init(path: CommandPath, width: Int) {
        self.path = path
        layout = TextLayout(width: min(max(width, 40), 100))
    }

    var text: String {
        var page = self
        page.render()
        return page.layout.text
    }

    private var command: Command { path.command }

    private mutating func render() {
        layout.paragraphs("\(path.name) - \(command.summary)", indent: 0)
        renderUsage()
        layout.paragraphs(command.discussion, indent: 0)
        renderParameters("ARGUMENTS", command.arguments)
        renderParameters("OPTIONS", path.ownOptions.filter { $0.group == nil })
        for group in groups {
            renderParameters("\(group.uppercased()) OPTIONS", path.ownOptions.filter { $0.group == group })
        }
        renderParameters("SHARED OPTIONS", path.sharedOptions)
        section("COMMANDS", command.visibleSubcommands.map { ($0.name, $0.summary) })
        renderExamples()
        renderExitCodes()
    }

    private mutating func renderUsage() {
        heading("USAGE")
        let required = path.options.filter(\.isRequired).map(\.synopsis)
        if command.run != nil {
            let arguments = command.arguments.map(\.usage)
            layout.wrapped(required + ["[OPTIONS]"] + arguments, first: "  \(path.name) ", indent: 6)
        }
        if !command.visibleSubcommands.isEmpty {
            layout.line("  \(path.name) COMMAND …")
        }
    }

    /// The groups of options in the order in which they are declared.
    private var groups: [String] {
        path.ownOptions.compactMap(\.group).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    private mutating func renderParameters(_ title: String, _ parameters: [Parameter]) {
        section(title, parameters.map { ($0.synopsis, $0.explanation) })
    }

    private mutating func renderExamples() {
        guard !command.examples.isEmpty else { return }
        heading("EXAMPLES")
        for (commandLine, sentence) in command.examples {
            layout.line("  " + commandLine)
            layout.row("", sentence, labelWidth: 2)
        }
    }

    private mutating func renderExitCodes() {
        let own = command.exitCodes.map(\.key)
        let common = ExitCode.commonMeanings.filter { !own.contains($0.key) }
        let rows = (command.exitCodes + common).sorted { $0.key.rawValue < $1.key.rawValue }
        section("EXIT CODES", rows.map { ("\($0.key.rawValue)", $0.value) })
    }

    private mutating func section(_ title: String, _ rows: [(label: String, text: String)]) {
        guard !rows.isEmpty else { return }
        heading(title)
        let widest = rows.map(\.label.count).max() ?? 0
        let labelWidth = min(widest, layout.width / 3)
        for row in rows {
            layout.row(row.label, row.text, labelWidth: labelWidth)
        }
    }

    private mutating func heading(_ title: String) {
        layout.line()
        layout.line(title)
    }
}

extension Parameter {
    /// An argument in the usage line: `NODE`, `[NODE]`, `FILE...`, `[FILE...]`.
    fileprivate var usage: String {
        let repeated = isRepeatable ? label + "..." : label
        return isRequired ? repeated : "[\(repeated)]"
    }

    /// The summary, the words to choose from, and what holds when nothing is said.
    fileprivate var explanation: String {
        var notes: [String] = []
        if case .words(let words) = completion {
            notes.append("one of: " + words.joined(separator: ", "))
        }
        if let defaultText {
            notes.append("default: \(defaultText.isEmpty ? "''" : defaultText)")
        } else if kind == .option, isRequired {
            notes.append("required")
        }
        if isRepeatable, kind == .option {
            notes.append("may be repeated")
        }
        return notes.isEmpty ? summary : "\(summary) (\(notes.joined(separator: "; ")))"
    }
}
