internal import MeshAPI
internal import MeshCommandLine

/// `synesis balance`.
enum BalanceCommand {
    static func command(_ ground: CommandGround) -> Command {
        Command(
            "balance",
            summary: "Show how an account stands.",
            discussion: """
                The balance is what is left of credits, less what is owed; available is what a further call may cost, \
                which is more where the account may owe something. Amounts are rounded down to a tenth of a cent, \
                what is owed up; --json has them exactly. An account that has asked for nothing yet is shown as its \
                first call will find it.
                """,
            parameters: [AccountOptions.account],
            examples: [
                "synesis balance": "That of your key.",
                "synesis balance --quiet": "The balance alone, exactly.",
                "synesis balance --account acme": "A tenant's, for operators.",
            ],
            exitCodes: SynesisExit.gatewayMeanings
        ) { invocation in
            try await GatewaySession.run(invocation, ground, needs: .accounts) { session in
                let account = invocation[AccountOptions.account].map { "?account=\(APIPath.percentEncoded($0))" } ?? ""
                let target = APIPath.ledger("balance") + account
                let answer = try await session.gateway.get(target, as: AccountDocument.self)
                switch session.screen.form {
                case .json: try session.screen.json(answer.json)
                case .quiet: try session.screen.line(answer.document.balance.printable)
                case .people: try session.screen.lines(AccountView.lines(of: answer.document, session.screen))
                }
                return .success
            }
        }
    }
}
