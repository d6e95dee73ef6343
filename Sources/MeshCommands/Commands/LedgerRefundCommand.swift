internal import MeshCommandLine
internal import MeshJSON

/// `synesis ledger refund`.
enum LedgerRefundCommand {
    private static let call = Argument<String>("call", as: AccountOptions.idSyntax, "The call, as it was recorded.")
    private static let amount = Option<String?>(
        "amount",
        as: AccountOptions.amountSyntax,
        "Dollars (default: all that is left of it)."
    )

    static func command(_ ground: CommandGround) -> Command {
        Command(
            "refund",
            summary: "Give back what a call was charged, in part or whole.",
            discussion: """
                The money goes back to where it was taken from, what was taken last first. A call is known \
                until 4,096 later ones have ended.
                """,
            parameters: [call, amount, AccountOptions.note, AccountOptions.id, AccountOptions.account],
            examples: [
                "synesis ledger refund c-1 --note 'wrong model'": "All of it.",
                "synesis ledger refund c-1 --amount 0.005": "A part of it.",
            ],
            exitCodes: SynesisExit.gatewayMeanings
        ) { invocation in
            var body = JSONObject(of: invocation)
            body["call"] = .string(invocation[call])
            body["amount"] = invocation[amount].map { .string($0) }
            body["note"] = invocation[AccountOptions.note].map { .string($0) }
            return try await AccountChange.runNamed("refund", body, invocation, ground)
        }
    }
}
