internal import MeshCommandLine
internal import MeshJSON

/// `synesis ledger resume`.
enum LedgerResumeCommand {
    private static let reason = Option<SuspensionReason>("reason", default: .operator, "Why.")

    static func command(_ ground: CommandGround) -> Command {
        Command(
            "resume",
            summary: "Let an account use what costs money again.",
            discussion: """
                Ends a suspension that has this reason, and no other one; one at the ceiling ends by money \
                alone.
                """,
            parameters: [reason, AccountOptions.account],
            examples: [
                "synesis ledger resume --account acme": "What an operator has stopped."
            ],
            exitCodes: SynesisExit.gatewayMeanings
        ) { invocation in
            var body = JSONObject(of: invocation)
            body["reason"] = .string(invocation[reason].word)
            return try await AccountChange.run("resume", body, invocation, ground)
        }
    }
}
