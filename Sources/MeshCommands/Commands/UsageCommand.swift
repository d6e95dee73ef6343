internal import MeshAPI
internal import MeshCommandLine
internal import MeshCore
internal import MeshHTTP
internal import MeshJSON

/// `synesis usage`.
enum UsageCommand {
    /// By what rows are told apart.
    enum Dimension: String, CaseIterable, CommandLineValue {
        case model
        case project
        case session
        case edge
        case day
        case kind
        case month

        /// What the gateway is asked for.
        var word: String { self == .month ? "model" : rawValue }
    }

    private static let period = Option<String?>("period", as: AccountOptions.monthSyntax, "One month (default: now).")
    private static let from = Option<String?>("from", as: AccountOptions.monthSyntax, "The first of several months.")
    private static let to = Option<String?>("to", as: AccountOptions.monthSyntax, "The first month that is not meant.")
    private static let by = Option<Dimension>("by", default: .model, "By what rows are told apart.")
    private static let csv = Flag("csv", "Print rows of comma-separated values (RFC 4180).")

    static func command(_ ground: CommandGround) -> Command {
        Command(
            "usage",
            summary: "Show what an account has used, and what that cost.",
            discussion: """
                Months are those of UTC. What comes after a month has been closed counts in a later one. Of a closed \
                month the models are kept, and no other names: (not kept) is what they came to.

                Not each call has a project, a session or an edge: (none) is what the others came to, (others) what \
                came when there were 256 names already. Names of conversations that edges keep stay with the edge, so \
                that by session only those of questions asked of the hub itself are told apart.

                On a terminal bars show what was charged; a pipe has the rows alone, --csv and --json exact figures. \
                Amounts for people are rounded up to a tenth of a cent.
                """,
            parameters: [period, from, to, by, csv, AccountOptions.account],
            examples: [
                "synesis usage": "This month, by model.",
                "synesis usage --by day": "Day by day.",
                "synesis usage --from 2026-01 --to 2027-01 --by month": "A year.",
                "synesis usage --period 2026-10 --csv > october.csv": "For a table.",
            ],
            exitCodes: SynesisExit.gatewayMeanings
        ) { invocation in
            let target = target(invocation)
            return try await GatewaySession.run(invocation, ground, needs: .accounts) { session in
                if invocation[csv] {
                    try session.screen.text(try await text(at: target + "&format=csv", session.gateway))
                    return .success
                }
                let answer = try await session.gateway.get(target, as: AccountUsageDocument.self)
                switch session.screen.form {
                case .json: try session.screen.json(answer.json)
                case .quiet: try session.screen.line(answer.document.total.charged.printable)
                case .people: try show(answer.document, invocation[by], session.screen)
                }
                return .success
            }
        }
    }

    private static func target(_ invocation: Invocation) -> String {
        var target = APIPath.ledger("usage") + "?by=\(invocation[by].word)"
        for (name, value) in [
            ("period", invocation[period]), ("from", invocation[from]), ("to", invocation[to]),
            ("account", invocation[AccountOptions.account]),
        ] {
            if let value { target += "&\(name)=\(APIPath.percentEncoded(value))" }
        }
        return target
    }

    private static func text(at target: String, _ gateway: GatewayClient) async throws -> String {
        let patience = Limits.Commands.answerTimeout
        let timeouts = ClientTimeouts(connect: .seconds(5), firstByte: patience, whole: patience)
        let response = try await gateway.open(.get, target, fields: [.accept: "text/csv"], timeouts: timeouts)
        do throws(HTTPError) {
            let bytes = try await response.body.collect(upTo: Limits.Commands.maximumAnswerBytes)
            return String(decoding: bytes, as: UTF8.self)
        } catch {
            throw gateway.failure(error)
        }
    }

    private static func show(_ usage: AccountUsageDocument, _ by: Dimension, _ screen: Screen) throws {
        let chart = UsageChart(usage, byMonth: by == .month)
        if screen.isInteractive {
            let months = usage.periods.count > 1 ? "\(usage.from) until \(usage.to)" : usage.from
            try screen.line(screen.paint("\(usage.account.printable)  \(months.printable)", .bold))
        }
        guard usage.total.calls > 0 else { return screen.nothing("No usage. Nothing was asked in this time.") }
        try screen.lines(chart.lines(width: screen.width, inColour: screen.isColoured))
    }
}
