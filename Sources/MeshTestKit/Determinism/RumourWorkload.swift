internal import MeshCore

/// A small cluster of actors that spread rumours: the workload by which the test ground itself is judged.
///
/// It uses what real services use (actors calling actors, task groups, sleeps, cancellation, random loss and delay), so
/// that a hole in the ground shows as two processes that disagree about a seed.
package enum RumourWorkload {
    /// Runs one cluster and returns how many deliveries there were.
    package static func run(in world: SeededWorld) async -> Int {
        var generator = world.generator
        let nodes = (0..<nodeCount).map { Node(number: $0, world: world, generator: generator.split()) }
        await withTaskGroup(of: Void.self) { group in
            for node in nodes { group.addTask { await node.spread(to: nodes) } }
        }
        var deliveries = 0
        for node in nodes { deliveries += await node.heard }
        return deliveries
    }

    private static let nodeCount = 5
    private static let rumoursPerNode = 4

    private actor Node {
        let number: Int
        private let world: SeededWorld
        private var generator: SeededGenerator
        private(set) var heard = 0

        init(number: Int, world: SeededWorld, generator: SeededGenerator) {
            self.number = number
            self.world = world
            self.generator = generator
        }

        func spread(to nodes: [Node]) async {
            for rumour in 0..<rumoursPerNode {
                try? await world.clock.sleep(for: .milliseconds(generator.integer(in: 1...200)))
                await withTaskGroup(of: Void.self) { group in
                    for node in nodes where node.number != number && !generator.chance(1, in: 10) {
                        let delay = Duration.microseconds(generator.integer(in: 10...5_000))
                        group.addTask { [number] in await node.hear(rumour, from: number, after: delay) }
                    }
                    if generator.chance(1, in: 8) { group.cancelAll() }
                }
            }
        }

        private func hear(_ rumour: Int, from sender: Int, after delay: Duration) async {
            do {
                try await world.clock.sleep(for: delay)
                heard += 1
                world.trace.note("\(number) hears \(rumour) from \(sender), \(heard) in all")
            } catch {
                world.trace.note("\(number) never hears \(rumour) from \(sender)")
            }
        }
    }
}
