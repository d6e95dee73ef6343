/// A command and the way to it from the root: the place in the tree that parsing, help and completion talk about.
struct CommandPath: Sendable {
    let ancestors: [Command]
    let command: Command

    init(root: Command) {
        ancestors = []
        command = root
    }

    private init(ancestors: [Command], command: Command) {
        self.ancestors = ancestors
        self.command = command
    }

    var isRoot: Bool { ancestors.isEmpty }

    /// What the user types to get here: `meshnode node status`.
    var name: String {
        (ancestors + [command]).map(\.name).joined(separator: " ")
    }

    /// The flags and options of this command, less those it shares.
    var ownOptions: [Parameter] {
        let builtIn = isRoot ? [Parameter.help, Parameter.version] : [Parameter.help]
        return command.parameters.filter { $0.kind != .argument } + builtIn
    }

    /// The flags and options shared along the path, those of the command itself first.
    var sharedOptions: [Parameter] {
        command.inherited + ancestors.reversed().flatMap(\.inherited)
    }

    /// Every flag and option that may follow ``name``.
    var options: [Parameter] { ownOptions + sharedOptions }

    func appending(_ subcommand: Command) -> CommandPath {
        CommandPath(ancestors: ancestors + [command], command: subcommand)
    }

    /// This place and every one below it, parents first.
    func walk(includingHidden: Bool) -> [CommandPath] {
        let below = includingHidden ? command.subcommands : command.visibleSubcommands
        return [self] + below.flatMap { appending($0).walk(includingHidden: includingHidden) }
    }
}
