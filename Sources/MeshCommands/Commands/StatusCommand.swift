internal import MeshAPI
internal import MeshCommandLine
internal import MeshJSON

/// `synesis status`.
enum StatusCommand {
    static func command(_ ground: CommandGround) -> Command {
        Command(
            "status",
            summary: "Show how a node stands.",
            discussion: """
                Of a hub: its edges and their beats; of an edge: its tunnel; of both what they need, and whether that \
                is well. Ends with code 6 where the node is not ready, so that scripts can wait for it.
                """,
            examples: [
                "synesis status": "The node of this machine.",
                "synesis status --gateway http://127.0.0.1:7413 --json": "All of it, for a program.",
                "until synesis status --quiet; do sleep 1; done": "Wait until it is ready.",
            ],
            exitCodes: SynesisExit.meanings(unwell: "The node answers, and is not ready.")
        ) { invocation in
            try await GatewaySession.run(invocation, ground) { session in
                let answer = try await session.gateway.get(APIPath.status, as: StatusDocument.self)
                switch session.screen.form {
                case .json: try session.screen.json(answer.json)
                case .quiet: break
                case .people: try session.screen.lines(lines(answer.document, session))
                }
                return answer.document.isReady ? .success : SynesisExit.unwell
            }
        }
    }

    private static func lines(_ status: StatusDocument, _ session: GatewaySession) -> [String] {
        let screen = session.screen
        let state = Cell(status.phase, status.isReady ? .green : status.isLive ? .yellow : .red)
        let words = status.isReady || status.phase != "ready" ? state.text : "not ready"
        var sheet = FactSheet()
        sheet.fact("node", "\(status.role), \(status.software), up \(Words.time(status.uptimeSeconds))")
        sheet.fact("labels", NodeWords.labels(status.labels))
        if let hub = status.hub {
            sheet.fact("edges", edges(hub), hub.suspected > 0 ? .yellow : .plain)
            sheet.fact("beats", beats(hub), hub.beatsLost > 0 ? .yellow : .plain)
            sheet.fact("edges come to", hub.edgesAt)
            sheet.fact("devices enrol at", hub.enrolmentAt ?? "nowhere")
        }
        if let models = status.models { sheet.fact("models", Self.models(models, status.engine)) }
        if let edge = status.edge {
            let since = edge.connectedSeconds.map { " for \(Words.time($0))" } ?? ""
            sheet.fact("tunnel", edge.detail + since, edge.tunnel == "connected" ? .green : .yellow)
        }
        sheet.fact("gateway", session.gateway.place.description)
        sheet.part("checks")
        for check in status.checks {
            let name = NodeWords.plain(check.name)
            sheet.fact(name, check.isPassing ? "ok, \(check.detail)" : check.detail, check.isPassing ? .green : .red)
        }
        let name = (status.node ?? "a node").printable
        return [screen.paint(name, .bold) + "  " + screen.paint(words.printable, state.paint)] + sheet.lines(screen)
    }

    private static func edges(_ hub: StatusDocument.Hub) -> String {
        var parts = ["\(hub.connected) connected"]
        if hub.suspected > 0 { parts.append("\(hub.suspected) of them silent") }
        if hub.gone > 0 { parts.append("\(hub.gone) gone") }
        return parts.joined(separator: ", ")
    }

    /// The first few, for a hub may have hundreds.
    private static func models(_ models: [StatusDocument.Model], _ engine: StatusDocument.Engine?) -> String {
        if engine?.state == "starting" { return "the engine is starting" }
        guard !models.isEmpty else { return "none: \(engine?.detail ?? "no engine, and no providers")" }
        let shown = models.prefix(4).map { "\($0.name) (\($0.engine)\($0.isAsked ? "" : ", left alone"))" }
        return shown.joined(separator: ", ") + (models.count > 4 ? ", and \(models.count - 4) more" : "")
    }

    private static func beats(_ hub: StatusDocument.Hub) -> String {
        "\(hub.beatsReceived) received, \(hub.beatsLost) lost, \(hub.beatsLate) late"
    }
}
