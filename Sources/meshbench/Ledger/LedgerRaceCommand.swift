internal import MeshCommandLine
internal import MeshCore
internal import MeshTestKit

enum LedgerRaceCommand {
    private static let clients = Option<Int>("clients", as: .within(1...1_000), default: 64, "Clients at one account.")
    private static let operations = Option<Int>(
        "operations",
        as: .within(100...10_000_000),
        default: 100_000,
        "Calls that all of them make together."
    )
    private static let folder = Option<String>("folder", as: .folder, default: "./ledger-race", "An empty folder.")

    static let command = Command(
        "ledger-race",
        summary: "Let many race for one account, and find the one order in which all their answers are right.",
        discussion: "Exit status 1 when there is none, or when somebody got more than there was.",
        parameters: [clients, operations, folder]
    ) { invocation in
        let race = LedgerRace(
            folder: invocation[folder],
            clients: invocation[clients],
            operations: invocation[operations]
        )
        do {
            let figures = try await race.run()
            let lines = [
                "\(figures.winners) of \(invocation[clients]) got a part of the last dollar",
                "\(figures.operations) calls, \(figures.changes) changes, \(figures.refused) refused, "
                    + "in \(figures.elapsed.shortText)",
                "there is an order in which every answer is right; found in \(figures.checking.shortText)",
            ]
            try invocation.terminal.writeLine(lines.joined(separator: "\n"))
            return .success
        } catch let error as LedgerLinearizer.Fault {
            try invocation.terminal.writeLine("FAILED: \(error)")
        } catch let error as LedgerRace.Lost {
            try invocation.terminal.writeLine("FAILED: \(error.words)")
        }
        return .failure
    }
}
