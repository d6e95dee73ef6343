internal import MeshCommandLine
internal import MeshSimulation

/// Runs worlds of accounts with faults and holds every nano-dollar against an oracle.
enum LedgerCommand {
    static let command = WorldCommand.make(
        LedgerPlan.self,
        summary: "Run accounts on a hub with faults under each seed and hold every nano-dollar against an oracle.",
        discussion: """
            Each seed draws accounts, tiers, a policy, who makes calls, and faults. Every hold, charge, entry, flush and
            invoice must be what an oracle works out by itself; nothing is charged twice or lost; whoever bills is told
            of each event once; in the end what is billed differs from the oracle by nothing. The first broken promise
            ends the run with exit status 1, the last notes and the line that replays it.
            """
    ) { LedgerWorld.run(seed: $0) }
}
