internal import MeshCommandLine
internal import MeshSimulation

/// Runs whole worlds with faults and checks every promise.
enum RunCommand {
    static let command = WorldCommand.make(
        WorldPlan.self,
        summary: "Run a mesh with faults under each seed and check every promise.",
        discussion: """
            Each seed draws a world: hubs, edges, accounts, clients, faults. While faults happen nothing may be lost,
            done twice or shown too early; once they have ended, everything must answer again. The first broken promise
            ends the run with exit status 1, the last notes and the line that replays it.
            """
    ) { seed in World.run(seed: seed) { ShippedNode($0) } }
}
