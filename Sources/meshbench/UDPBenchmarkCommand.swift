internal import MeshCommandLine

enum UDPBenchmarkCommand {
    private static let rounds = Option<Int>("rounds", as: .within(1...100), default: 5, "How often to measure.")
    private static let requests = Option<Int>(
        "requests",
        as: .within(100...10_000_000),
        default: 50_000,
        "Requests for each figure of a round."
    )
    private static let json = Flag("json", "Print one JSON object in place of the table.")

    static let command = Command(
        "udp",
        summary: "Send raw UDP between two event loops: the baseline of everything over QUIC.",
        parameters: [rounds, requests, json],
        examples: ["meshbench udp --rounds 11": "More rounds for a steadier median."]
    ) { invocation in
        let benchmark = UDPBenchmark(rounds: invocation[rounds], requests: invocation[requests])
        let report = try await benchmark.run()
        try invocation.terminal.write(invocation[json] ? report.json + "\n" : report.table)
        return .success
    }
}
