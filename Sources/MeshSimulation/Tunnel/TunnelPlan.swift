package import MeshCore
internal import MeshTunnel

/// What a seed decides before a world of tunnels begins.
package struct TunnelPlan: SeededPlan {
    package typealias Figures = TunnelFigures

    package static let command = "tunnel"

    /// How edges are told of their hubs.
    package enum Naming: Sendable, CaseIterable {
        case announcedName, hostsAndPorts, addresses
    }

    /// The seed.
    package let seed: UInt64

    /// How many hubs there are.
    package let hubCount: Int

    /// How many edges there are.
    package let edgeCount: Int

    /// Whether there are so many edges that they could come as a herd; then the hub crashes, and nothing else happens.
    package let isHerd: Bool

    /// How edges are told of their hubs.
    package let naming: Naming

    /// How many vain attempts a tunnel makes before it fails.
    package let attempts: Int

    /// How long faults happen.
    package let turmoil: Duration

    /// Which faults happen.
    package let faults: Set<TunnelFault>

    /// Draws the plan of `seed`.
    package init(seed: UInt64) {
        var generator = SeededGenerator(seed: seed ^ 0x5455_4E4E_454C)
        self.seed = seed
        isHerd = generator.chance(1, in: 20)
        hubCount = isHerd ? 1 : generator.integer(in: 1...Limits.TunnelWorld.maximumHubs)
        edgeCount = isHerd ? Limits.TunnelWorld.herd : generator.integer(in: 1...Limits.TunnelWorld.maximumEdges)
        naming = generator.pick(from: Naming.allCases) ?? .addresses
        attempts = isHerd ? 10 : generator.integer(in: 2...10)
        turmoil = .seconds(isHerd ? 40 : generator.integer(in: 20...180))
        var faults: Set<TunnelFault> = []
        let share = generator.integer(in: 1...3)
        for fault in TunnelFault.allCases where generator.chance(share, in: 4) { faults.insert(fault) }
        self.faults = isHerd ? [.crash] : faults
    }

    package var cast: String { "\(hubCount) hubs, \(edgeCount) edges, \(attempts) attempts" }

    /// How the edges' tunnels are configured.
    var configuration: TunnelConfiguration {
        var configuration = TunnelConfiguration()
        configuration.attempts = attempts
        // So that a world does not wait for hours for an edge that nobody believed.
        configuration.longestSlowLanePause = .seconds(240)
        return configuration
    }
}

extension Limits {
    /// Bounds on a simulated world of tunnels.
    package enum TunnelWorld {
        /// Hubs; a plan has no more.
        package static let maximumHubs = 3

        /// Edges, where they are no herd; a plan has no more.
        package static let maximumEdges = 8

        /// Edges of a herd.
        package static let herd = 120

        /// Handshakes that a hub says that it takes in a second; its window follows from it.
        package static let admissionsPerSecond = 15

        /// Dials of a herd in any one second after its hub is lost; more are a broken promise.
        package static let dialsPerSecond = herd / 2

        /// How long after the last fault every edge is connected: the longest slow lane, an attempt that had begun
        /// before and fails, the longest pause after it, and an attempt that does not.
        package static let recovery = Duration.seconds(240 + 15 + 60 + 15)

        /// How long after that a tunnel must stay as it is.
        package static let calm = Duration.seconds(90)

        /// Jobs that one world may run before it is taken for one that never ends, and fails.
        package static let maximumSteps = 5_000_000

        /// Things that wait to happen later; a further one happens at once.
        package static let maximumChores = 16_384
    }
}
