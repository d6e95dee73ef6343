internal import MeshCommandLine
internal import MeshCore
internal import MeshNode
internal import MeshTunnel

/// An edge that keeps its tunnel, and tells how it stands.
enum TunnelCommand {
    static let command = Command(
        "tunnel",
        summary: "Be an edge that keeps its tunnel, by whatever name its hub has.",
        discussion: """
            Prints `listening`, then answers each line of standard input with one JSON object: how the tunnel stands, \
            with whom, and what it has come to. Follows changes of this machine's addresses. Ends with its input.
            """,
        parameters: LoneEdge.parameters
    ) { invocation in
        let lone = try await LoneEdge.start(invocation)
        try invocation.terminal.writeLine("listening")
        // On a thread of its own: what follows an answer of the tunnel may run where the tunnel does.
        while await Task.detached(operation: { readLine() }).value != nil {
            let found = await lone.edge.tunnel.statistics()
            var line = JSONLine([
                ("connections", Int(found.connections)), ("reconnects", Int(found.reconnects)),
                ("migrations", Int(found.migrations)), ("probes_answered", Int(found.probesAnswered)),
                ("probes_missed", Int(found.probesMissed)), ("attempts", Int(found.attempts)),
            ])
            line.append("phase", text: found.state.phase.rawValue)
            line.append("hub", text: found.state.hub?.text ?? "")
            line.append("last_error", text: found.lastError ?? "")
            try invocation.terminal.writeLine(line.text)
        }
        await lone.end()
        return .success
    }
}
