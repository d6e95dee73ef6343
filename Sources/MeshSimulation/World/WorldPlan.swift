package import MeshCore

/// What a seed decides before a world begins: its size, its work and its faults.
package struct WorldPlan: SeededPlan {
    package typealias Figures = CallCounts

    package static let command = "run"

    /// The seed.
    package let seed: UInt64

    /// Nodes that own actors.
    package let hubCount: Int

    /// Nodes that only call.
    package let edgeCount: Int

    /// Whether the hubs share a store service; otherwise the one hub has a disk of its own.
    package let isShared: Bool

    /// How many accounts there are.
    package let accountCount: Int

    /// How many clients are at work at the same time.
    package let clientCount: Int

    /// How long faults happen.
    package let turmoil: Duration

    /// Which faults happen.
    package private(set) var faults: Set<WorldFault>

    /// How long, at most, a client thinks between two commands.
    package let longestThought: Duration

    /// How long an actor stays whom nobody calls: where that is short, actors come and go all the time.
    package let idleTime: Duration

    /// Draws the plan of `seed`.
    package init(seed: UInt64) {
        var generator = SeededGenerator(seed: seed ^ 0x574F_524C_4421)
        self.seed = seed
        hubCount = generator.integer(in: 1...Limits.World.maximumHubs)
        edgeCount = generator.integer(in: 0...Limits.World.maximumEdges)
        isShared = hubCount > 1 || generator.chance(1, in: 3)
        accountCount = generator.integer(in: 1...6)
        clientCount = generator.integer(in: 2...6)
        turmoil = .seconds(generator.integer(in: 10...60))
        longestThought = .milliseconds(generator.pick(from: [20, 200, 1_000]) ?? 200)
        idleTime = .milliseconds(generator.pick(from: [200, 1_000, 3_000]) ?? 3_000)
        var faults: Set<WorldFault> = []
        let share = generator.integer(in: 1...3)
        for fault in WorldFault.allCases where generator.chance(share, in: 4) { faults.insert(fault) }
        self.faults = faults
        let plan = self
        self.faults = faults.filter { $0.fits(plan) }
    }

    package var cast: String {
        let store = isShared ? "a shared store" : "a disk"
        return "\(hubCount) hubs on \(store), \(edgeCount) edges, \(accountCount) accounts, \(clientCount) clients"
    }

    /// The names of all nodes that own actors.
    package var hubs: [String] { (1...hubCount).map { "hub-\($0)" } }

    /// The names of all nodes that only call.
    package var edges: [String] { (0..<edgeCount).map { "edge-\($0 + 1)" } }
}

extension Limits {
    /// Bounds on a simulated world.
    package enum World {
        /// Nodes that own actors; a plan has no more.
        package static let maximumHubs = 3

        /// Nodes that only call; a plan has no more.
        package static let maximumEdges = 3

        /// Jobs that one world may run before it is taken for one that never ends, and fails.
        package static let maximumSteps = 2_000_000

        /// Tries of a client at one command before it leaves it open.
        package static let maximumTries = 4
    }
}
