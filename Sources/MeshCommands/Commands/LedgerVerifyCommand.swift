internal import MeshAPI
internal import MeshCommandLine

/// `synesis ledger verify`.
enum LedgerVerifyCommand {
    static func command(_ ground: CommandGround) -> Command {
        Command(
            "verify",
            summary: "Look whether the figures of an account agree with each other.",
            discussion: "The hub holds the account's books, sums and holds against each other.",
            parameters: [AccountOptions.account],
            examples: ["synesis ledger verify --account acme": "Ends with code 6 where something does not agree."],
            exitCodes: SynesisExit.meanings(unwell: "Something does not agree.")
        ) { invocation in
            try await GatewaySession.run(invocation, ground, needs: .accounts) { session in
                let account = invocation[AccountOptions.account].map { "?account=\(APIPath.percentEncoded($0))" } ?? ""
                let target = APIPath.ledger("verify") + account
                let answer = try await session.gateway.get(target, as: ProofDocument.self)
                let faults = answer.document.faults
                switch session.screen.form {
                case .json: try session.screen.json(answer.json)
                case .quiet: break
                case .people:
                    let words = faults.isEmpty ? ["its figures agree"] : faults
                    let name = answer.document.account.printable
                    try session.screen.lines(words.map { "\(name): \($0.printable)" })
                }
                return faults.isEmpty ? .success : SynesisExit.unwell
            }
        }
    }
}
