package import MeshCommandLine
internal import MeshCore

/// `synesis`: everything that people do with a mesh, over the gateway of a node.
package enum SynesisCommand {
    /// The version, which all programs of the mesh share.
    package static let version = MeshSoftware.version

    /// The command, on what `ground` has.
    package static func command(_ ground: CommandGround) -> Command {
        Command(
            "synesis",
            summary: "Ask a mesh, look at it, and look after it.",
            discussion: """
                Asks the gateway of a node, the same that pages and other programs ask: the one that --gateway names, \
                else SYNESIS_GATEWAY, else the first that answers on this machine, an edge at 127.0.0.1:8787 or a \
                hub at 127.0.0.1:7413; what hubs alone know (nodes, node) the hub is asked first, and a question goes \
                to a hub only where that is allowed. A gateway of another machine wants a key (meshnode keys create): \
                SYNESIS_KEY.

                Results go to standard output, everything else to standard error. Colours and tables that fit are for \
                terminals; in a pipe there are none of either. Docs: docs/api.md.
                """,
            inherited: SharedOptions.all,
            subcommands: [
                AskCommand.command(ground), ChatCommand.command(ground), SessionsCommand.command(ground),
                ModelsCommand.command(ground), RedactCommand.command(ground), StatusCommand.command(ground),
                NodesCommand.command(ground), NodeCommands.command(ground), DoctorCommand.command(ground),
                UsageCommand.command(ground), BalanceCommand.command(ground), TopUpCommand.command(ground),
                LedgerCommands.command(ground), LoginCommand.command(ground), VersionCommand.command(ground),
            ],
            examples: [
                "synesis ask What is a monad?": "An answer, word by word; personal data stays on an edge.",
                "synesis chat": "A conversation.",
                "synesis redact letter.txt": "What of a text would leave this machine.",
                "synesis status": "How the node of this machine stands.",
                "synesis nodes": "The edges of its hub.",
                "synesis node ping laptop-7": "Does it answer?",
                "synesis usage --by day": "What was used this month, and what it cost.",
                "synesis login --hub hub-1.example.org": "Make this machine an edge.",
            ]
        )
    }
}
