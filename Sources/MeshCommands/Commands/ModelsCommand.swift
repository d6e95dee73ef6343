internal import MeshAPI
internal import MeshCommandLine
internal import MeshCore
internal import MeshHTTP
internal import MeshJSON

/// `synesis models`.
enum ModelsCommand {
    static func command(_ ground: CommandGround) -> Command {
        Command(
            "models",
            summary: "List the models that can be asked.",
            discussion: """
                What `synesis ask --model` takes; an edge lists those of its hub. OWNER says who answers for a model, \
                ENDS from when on it is not offered any more, where that is known.
                """,
            examples: [
                "synesis models": "All of them.",
                "synesis models --quiet": "Names alone, one on a line.",
            ],
            exitCodes: SynesisExit.gatewayMeanings
        ) { invocation in
            try await GatewaySession.run(invocation, ground) { session in
                session.tellPlace()
                let json = try await session.gateway.exchange(.get, APIPath.models).json
                guard let models = json["data"]?.array else {
                    throw GatewayFailure(.notAGateway, "what answers at \(session.gateway.place) lists no models")
                }
                switch session.screen.form {
                case .json: try session.screen.json(json)
                case .quiet: try session.screen.lines(models.compactMap { $0["id"]?.text?.printable })
                case .people: try show(models, session.screen)
                }
                return .success
            }
        }
    }

    private static func show(_ models: [JSONValue], _ screen: Screen) throws {
        guard !models.isEmpty else { return screen.nothing("No models. `synesis status` says why.") }
        let ends = models.contains { $0["shutdown_date"]?.text != nil }
        var table = ScreenTable(
            [.init("MODEL", least: 12), .init("OWNER", rank: 1)] + (ends ? [.init("ENDS", rank: 2)] : [])
        )
        for model in models {
            let row = [Cell(model["id"]?.text ?? "?"), Cell(model["owned_by"]?.text ?? "-", .dim)]
            let end = model["shutdown_date"]?.text.map { Cell($0, .yellow) } ?? Cell("")
            table.append(row + (ends ? [end] : []))
        }
        try screen.lines(table.layout(width: screen.width).lines(inColour: screen.isColoured))
    }
}
