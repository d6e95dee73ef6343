internal import MeshCommandLine

enum ScaleBenchmarkCommand {
    private static let actors = Option<Int>(
        "actors",
        as: .within(1_000...10_000_000),
        default: 1_000_000,
        "Known actors."
    )
    private static let calls = Option<Int>(
        "calls",
        as: .within(1_000...10_000_000),
        default: 50_000,
        "Calls at random."
    )
    private static let budget = Option<ByteCount>(
        "budget",
        default: ByteCount(bytes: 256 << 20),
        "What residents and the store may take together."
    )
    private static let folder = Option<String>(
        "folder",
        as: .folder,
        default: "./scale",
        "The store's folder."
    )
    private static let isFilling = Flag("fill", "Make the store, and measure nothing.")

    static let command = Command(
        "scale",
        summary: "Call actors at random of a million that are known, in a memory budget.",
        parameters: [actors, calls, budget, folder, isFilling],
        examples: ["meshbench scale --folder /var/tmp/scale --fill": "First; then again without --fill."]
    ) { invocation in
        let benchmark = ScaleBenchmark(
            folder: invocation[folder],
            actors: invocation[actors],
            calls: invocation[calls],
            memoryBudget: Int(invocation[budget].bytes)
        )
        guard !invocation[isFilling] else {
            try await benchmark.fill()
            return .success
        }
        let figures = try await benchmark.measure()
        var table = Table(columns: [.init("figure"), .init("value", .right)])
        table.append(["opening the store to the first answer", "\(figures.firstCall)"])
        table.append(["activations", "\(figures.activations.count)"])
        for (name, share) in [("median", 0.5), ("p99", 0.99)] where !figures.activations.isEmpty {
            let place = min(figures.activations.count - 1, Int(Double(figures.activations.count) * share))
            table.append(["activation with its first durable command, \(name)", "\(figures.activations[place])"])
        }
        table.append(["residents at most", "\(figures.residentsAtMost)"])
        for (name, memory) in [("before the calls", figures.memoryBefore), ("at most", figures.memoryAtMost)] {
            let files = "\(memory.ofFiles >> 20) of them pages of files"
            table.append(["resident memory \(name), MiB", "\(memory.resident >> 20), \(files)"])
        }
        try invocation.terminal.write(table.text)
        return .success
    }
}
