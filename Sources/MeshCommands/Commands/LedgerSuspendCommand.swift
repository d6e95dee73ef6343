internal import MeshCommandLine
internal import MeshJSON

/// `synesis ledger suspend`.
enum LedgerSuspendCommand {
    private static let reason = Option<SuspensionReason>("reason", default: .operator, "Why.")

    static func command(_ ground: CommandGround) -> Command {
        Command(
            "suspend",
            summary: "Forbid an account what costs money.",
            discussion: """
                Models of the hub itself go on. A reason of a failed payment does not overrule that of an \
                operator.
                """,
            parameters: [reason, AccountOptions.account],
            examples: [
                "synesis ledger suspend --account acme": "Until an operator resumes it."
            ],
            exitCodes: SynesisExit.gatewayMeanings
        ) { invocation in
            var body = JSONObject(of: invocation)
            body["reason"] = .string(invocation[reason].word)
            return try await AccountChange.run("suspend", body, invocation, ground)
        }
    }
}
