internal import MeshCommandLine

enum LedgerRecoveryCommand {
    private static let postings = Option<Int>(
        "postings",
        as: .within(1_000...100_000_000),
        default: 1_000_000,
        "Postings of one account."
    )
    private static let folder = Option<String>("folder", as: .folder, default: "./ledger-recovery", "An empty folder.")

    static let command = Command(
        "ledger-recovery",
        summary: "Fill one account, and measure how long it takes until it answers in a new life.",
        parameters: [postings, folder]
    ) { invocation in
        let recovery = LedgerRecovery(folder: invocation[folder], postings: invocation[postings])
        let figures = try await recovery.run()
        var table = Table(columns: [.init("step"), .init("seconds", .right)])
        for (step, time) in figures.times {
            table.append([step, String((time / .milliseconds(1)).rounded() / 1_000)])
        }
        try invocation.terminal.write(table.text + "\(figures.postings) postings\n")
        return .success
    }
}
