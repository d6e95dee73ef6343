internal import MeshCommandLine
internal import MeshJSON

/// `synesis ledger set-tier`.
enum LedgerSetTierCommand {
    /// What an account may have agreed to.
    enum Tier: String, CaseIterable, CommandLineValue {
        case free
        case managed
        case byok
    }

    private static let tier = Argument<Tier>("tier", "The tier.")

    static func command(_ ground: CommandGround) -> Command {
        Command(
            "set-tier",
            summary: "Put an account in a tier.",
            discussion: """
                free pays nothing and uses models of the hub; managed pays what providers take and a fee; \
                byok shows providers a key of its own. Calls under way stay what they were.
                """,
            parameters: [tier, AccountOptions.account],
            examples: [
                "synesis ledger set-tier managed --account acme": "It pays for what it uses."
            ],
            exitCodes: SynesisExit.gatewayMeanings
        ) { invocation in
            var body = JSONObject(of: invocation)
            body["tier"] = .string(invocation[tier].rawValue)
            return try await AccountChange.run("set-tier", body, invocation, ground)
        }
    }
}
