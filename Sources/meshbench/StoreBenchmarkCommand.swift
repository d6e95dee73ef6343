internal import MeshCommandLine

enum StoreBenchmarkCommand {
    private static let rounds = Option<Int>("rounds", as: .within(1...100), default: 3, "How often to measure.")
    private static let seconds = Option<Int>("seconds", as: .within(1...600), default: 1, "How long each figure takes.")
    private static let folder = Option<String>("folder", default: ".", "A folder on the disk to be measured.")
    private static let json = Flag("json", "Print one JSON object in place of the table.")

    static let command = Command(
        "store",
        summary: "Append durably for many writers, beside SQLite and beside bare syncs.",
        parameters: [rounds, seconds, folder, json],
        examples: ["meshbench store --seconds 3 --folder /var/tmp": "Longer figures, on another disk."]
    ) { invocation in
        let benchmark = StoreBenchmark(
            rounds: invocation[rounds],
            seconds: Double(invocation[seconds]),
            folder: invocation[folder]
        )
        let report = try await benchmark.run()
        try invocation.terminal.write(invocation[json] ? report.json + "\n" : report.table)
        return .success
    }
}
