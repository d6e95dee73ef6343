internal import MeshCommandLine
internal import MeshSimulation

/// Runs worlds of tunnels with faults and checks every promise.
enum TunnelCommand {
    static let command = WorldCommand.make(
        TunnelPlan.self,
        summary: "Run edges and hubs with faults under each seed and check every promise of the tunnel.",
        discussion: """
            Each seed draws hubs, edges that run the shipped tunnel, and faults. Only legal moves may be seen, nobody is
            connected to a hub whose actors do not answer, a herd comes back spread out, and once the faults have ended
            every edge is connected. The first broken promise ends the run with exit status 1, the last notes and the
            line that replays it.
            """
    ) { TunnelWorld.run(seed: $0) }
}
