internal import MeshCommandLine
internal import MeshJSON

/// `synesis ledger correct`.
enum LedgerCorrectCommand {
    private static let amount = Option<String>(
        "amount",
        as: AccountOptions.changeSyntax,
        "Dollars; less is --amount=-1."
    )
    private static let note = Option<String>("note", "Why.")

    static func command(_ ground: CommandGround) -> Command {
        Command(
            "correct",
            summary: "Put a fund right by hand, upward or downward.",
            discussion: """
                A fund never goes below nothing. Who corrects says why: the note stands among the postings \
                for ever.
                """,
            parameters: [amount, AccountOptions.fund, note, AccountOptions.id, AccountOptions.account],
            examples: [
                "synesis ledger correct --amount=-2.50 --fund paid --note 'entered twice'": "Less."
            ],
            exitCodes: SynesisExit.gatewayMeanings
        ) { invocation in
            var body = JSONObject(of: invocation)
            body["amount"] = .string(invocation[amount])
            body["fund"] = .string(invocation[AccountOptions.fund].rawValue)
            body["note"] = .string(invocation[note])
            return try await AccountChange.runNamed("correct", body, invocation, ground)
        }
    }
}
