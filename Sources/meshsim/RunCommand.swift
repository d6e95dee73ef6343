internal import MeshCommandLine
internal import MeshCore
internal import MeshSimulation
internal import MeshTestKit

/// Runs whole worlds with faults and checks every promise.
enum RunCommand {
    private static let seeds = Option<Int>("seeds", as: .within(1...10_000_000), default: 300, "How many seeds to run.")
    private static let firstSeed = Option<UInt64>("first-seed", default: 1, "The first of them.")
    private static let json = Flag("json", "Print one JSON object.")
    private static let notes = Flag("notes", "Print what happened last, also where nothing was broken.")

    static let command = Command(
        "run",
        summary: "Run a mesh with faults under each seed and check every promise.",
        discussion: """
            Each seed draws a world: hubs, edges, accounts, clients, faults. While faults happen nothing may be lost,
            done twice or shown too early; once they have ended, everything must answer again. The first broken promise
            ends the run with exit status 1, the last notes and the line that replays it.
            """,
        parameters: [seeds, firstSeed, json, notes],
        examples: ["meshsim run --seeds 300": "What each push runs."]
    ) { invocation in
        let first = invocation[firstSeed]
        let start = ContinuousClock().now
        var summary = RunSummary()
        for seed in first..<(first + UInt64(invocation[seeds])) {
            let report = World.run(seed: seed) { ShippedNode($0) }
            summary.add(report)
            if invocation[notes] { try invocation.terminal.writeLine(RunSummary.story(of: report)) }
            guard report.violation == nil else { break }
        }
        summary.realTime = ContinuousClock().now - start
        try invocation.terminal.writeLine(invocation[json] ? summary.json : summary.text)
        return summary.failure == nil ? .success : .failure
    }
}
