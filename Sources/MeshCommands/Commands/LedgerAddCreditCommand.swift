internal import MeshCommandLine
internal import MeshJSON

/// `synesis ledger add-credit`.
enum LedgerAddCreditCommand {
    private static let amount = Argument<String>("amount", as: AccountOptions.amountSyntax, "Dollars.")

    static func command(_ ground: CommandGround) -> Command {
        Command(
            "add-credit",
            summary: "Give an account credit.",
            discussion: """
                Knowledge credits are used first, then what was granted, then what was paid ahead. What \
                somebody has really paid goes to the fund paid.

                An account begins with its first entry: the answer says so where nothing stood in it before, for a \
                name that is misspelt is another account. `synesis ledger correct` takes it out again.
                """,
            parameters: [amount, AccountOptions.fund, AccountOptions.note, AccountOptions.id, AccountOptions.account],
            examples: [
                "synesis ledger add-credit 25 --account acme": "A gift.",
                "synesis ledger add-credit 100 --fund paid --id invoice-7 --note cash": "Money that came.",
            ],
            exitCodes: SynesisExit.gatewayMeanings
        ) { invocation in
            var body = JSONObject(of: invocation)
            body["amount"] = .string(invocation[amount])
            body["fund"] = .string(invocation[AccountOptions.fund].rawValue)
            body["note"] = invocation[AccountOptions.note].map { .string($0) }
            return try await AccountChange.runNamed("add-credit", body, invocation, ground)
        }
    }
}
