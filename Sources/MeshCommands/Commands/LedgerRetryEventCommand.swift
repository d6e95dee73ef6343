internal import MeshCommandLine
internal import MeshJSON

/// `synesis ledger retry-event`.
enum LedgerRetryEventCommand {
    private static let notThere = Flag(
        "not-there",
        "You have looked, and whoever bills does not have it: it is sent for certain."
    )

    static func command(_ ground: CommandGround) -> Command {
        Command(
            "retry-event",
            summary: "Have whoever bills told again of what it has refused.",
            discussion: """
                For an event that Stripe did not take, once the reason is mended. One of more than a day may have \
                been counted; where the hub cannot find that out it refuses it again, until you have looked and say \
                so. Stripe takes nothing that is older than 35 days.
                """,
            parameters: [AccountOptions.event, notThere, AccountOptions.account],
            examples: [
                "synesis ledger retry-event \"$EVENT\" --account acme": "The meter is mended.",
                "synesis ledger retry-event \"$EVENT\" --not-there": "Stripe does not have it.",
            ],
            exitCodes: SynesisExit.gatewayMeanings
        ) { invocation in
            var body = JSONObject(of: invocation)
            body["event"] = .string(invocation[AccountOptions.event])
            if invocation[notThere] { body["not_there"] = .bool(true) }
            return try await AccountChange.run("retry-event", body, invocation, ground)
        }
    }
}
