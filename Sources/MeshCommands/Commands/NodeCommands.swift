internal import MeshCommandLine

/// `synesis node …`: one edge.
enum NodeCommands {
    static func command(_ ground: CommandGround) -> Command {
        Command(
            "node",
            summary: "Look at one edge, or send it something.",
            discussion:
                "The hub sends commands over the edge's own tunnel, and the edge takes them from its hub alone.",
            subcommands: [
                NodeShowCommand.command(ground), NodePingCommand.command(ground), NodeRenewCommand.command(ground),
                NodeDrainCommand.command(ground),
            ],
            examples: [
                "synesis node show laptop-7": "Everything that the hub knows of it.",
                "synesis node ping laptop-7 --count 5": "Does it answer, and how fast?",
            ]
        )
    }
}
