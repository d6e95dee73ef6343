internal import MeshCommandLine

enum TunnelBenchmarkCommand {
    private static let rounds = Option<Int>("rounds", as: .within(1...100), default: 11, "How often to measure.")
    private static let milliseconds = Option<Int>(
        "milliseconds",
        as: .within(50...60_000),
        default: 200,
        "How long requests are made in a round."
    )
    private static let cuts = Option<Int>("cuts", as: .within(1...100), default: 10, "Links cut in a round, each way.")
    private static let only = Option<String>(
        "only",
        default: "",
        "Names of figures, with commas between them: \(TunnelFigure.allCases.map { "\($0)" }.joined(separator: " "))."
    )
    private static let json = Flag("json", "Print one JSON object in place of the table.")

    static let command = Command(
        "tunnel",
        summary: "Request over a tunnel and come back after a cut, beside bare links and raw UDP.",
        parameters: [rounds, milliseconds, cuts, only, json],
        examples: ["meshbench tunnel --only bare1,tunnel1 --rounds 31": "What a tunnel costs, measured longer."]
    ) { invocation in
        let names = invocation[only].split(separator: ",").map(String.init)
        let benchmark = TunnelBenchmark(
            figures: TunnelFigure.allCases.filter { names.isEmpty || names.contains("\($0)") },
            rounds: invocation[rounds],
            duration: .milliseconds(invocation[milliseconds]),
            cuts: invocation[cuts]
        )
        let report = try await benchmark.run()
        try invocation.terminal.write(invocation[json] ? report.json + "\n" : report.table)
        return .success
    }
}
