internal import Glibc
internal import MeshCommandLine
internal import MeshCore
internal import MeshIO
internal import MeshNode
internal import MeshTopology

/// `meshnode cluster up`.
enum ClusterUpCommand {
    private static let check = Flag(
        "check",
        "Let clients work while faults happen, hold all that they saw against the hub's store, and end with a verdict."
    )
    private static let quiet = Flag("quiet", "Nothing of the nodes' own logs.")
    private static let level = Option<LogLevel>("level", default: .info, "Below it no line of a node is shown.")
    private static let patience = Option<Duration>(
        "ready-within",
        as: .within(.seconds(1) ... .seconds(600)),
        default: .seconds(60),
        "How long the nodes may take to be ready; then the cluster is stopped, and says who was not."
    )

    static let command = Command(
        "up",
        summary: "Start a cluster, and run it until it is told to stop.",
        discussion: """
            Makes the authority and gives every edge its certificate the first time; later starts on the same folder \
            go on with what is there. When all nodes are ready, the faults of the description begin, and the logs of \
            all nodes follow. Ctrl-C stops the edges, then the hub. However this ends, no node goes on without it.

            With --check some edges in this process work on accounts of the hub, which hold no money, while nodes are \
            killed, stopped and cut off: as the description says, or as seems good where it says nothing. Links and \
            partitions of the description act on the nodes; those edges of the check go to the hub directly.
            """,
        parameters: [
            ClusterCommand.topology, ClusterCommand.folder, check, patience, level, quiet, ClusterCommand.json,
        ],
        examples: [
            "meshnode cluster up --topology topology/hub-and-three-edges.json5": "Until Ctrl-C.",
            "meshnode cluster up --topology topology/hundred-edges.json5 --check": "Ends with a verdict.",
        ],
        exitCodes: [
            .failure: "A node did not start, or not in time; standard error says which and why.",
            ClusterCommand.broken: "The check has seen a promise broken.",
            NodeExit.configuration.code: "The description is wrong; each mistake is a line with its place.",
            NodeExit.busy.code: "Another process has the folder.",
        ]
    ) { invocation in
        let plan: ClusterPlan
        do throws(TopologyError) {
            plan = try ClusterPlan.load(invocation[ClusterCommand.topology], folder: invocation[ClusterCommand.folder])
        } catch { return ClusterCommand.report(error, invocation) }
        let longest = plan.topology.nodes.map(\.name.text.count).max() ?? 0
        var style = ClusterOutput.Style(
            isJSON: invocation[ClusterCommand.json],
            level: invocation[level],
            isQuiet: invocation[quiet],
            hasColours: invocation.terminal.isInteractive && getenv("NO_COLOR") == nil
        )
        style.nameWidth = max(longest, "cluster".count)
        let run = ClusterRun(
            plan: plan,
            style: style,
            terminal: invocation.terminal,
            patience: invocation[patience],
            checks: invocation[check]
        )
        do { return try await run.run() } catch {
            if let error = error as? any StructuredError {
                ClusterCommand.report(error, invocation)
                return NodeExit(error).code
            }
            throw error
        }
    }
}
