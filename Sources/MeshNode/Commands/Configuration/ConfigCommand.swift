package import MeshCommandLine
internal import MeshCore

/// `meshnode config`: looks at settings without starting a node.
package enum ConfigCommand {
    /// The group of commands.
    package static let command = Command(
        "config",
        summary: "Show what a node would be told, check a file of settings, write one.",
        discussion: """
            A setting comes from the command line, from the environment, from a file, or has its default; the first of \
            these that says something counts.
            """,
        subcommands: [
            ConfigShowCommand.command, ConfigCheckCommand.command, ConfigTemplateCommand.command,
            ConfigReferenceCommand.command,
        ]
    )
}
