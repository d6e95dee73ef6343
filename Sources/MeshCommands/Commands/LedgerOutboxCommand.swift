internal import MeshAPI
internal import MeshCommandLine

/// `synesis ledger outbox`.
enum LedgerOutboxCommand {
    static func command(_ ground: CommandGround) -> Command {
        Command(
            "outbox",
            summary: "List what whoever bills was not told of yet, or has refused.",
            discussion: """
                What is refused is not billed until somebody has seen to it: mend what is wrong and retry-event, or \
                close-event where it is billed otherwise. What is on its way needs nobody.
                """,
            parameters: [AccountOptions.account],
            examples: [
                "synesis ledger outbox --account acme": "Each event, and why it is not taken.",
                "synesis ledger outbox --quiet": "What was refused, one on a line.",
            ],
            exitCodes: SynesisExit.gatewayMeanings
        ) { invocation in
            try await GatewaySession.run(invocation, ground, needs: .accounts) { session in
                let account = invocation[AccountOptions.account].map { "?account=\(APIPath.percentEncoded($0))" } ?? ""
                let answer = try await session.gateway.get(
                    APIPath.ledger("outbox") + account,
                    as: OutboxDocument.self
                )
                let events = answer.document.events
                switch session.screen.form {
                case .json: try session.screen.json(answer.json)
                case .quiet:
                    try session.screen.lines(events.filter { $0.refusal != nil }.map(\.identifier.printable))
                case .people: try show(events, session.screen)
                }
                return .success
            }
        }
    }

    private static func show(_ events: [OutboxDocument.Event], _ screen: Screen) throws {
        guard !events.isEmpty else { return screen.nothing("No meter events. Whoever bills was told of all.") }
        var table = ScreenTable([
            .init("EVENT", least: 16), .init("USED", rank: 1), .init("AMOUNT", isRight: true),
            .init("REFUSED", least: 12),
        ])
        for event in events {
            table.append([
                Cell(event.identifier), Cell(Words.moment(event.time), .dim), Cell(AccountView.dollars(event.amount)),
                event.refusal.map { Cell($0, .red) } ?? Cell("on its way", .dim),
            ])
        }
        try screen.lines(table.layout(width: screen.width).lines(inColour: screen.isColoured))
    }
}
