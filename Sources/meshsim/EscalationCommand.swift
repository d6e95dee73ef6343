internal import MeshCommandLine
internal import MeshCore
internal import MeshSimulation

/// Runs worlds of questions with faults and checks every promise.
enum EscalationCommand {
    private static let seeds = Option<Int>("seeds", as: .within(1...10_000_000), default: 300, "How many seeds to run.")
    private static let firstSeed = Option<UInt64>("first-seed", default: 1, "The first of them.")
    private static let json = Flag("json", "Print one JSON object.")
    private static let notes = Flag("notes", "Print what happened last, also where nothing was broken.")

    static let command = Command(
        "escalation",
        summary: "Run edges that ask and a hub that answers with faults under each seed and check every promise.",
        discussion: """
            Each seed draws edges, askers, faults. Everybody who asks has the whole answer or one error, each word
            once; what was set aside is settled or voided once; nobody answers for long whom nobody hears; in the end
            the hub has forgotten all. The first broken promise ends the run with exit status 1, the last notes and the
            line that replays it.
            """,
        parameters: [seeds, firstSeed, json, notes],
        examples: ["meshsim escalation --seeds 300": "What each push runs."]
    ) { invocation in
        let first = invocation[firstSeed]
        let (end, isBeyond) = first.addingReportingOverflow(UInt64(invocation[seeds]))
        guard !isBeyond else { throw invocation.usageError("there are not that many seeds after \(first)") }
        let start = ContinuousClock().now
        var summary = EscalationSummary()
        for seed in first..<end {
            let report = EscalationWorld.run(seed: seed)
            summary.add(report)
            if invocation[notes] { try invocation.terminal.writeLine(EscalationSummary.story(of: report)) }
            guard report.violation == nil else { break }
        }
        summary.realTime = ContinuousClock().now - start
        try invocation.terminal.writeLine(invocation[json] ? summary.json : summary.text)
        return summary.failure == nil ? .success : .failure
    }
}
