internal import MeshCommandLine
internal import MeshSimulation

/// Runs worlds of questions with faults and checks every promise.
enum EscalationCommand {
    static let command = WorldCommand.make(
        EscalationPlan.self,
        summary: "Run edges that ask and a hub that answers with faults under each seed and check every promise.",
        discussion: """
            Each seed draws edges, askers, faults. Everybody who asks has the whole answer or one error, each word
            once; what was set aside is settled or voided once; nobody answers for long whom nobody hears; in the end
            the hub has forgotten all. The first broken promise ends the run with exit status 1, the last notes and the
            line that replays it.
            """
    ) { EscalationWorld.run(seed: $0) }
}
