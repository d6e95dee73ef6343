internal import MeshActors
internal import MeshCheck
internal import MeshCore
internal import MeshTestKit

/// What became of one world.
package typealias WorldReport = SeededReport<WorldPlan>

/// A mesh on the shipped runtime, in surroundings whose every fault a seed decides.
package enum World {
    /// Runs the world of `seed` to its end.
    package static func run(seed: UInt64, makeNode: @escaping NodeMaker) -> WorldReport {
        SeededReport(running: WorldPlan(seed: seed), maximumSteps: Limits.World.maximumSteps) { plan, world in
            await WorldRun(plan, in: world, makeNode).run()
        }
    }
}

/// One world while it runs.
private struct WorldRun: Sendable {
    let plan: WorldPlan
    let world: SeededWorld
    let history: History
    let network: SimulatedNetwork
    let outside: OutsideWorld
    let storage: Storage
    let nodes: [SimulatedNode]
    let generator: SeededGenerator
    let calls = Lock(CallCounts())
    let faults = Lock<[WorldFault: Int]>([:])

    init(_ plan: WorldPlan, in world: SeededWorld, _ makeNode: @escaping NodeMaker) {
        var generator = world.generator
        self.plan = plan
        self.world = world
        history = History(trace: world.trace, isShared: plan.isShared)
        network = SimulatedNetwork(clock: world.clock, generator: generator.split())
        outside = OutsideWorld(clock: world.clock, history: history, generator: generator.split())
        if plan.isShared {
            let store = RecordingJournal(VolatileJournal(), history: history)
            storage = .service(JournalService(store, clock: world.clock, generator: generator.split()))
        } else {
            let disk = SimulatedDisk(generator: generator.split())
            storage = .disk(
                DiskStore(disk: disk, clock: world.clock, history: history, generator: generator.split())
            )
        }
        let hubs = plan.hubs.compactMap { try? NodeID($0) }
        let surroundings = Surroundings(
            clock: world.clock,
            trace: world.trace,
            hubs: hubs,
            office: MembershipOffice(hubs: hubs),
            network: network,
            outside: outside,
            storage: storage,
            idleTime: plan.idleTime,
            makeNode: makeNode
        )
        nodes = (plan.hubs + plan.edges).compactMap { try? NodeID($0) }
            .map { SimulatedNode($0, in: surroundings, generator: generator.split()) }
        self.generator = generator
    }

    func run() async -> WorldReport {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await act() }
            group.addTask { await history.untilBroken() }
            await group.next()
            group.cancelAll()
        }
        var report = WorldReport(plan: plan)
        report.violation = history.violation
        report.figures = calls.withLock { $0 }
        report.faults = faults.withLock { $0 }
        report.eventCount = history.eventCount
        if report.violation != nil { report.notes = world.trace.latest }
        return report
    }

    private func act() async {
        await withTaskGroup(of: Void.self) { group in
            for node in nodes { group.addTask { await node.run() } }
            group.addTask { [storage] in await storage.run() }
            group.addTask { [network] in await network.run() }
            await turmoil()
            await Recovery(
                plan: plan,
                clock: world.clock,
                nodes: nodes,
                history: history,
                client: client,
                storage: storage
            ).run(generator)
            group.cancelAll()
        }
    }

    private var client: SimulatedClient {
        SimulatedClient(
            clock: world.clock,
            wallClock: world.clock,
            nodes: nodes,
            plan: plan,
            history: history,
            counts: calls
        )
    }

    private func turmoil() async {
        var generator = generator
        let end = world.clock.now + plan.turmoil
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<plan.clientCount {
                let own = generator.split()
                group.addTask { await client.work(until: end, own) }
            }
            let director = Director(
                plan: plan,
                clock: world.clock,
                trace: world.trace,
                nodes: nodes,
                network: network,
                storage: storage,
                outside: outside,
                counts: faults
            )
            let own = generator.split()
            group.addTask { await director.run(own) }
        }
    }
}
