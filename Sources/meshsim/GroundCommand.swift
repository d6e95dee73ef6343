internal import MeshCommandLine
internal import MeshCore
internal import MeshTestKit

/// Shows that the ground under every simulation is firm: what it prints depends on nothing but the seeds.
enum GroundCommand {
    private static let seeds = Option<Int>("seeds", as: .within(1...1_000_000), default: 10, "How many seeds to run.")
    private static let firstSeed = Option<UInt64>("first-seed", default: 1, "The first of them.")

    static let command = Command(
        "ground",
        summary: "Run a small cluster under each seed and print its trace hash.",
        discussion: "Two processes that print different lines for a seed are a fault in the test ground.",
        parameters: [seeds, firstSeed],
        examples: ["meshsim ground --seeds 200": "The check that scripts/test makes in two processes."]
    ) { invocation in
        let first = invocation[firstSeed]
        let (end, isBeyond) = first.addingReportingOverflow(UInt64(invocation[seeds]))
        guard !isBeyond else { throw invocation.usageError("there are not that many seeds after \(first)") }
        for seed in first..<end {
            let outcome = try SeededRun.run(seed: seed) { world in await RumourWorkload.run(in: world) }
            let hash = Hexadecimal.encode((0..<8).map { UInt8(truncatingIfNeeded: outcome.traceHash >> (56 - 8 * $0)) })
            let deliveries = try outcome.result.get()
            try invocation.terminal.writeLine("\(seed) \(hash) \(outcome.steps) steps, \(deliveries) deliveries")
        }
        return .success
    }
}
