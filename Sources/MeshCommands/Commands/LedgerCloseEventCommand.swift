internal import MeshCommandLine
internal import MeshJSON

/// `synesis ledger close-event`.
enum LedgerCloseEventCommand {
    private static let counted = Flag("counted", "Whoever bills has it after all: its sums are right with it.")
    private static let note = Option<String>("note", "Why; it stands in the journal for ever.")

    static func command(_ ground: CommandGround) -> Command {
        Command(
            "close-event",
            summary: "End by hand what whoever bills has refused.",
            discussion: """
                For usage that you have put on an invoice by hand, or, with --counted, found among Stripe's sums. It \
                is not sent any more, and stays owed: close it once it is billed, and never before.
                """,
            parameters: [AccountOptions.event, counted, note, AccountOptions.account],
            examples: [
                "synesis ledger close-event \"$EVENT\" --note in_0042": "It is on that invoice.",
                "synesis ledger close-event \"$EVENT\" --counted --note seen": "Stripe has it.",
            ],
            exitCodes: SynesisExit.gatewayMeanings
        ) { invocation in
            var body = JSONObject(of: invocation)
            body["event"] = .string(invocation[AccountOptions.event])
            body["note"] = .string(invocation[note])
            if invocation[counted] { body["counted"] = .bool(true) }
            return try await AccountChange.run("close-event", body, invocation, ground)
        }
    }
}
