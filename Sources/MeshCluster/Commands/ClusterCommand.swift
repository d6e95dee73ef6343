package import MeshCommandLine
internal import MeshCore
internal import MeshJSON
internal import MeshNode
internal import MeshTopology

/// `meshnode cluster`: a hub and its edges on this machine, as a file describes them.
package enum ClusterCommand {
    static let topology = Option<String>(
        "topology",
        as: .file,
        "The description of the cluster; see topology/README.md."
    )
    static let knownTopology = Option<String?>("topology", as: .file, "The description of the cluster.")
    static let folder = Option<String?>(
        "folder",
        as: .folder,
        "Where all of it lies (default: meshnode-cluster-NAME, of the description's name)."
    )
    static let json = Flag("json", "JSON, for programs.")

    /// The code of a check that has seen something broken.
    static let broken = ExitCode(rawValue: 3)

    /// The command.
    package static let command = Command(
        "cluster",
        summary: "Run a hub and its edges on this machine, as a file describes them.",
        discussion: """
            `up` starts every node as a process of its own, with its certificate and folder, and runs until it is told \
            to stop. The other commands talk to it from another terminal.
            """,
        subcommands: [
            ClusterUpCommand.command, ClusterStatusCommand.command, ClusterFaultCommands.kill,
            ClusterFaultCommands.pause, ClusterFaultCommands.resume, ClusterFaultCommands.restart,
            ClusterFaultCommands.partition, ClusterFaultCommands.heal, ClusterFaultCommands.down,
            ClusterFieldsCommand.command,
        ],
        examples: [
            "meshnode cluster up --topology topology/hub-and-three-edges.json5": "Until Ctrl-C.",
            "meshnode cluster status --topology topology/hub-and-three-edges.json5": "From another terminal.",
        ]
    )

    /// Where the cluster lies that is meant.
    static func place(_ invocation: Invocation) throws(UsageError) -> String {
        if let folder = invocation[folder] { return folder }
        if let path = invocation[knownTopology] { return ClusterPlan.standardFolder(for: path) }
        throw invocation.usageError("say which cluster: --topology FILE as it was started with, or --folder DIR")
    }

    /// A line for each mistake of a description.
    static func report(_ error: TopologyError, _ invocation: Invocation) -> ExitCode {
        for mistake in error.mistakes {
            invocation.terminal.writeErrorLine("\(invocation.commandName): error: \(mistake.description.printable)")
        }
        return NodeExit.configuration.code
    }

    /// A line for an error that has words of its own.
    static func report(_ error: any StructuredError, _ invocation: Invocation) {
        invocation.terminal.writeErrorLine("\(invocation.commandName): error: \(error.message.printable)")
    }
}
