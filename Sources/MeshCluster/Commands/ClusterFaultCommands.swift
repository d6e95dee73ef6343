internal import MeshCommandLine
internal import MeshCore
internal import MeshTopology

/// What a person does to a cluster that runs: one request each.
enum ClusterFaultCommands {
    private static let node = Argument<String>("node", "Its name, or the beginning of several: 'edge-*'.")
    private static let other = Argument<String?>("from", "From whom; its hub unless said.")
    private static let anyNode = Argument<String?>("node", "Whose link; every one unless said.")
    private static let pauseLength = Option<Duration?>("for", "How long it stays away.")
    private static let common: [any ParameterKey] = [
        ClusterCommand.knownTopology, ClusterCommand.folder,
    ]

    static let kill = Command(
        "kill",
        summary: "Kill nodes, as kill -9 does; they come back by themselves.",
        parameters: [node, pauseLength] + common,
        examples: ["meshnode cluster kill hub-1 --folder meshnode-cluster-single": "Its edges find it again."]
    ) { invocation in
        try ask(.kill(NodeSelector(invocation[node]), comesBackAfter: invocation[pauseLength]), invocation)
    }

    static let pause = command("pause", "Stop nodes where they are, until `resume`.") { .pause($0) }
    static let resume = command("resume", "Let paused nodes go on.") { .resume($0) }
    static let restart = command("restart", "Stop nodes in order, and start them again.") { .restart($0) }

    static let partition = Command(
        "partition",
        summary: "Cut the link between an edge and its hub, until `heal`.",
        parameters: [node, other] + common,
        examples: ["meshnode cluster partition edge-1 --folder meshnode-cluster-single": "From its hub."]
    ) { invocation in
        let from = invocation[other].map { NodeSelector($0) } ?? .all
        return try ask(.partition(NodeSelector(invocation[node]), from), invocation)
    }

    static let heal = Command(
        "heal",
        summary: "Make links whole that were cut.",
        parameters: [anyNode, other] + common,
        examples: ["meshnode cluster heal --folder meshnode-cluster-single": "All of them."]
    ) { invocation in
        let nodes = invocation[anyNode].map { NodeSelector($0) } ?? .all
        return try ask(.heal(nodes, invocation[other].map { NodeSelector($0) } ?? .all), invocation)
    }

    static let down = Command(
        "down",
        summary: "Stop a cluster in good order: its edges, then its hub.",
        parameters: common,
        examples: ["meshnode cluster down --folder meshnode-cluster-single": "Returns when all have ended."]
    ) { invocation in
        try ask(.down, invocation)
    }

    private static func command(
        _ name: String,
        _ summary: String,
        _ action: @escaping @Sendable (NodeSelector) -> FaultAction
    ) -> Command {
        Command(
            name,
            summary: summary,
            parameters: [node] + common,
            examples: ["meshnode cluster \(name) edge-1 --folder meshnode-cluster-single": "One of its edges."]
        ) { invocation in
            try ask(action(NodeSelector(invocation[node])), invocation)
        }
    }

    private static func ask(_ action: FaultAction, _ invocation: Invocation) throws -> ExitCode {
        try ask(.befall(action), invocation)
    }

    private static func ask(_ request: ControlRequest, _ invocation: Invocation) throws -> ExitCode {
        let folder = try ClusterCommand.place(invocation)
        do throws(ClusterError) {
            _ = try ControlClient.ask(request, in: folder)
            return .success
        } catch {
            ClusterCommand.report(error, invocation)
            return .failure
        }
    }
}
