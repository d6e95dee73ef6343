internal import MeshCommandLine

/// `synesis ledger …`: what operators do with accounts.
enum LedgerCommands {
    static func command(_ ground: CommandGround) -> Command {
        Command(
            "ledger",
            summary: "Change accounts, as their operator.",
            discussion: """
                All of this needs a key with the scope 'operate', or none on the hub's own machine. Nothing that was \
                booked changes: what was wrong is put right by another entry. A change with an id is done once, \
                however often it is sent.
                """,
            subcommands: [
                LedgerAccountsCommand.command(ground),
                LedgerRecordCommand.command(ground), LedgerAddCreditCommand.command(ground),
                LedgerRefundCommand.command(ground), LedgerCorrectCommand.command(ground),
                LedgerPaymentCommand.command(ground), LedgerSetTierCommand.command(ground),
                LedgerSuspendCommand.command(ground), LedgerResumeCommand.command(ground),
                LedgerFlushCommand.command(ground), LedgerOutboxCommand.command(ground),
                LedgerRetryEventCommand.command(ground), LedgerCloseEventCommand.command(ground),
                LedgerVerifyCommand.command(ground),
            ],
            examples: [
                "synesis ledger accounts": "Who uses the hub, and what they owe.",
                "synesis ledger set-tier managed --account acme": "It pays for what it uses.",
                "synesis ledger add-credit 25 --account acme": "It is given credit.",
            ]
        )
    }
}
