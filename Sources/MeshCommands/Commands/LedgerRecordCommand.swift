internal import MeshAPI
internal import MeshCommandLine
internal import MeshCore
internal import MeshJSON

/// `synesis ledger record`.
enum LedgerRecordCommand {
    /// What a call is, as far as its price goes.
    enum Kind: String, CaseIterable, CommandLineValue {
        case local
        case cloud
        case knowledge
    }

    private static let model = Argument<String>("model", as: AccountOptions.idSyntax, "The model, by its name.")
    private static let input = tokens("input", "Tokens that were read, and paid in full.")
    private static let output = tokens("output", "Tokens that were said.")
    private static let cacheRead = tokens("cache-read", "Tokens that the provider still had.")
    private static let cacheWrite = tokens("cache-write", "Tokens that it was asked to keep for minutes.")
    private static let longCacheWrite = tokens("long-cache-write", "Tokens that it was asked to keep for an hour.")
    private static let kind = Option<Kind>("kind", default: .cloud, "What kind of use it was.")
    private static let project = Option<String?>("project", as: AccountOptions.idSyntax, "The project.")
    private static let session = Option<String?>("session", as: AccountOptions.idSyntax, "The session.")
    private static let edge = Option<String?>("edge", as: AccountOptions.idSyntax, "The edge that it came from.")
    private static let date = Option<String?>("date", as: day, "The day whose price holds (default: today).")

    static func command(_ ground: CommandGround) -> Command {
        Command(
            "record",
            summary: "Charge an account for what was used elsewhere.",
            discussion: """
                Without a hold: what was used is charged, also beyond the ceiling. The price is that of the day; a \
                call that is recorded again after a price has changed wants its --date.
                """,
            parameters: [
                model, input, output, cacheRead, cacheWrite, longCacheWrite, kind, project, session, edge, date,
                AccountOptions.id, AccountOptions.account,
            ],
            examples: [
                "synesis ledger record claude-sonnet-4-6 --input 1000 --output 500 --id c-1": "One call.",
                "synesis ledger record claude-sonnet-4-6 --output 500 --quiet": "What was charged, exactly.",
            ],
            exitCodes: SynesisExit.gatewayMeanings
        ) { invocation in
            var body = JSONObject(of: invocation)
            body["model"] = .string(invocation[model])
            body["kind"] = .string(invocation[kind].rawValue)
            for (name, count) in [
                ("input_tokens", input), ("output_tokens", output), ("cache_read_tokens", cacheRead),
                ("cache_write_tokens", cacheWrite), ("long_cache_write_tokens", longCacheWrite),
            ] {
                body[name] = .integer(invocation[count])
            }
            for (name, word) in [("project", project), ("session", session), ("edge", edge), ("date", date)] {
                body[name] = invocation[word].map { .string($0) }
            }
            return try await AccountChange.runNamed("record", body, invocation, ground) { $0.charged }
        }
    }

    private static func tokens(_ name: String, _ summary: String) -> Option<Int64> {
        Option<Int64>(name, as: .within(0...1_000_000_000), default: 0, summary)
    }

    private static let day = ValueSyntax<String>(valueName: "DAY", expected: "a day such as 2026-11-22") { word in
        CalendarDay.start(word) == nil ? nil : word
    }
}
