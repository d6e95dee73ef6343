internal import MeshCommandLine
internal import MeshJSON

/// `synesis ledger payment`.
enum LedgerPaymentCommand {
    private static let amount = Argument<String>("amount", as: AccountOptions.amountSyntax, "Dollars.")

    static func command(_ ground: CommandGround) -> Command {
        Command(
            "payment",
            summary: "Note that something of what was owed has been paid.",
            discussion: """
                For invoices that were paid elsewhere; what is too much counts for later ones.
                """,
            parameters: [amount, AccountOptions.note, AccountOptions.id, AccountOptions.account],
            examples: [
                "synesis ledger payment 120 --id in_0042 --account acme": "An invoice."
            ],
            exitCodes: SynesisExit.gatewayMeanings
        ) { invocation in
            var body = JSONObject(of: invocation)
            body["amount"] = .string(invocation[amount])
            body["note"] = invocation[AccountOptions.note].map { .string($0) }
            return try await AccountChange.runNamed("payment", body, invocation, ground)
        }
    }
}
