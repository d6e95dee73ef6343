internal import MeshCommandLine

enum QUICBenchmarkCommand {
    private static let rounds = Option<Int>("rounds", as: .within(1...100), default: 5, "How often to measure.")
    private static let milliseconds = Option<Int>(
        "milliseconds",
        as: .within(50...60_000),
        default: 500,
        "How long each figure takes in a round."
    )
    private static let only = Option<String>(
        "only",
        default: "",
        "Names of figures, with commas between them: \(QUICFigure.allCases.map { "\($0)" }.joined(separator: " "))."
    )
    private static let json = Flag("json", "Print one JSON object in place of the table.")

    static let command = Command(
        "quic",
        summary: "Request, call, send bulk and connect over QUIC, beside raw UDP.",
        parameters: [rounds, milliseconds, only, json],
        examples: ["meshbench quic --only raw1,new1 --rounds 21": "One ratio, measured longer."]
    ) { invocation in
        let names = invocation[only].split(separator: ",").map(String.init)
        let figures = QUICFigure.allCases.filter { names.isEmpty || names.contains("\($0)") }
        let benchmark = QUICBenchmark(
            figures: figures,
            rounds: invocation[rounds],
            duration: .milliseconds(invocation[milliseconds])
        )
        let report = try await benchmark.run()
        try invocation.terminal.write(invocation[json] ? report.json + "\n" : report.table)
        return .success
    }
}
