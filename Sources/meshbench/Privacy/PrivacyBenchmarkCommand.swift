internal import MeshCommandLine
internal import MeshJSON
internal import MeshPrivacy

enum PrivacyBenchmarkCommand {
    private static let rounds = Option<Int>("rounds", as: .within(1...1_000), default: 11, "How often to measure.")
    private static let iterations = Option<Int>(
        "iterations",
        as: .within(10...10_000_000),
        default: 2_000,
        "Messages in a round."
    )
    private static let json = Flag("json", "Print one JSON object in place of the table.")
    private static let isFinding = Flag(
        "spans",
        "Measure nothing: find personal data in texts from the standard input."
    )

    static let command = Command(
        "privacy",
        summary: "Redact and restore messages; or say what is found in texts.",
        parameters: [rounds, iterations, json, isFinding],
        examples: [
            "meshbench privacy": "What a message costs.",
            "meshbench privacy --spans < texts.jsonl": "A line {\"text\": …} in, a line {\"spans\": …} out.",
        ]
    ) { invocation in
        if invocation[isFinding] {
            try findSpans { try invocation.terminal.write($0) }
            return .success
        }
        let benchmark = PrivacyBenchmark(rounds: invocation[rounds], iterations: invocation[iterations])
        let report = try benchmark.run()
        try invocation.terminal.write(invocation[json] ? report.json + "\n" : report.table)
        return .success
    }

    /// For each text its spans as `[kind, start, end]`, in bytes of UTF-8, and the nanoseconds that finding them took.
    private static func findSpans(_ write: (String) throws -> Void) throws {
        let detector = Detector()
        let clock = ContinuousClock()
        while let line = readLine() {
            let text = try JSONReader.read(line)["text"]?.text ?? ""
            let start = clock.now
            let spans = try detector.spans(in: text)
            let elapsed = clock.now - start
            let listed = spans.map { span -> JSONValue in
                [
                    .string(span.kind.rawValue), .integer(Int64(span.range.lowerBound)),
                    .integer(Int64(span.range.upperBound)),
                ]
            }
            let answer: JSONValue = [
                "spans": .array(listed), "nanoseconds": .integer(Int64(elapsed / .nanoseconds(1))),
            ]
            try write(JSONWriter.text(of: answer) + "\n")
        }
    }
}
