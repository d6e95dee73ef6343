internal import MeshCommandLine

enum BeatsBenchmarkCommand {
    private static let seconds = Option<Int>("seconds", as: .within(1...600), default: 10, "How long to measure each.")
    private static let links = Option<Int>("links", as: .within(1...1_000), default: 64, "Links that beat at once.")
    private static let edges = Option<Int>("edges", as: .within(1...100_000), default: 10_000, "Edges to account for.")
    private static let isPaced = Flag("round-trips-only", "Measure round trips alone, ten a second.")
    private static let json = Flag("json", "Print one JSON object in place of the table.")

    static let command = Command(
        "beats",
        summary: "Round trips of beats, how many a hub takes on one core, and what accounts of edges cost.",
        parameters: [seconds, links, edges, isPaced, json]
    ) { invocation in
        let benchmark = BeatsBenchmark(
            duration: .seconds(invocation[seconds]),
            links: invocation[links],
            edges: invocation[edges],
            hasCapacity: !invocation[isPaced]
        )
        let figures = try await benchmark.run()
        if invocation[json] {
            let members = figures.map { "\"\($0.key)\":\($0.value)" }
            let text = "{\"benchmark\":\"beats\",\"counts\":{},\"times\":{\(members.joined(separator: ","))}}"
            try invocation.terminal.writeLine(text)
        } else {
            var table = Table(columns: [.init("figure"), .init("value", .right), .init("unit")])
            for figure in figures { table.append([figure.words, figure.text, figure.unit]) }
            try invocation.terminal.write(table.text)
        }
        return .success
    }
}

/// One number that was measured.
struct BeatFigure {
    let key: String
    let words: String
    let value: Double
    let unit: String

    init(_ key: String, _ words: String, _ value: Double, _ unit: String) {
        self.key = key
        self.words = words
        self.value = value
        self.unit = unit
    }

    var text: String { value >= 100 ? String(Int(value.rounded())) : String((value * 100).rounded() / 100) }
}
