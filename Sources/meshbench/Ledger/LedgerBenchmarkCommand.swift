internal import MeshCommandLine

enum LedgerBenchmarkCommand {
    private static let holders = Option<Int>("holders", as: .within(1...1_024), default: 64, "Calls held at a time.")
    private static let accounts = Option<Int>("accounts", as: .within(1...1_024), default: 64, "Accounts.")
    private static let seconds = Option<Int>("seconds", as: .within(1...600), default: 3, "How long it takes.")
    private static let folder = Option<String>("folder", as: .folder, default: "./ledger", "An empty folder.")
    private static let json = Flag("json", "Print one JSON object in place of the table.")

    static let command = Command(
        "ledger",
        summary: "Set money aside and charge it, durably, for many at a time, beside bare syncs.",
        discussion: "One round; scripts/bench ledger makes several, with PostgreSQL in turn.",
        parameters: [holders, accounts, seconds, folder, json]
    ) { invocation in
        let benchmark = LedgerBenchmark(
            folder: invocation[folder],
            seconds: invocation[seconds],
            holders: invocation[holders],
            accounts: invocation[accounts]
        )
        let figures = try await benchmark.run()
        guard !invocation[json] else {
            let text = figures.json(holders: invocation[holders], accounts: invocation[accounts])
            try invocation.terminal.writeLine(text)
            return .success
        }
        var table = Table(columns: [.init("figure"), .init("p50 µs", .right), .init("p99 µs", .right)])
        let waits = [("reserve", figures.reserve), ("settle", figures.settle), ("both", figures.both)]
        for (name, sorted) in waits + [("bare sync", figures.syncs.durations)] {
            let places = [sorted.count / 2, sorted.count * 99 / 100]
            table.append([name] + places.map { "\(Int(sorted[$0] / .microseconds(1)))" })
        }
        try invocation.terminal.write(table.text + "\(Int(figures.perSecond)) transfers a second\n")
        return .success
    }
}
