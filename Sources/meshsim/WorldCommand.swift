internal import MeshCommandLine
internal import MeshSimulation

/// Makes the commands that run worlds, one sort each: they differ in what they say and in what they run.
enum WorldCommand {
    private static let seeds = Option<Int>("seeds", as: .within(1...10_000_000), default: 300, "How many seeds to run.")
    private static let firstSeed = Option<UInt64>("first-seed", default: 1, "The first of them.")
    private static let json = Flag("json", "Print one JSON object.")
    private static let notes = Flag("notes", "Print what happened last, also where nothing was broken.")

    /// A command that runs a world for each seed with `run`, and stops at the first promise that is broken.
    static func make<Plan: SeededPlan>(
        _ plan: Plan.Type,
        summary: String,
        discussion: String,
        run: @escaping @Sendable (UInt64) -> SeededReport<Plan>
    ) -> Command {
        Command(
            Plan.command,
            summary: summary,
            discussion: discussion,
            parameters: [seeds, firstSeed, json, notes],
            examples: ["meshsim \(Plan.command) --seeds 300": "What each push runs."]
        ) { invocation in
            let first = invocation[firstSeed]
            let (end, isBeyond) = first.addingReportingOverflow(UInt64(invocation[seeds]))
            guard !isBeyond else { throw invocation.usageError("there are not that many seeds after \(first)") }
            let start = ContinuousClock().now
            var summary = SeededSummary<Plan>()
            for seed in first..<end {
                let report = run(seed)
                summary.add(report)
                if invocation[notes] { try invocation.terminal.writeLine(report.story) }
                guard report.violation == nil else { break }
            }
            summary.realTime = ContinuousClock().now - start
            try invocation.terminal.writeLine(invocation[json] ? summary.json : summary.text)
            return summary.failure == nil ? .success : .failure
        }
    }
}
