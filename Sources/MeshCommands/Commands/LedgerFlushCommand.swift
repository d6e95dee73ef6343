internal import MeshCommandLine
internal import MeshJSON

/// `synesis ledger flush`.
enum LedgerFlushCommand {
    static func command(_ ground: CommandGround) -> Command {
        Command(
            "flush",
            summary: "Have whoever bills told of usage, now.",
            discussion: """
                It is told by itself from a threshold on, and once a day; whole millionths of a dollar, and \
                what is left of one waits.
                """,
            parameters: [AccountOptions.account],
            examples: [
                "synesis ledger flush --account acme": "All that is not told yet."
            ],
            exitCodes: SynesisExit.gatewayMeanings
        ) { invocation in
            try await AccountChange.run("flush", JSONObject(of: invocation), invocation, ground)
        }
    }
}
