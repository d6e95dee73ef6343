internal import MeshCommandLine
internal import MeshCore

/// `synesis login`: a device gets its certificate, by the `meshnode` that lies beside this program.
enum LoginCommand {
    private static let token = Argument<String?>(
        "token",
        "The enrolment token; '-' reads it from standard input. Without it a person is asked."
    )
    private static let hub = Option<String>(
        "hub",
        valueName: "HOST[:PORT]",
        "Where the hub listens for enrolment; port 7412 unless said."
    )
    private static let id = Option<String?>(
        "id",
        valueName: "NAME",
        "The node's name, if the token does not say it (default: the machine's own)."
    )
    private static let folder = Option<String?>(
        "folder",
        as: .folder,
        "Where certificate and key are put (default: a folder named as the node)."
    )
    private static let timeout = Option<String?>(
        "timeout",
        valueName: "DURATION",
        "How long nobody may answer before this gives up (default: 10s)."
    )

    static func command(_ ground: CommandGround) -> Command {
        Command(
            "login",
            summary: "Get a certificate for this machine by an enrolment token.",
            discussion: """
                Runs `meshnode enrol` of the program that lies beside this one, or else of the path, hands it the \
                token so that it shows in no list of processes, and ends with its code.

                Whoever looks after the hub makes tokens: meshnode ca token. Left out, the token is asked for and not \
                shown, so that it ends in no history of a shell.
                """,
            parameters: [token, hub, id, folder, timeout],
            examples: [
                "synesis login --hub hub-1.example.org": "Asks for the token.",
                "synesis login - --hub hub-1.example.org --folder laptop-7 < token": "From a file.",
            ],
            exitCodes: [
                ExitCode(rawValue: 3): "The hub says no; standard error says why.",
                ExitCode(rawValue: 4): "Nobody answers there.",
                ExitCode(rawValue: 5): "The token has ended, or a clock is wrong.",
                ExitCode(rawValue: 6): "Whoever answers there is not the hub of the token.",
            ]
        ) { invocation in
            let input: MeshnodeProcess.Input
            switch invocation[token] {
            case "-"?: input = .inherited
            case let text?: input = .line(text)
            case nil:
                switch ground.askSecretly("Enrolment token (it is not shown): ") {
                case .text(let text)?: input = .line(text)
                case .cancelled?: return .interrupted
                case nil:
                    throw invocation.usageError("nobody is there to be asked for the token: say it, or '-' to read it")
                }
            }
            if case .line(let text) = input, !isToken(text) {
                throw invocation.usageError("what was given is no enrolment token: those begin with 'mesh1-'")
            }
            guard let code = MeshnodeProcess.run(words(invocation), input, ground: ground) else {
                invocation.terminal.writeErrorLine(
                    "\(invocation.commandName): error: there is no meshnode beside synesis, and none in PATH: "
                        + "install both"
                )
                return .failure
            }
            return code
        }
    }

    /// What else is wrong with it `meshnode` says; it must be one line.
    private static func isToken(_ text: String) -> Bool {
        text.utf8.count <= Limits.Commands.maximumTokenBytes && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }

    /// The command line of `meshnode`; values stand behind a sign of equality, so that none is taken for an option.
    private static func words(_ invocation: Invocation) -> [String] {
        var words = ["enrol", "--hub=\(invocation[hub])"]
        for (name, value) in [
            ("id", invocation[id]), ("folder", invocation[folder]), ("timeout", invocation[timeout]),
        ] {
            if let value { words.append("--\(name)=\(value)") }
        }
        if invocation[SharedOptions.json] { words.append("--json") }
        if invocation[SharedOptions.quiet] { words.append("--quiet") }
        return words + ["--", "-"]
    }
}
