/// The `completions` command that every program has.
enum CompletionsCommand {
    enum Shell: String, CaseIterable, CommandLineValue {
        case bash
        case zsh
        case fish
    }

    private static let shell = Argument<Shell>("shell", "The shell that will read the script.")

    /// The tree with `completions` as the last command of its root.
    static func added(to root: Command) -> Command {
        var result = root
        result.subcommands.append(command(for: root))
        return result
    }

    private static func command(for root: Command) -> Command {
        let call = "\(root.name) completions"
        return Command(
            "completions",
            summary: "Print a script that teaches a shell to complete this program's words.",
            discussion: """
                A shell reads the script once per session. It knows the commands, options and values of the program \
                version that printed it.
                """,
            parameters: [shell],
            examples: [
                "source <(\(call) bash)": "For this session of bash; add the line to ~/.bashrc for all.",
                "\(call) zsh > ~/.zfunc/_\(root.name)": "For zsh, where ~/.zfunc is in fpath before compinit runs.",
                "\(call) fish > ~/.config/fish/completions/\(root.name).fish": "For every session of fish.",
            ]
        ) { invocation in
            try invocation.terminal.write(script(for: invocation[shell], root: added(to: root)))
            return .success
        }
    }

    static func script(for shell: Shell, root: Command) -> String {
        let places = CommandPath(root: root).walk(includingHidden: false)
        switch shell {
        case .bash: return BashCompletion(program: root.name, places: places).script
        case .zsh: return ZshCompletion(program: root.name, places: places).script
        case .fish: return FishCompletion(program: root.name, places: places).script
        }
    }
}

extension CommandPath {
    /// The options whose value is the next word.
    var valueOptions: [Parameter] {
        options.filter { $0.kind == .option }
    }
}

extension String {
    /// This text as one word of a shell script: in single quotes, each quote inside replaced by `escape`.
    func shellQuoted(quote escape: String) -> String {
        "'" + split(separator: "'", omittingEmptySubsequences: false).joined(separator: escape) + "'"
    }
}
