internal import MeshActors
internal import MeshCheck
internal import MeshCore
internal import MeshTestKit

/// What became of one world of questions.
package typealias EscalationReport = SeededReport<EscalationPlan>

/// Edges that ask through the shipped answers, and a hub with the shipped office and desk, in every trouble that a seed
/// decides.
package enum EscalationWorld {
    /// Runs the world of `seed` to its end.
    package static func run(seed: UInt64) -> EscalationReport {
        let most = Limits.EscalationWorld.maximumSteps
        return SeededReport(running: EscalationPlan(seed: seed), maximumSteps: most) { plan, world in
            try await EscalationWorldRun(plan, in: world).run()
        }
    }
}

/// One world while it runs.
private struct EscalationWorldRun: Sendable {
    let plan: EscalationPlan
    let world: SeededWorld
    let history: EscalationHistory
    let network: AnswerNetwork
    let edges: [SimulatedAskingEdge]
    let account: SimulatedAccount
    let generator: SeededGenerator
    let faults = Lock<[EscalationFault: Int]>([:])

    init(_ plan: EscalationPlan, in world: SeededWorld) throws {
        var generator = world.generator
        self.plan = plan
        self.world = world
        history = EscalationHistory(clock: world.clock, trace: world.trace)
        let network = try AnswerNetwork(plan: plan, history: history, generator: generator.split())
        self.network = network
        account = SimulatedAccount(plan: plan, history: history, clock: world.clock, generator: generator.split())
        edges = try (0..<plan.edgeCount).map {
            try SimulatedAskingEdge($0, network: network, generator: generator.split())
        }
        self.generator = generator
    }

    func run() async throws -> EscalationReport {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await live() }
            group.addTask { await history.untilBroken() }
            await group.next()
            group.cancelAll()
        }
        var report = EscalationReport(plan: plan)
        let counts = history.counts
        report.violation = history.violation
        report.faults = faults.withLock { $0 }
        report.figures = EscalationFigures(counts, account.counts)
        report.eventCount = counts.checks
        if report.violation != nil { report.notes = world.trace.latest }
        return report
    }

    private func live() async {
        var generator = generator
        let director = EscalationDirector(
            plan: plan,
            network: network,
            edges: edges,
            account: account,
            counts: faults
        )
        let (hubs, turmoil) = (generator.split(), generator.split())
        await withDiscardingTaskGroup { group in
            group.addTask { await director.runHubs(hubs) }
            group.addTask { await watch() }
            await withDiscardingTaskGroup { group in
                group.addTask { await director.run(turmoil) }
                for ask in plan.asks {
                    let asker = SimulatedAsker(ask: ask, edge: edges[ask.edge], network: network, account: account)
                    group.addTask { await asker.run() }
                }
            }
            if !Task.isCancelled { await end(director) }
            group.cancelAll()
        }
    }

    /// Looks again and again whether anybody answers whom nobody hears, and whether it ends at all.
    private func watch() async {
        let latest = world.clock.now + plan.turmoil + Limits.EscalationWorld.horizon
        while (try? await world.clock.sleep(for: .seconds(5))) != nil {
            history.checkEngines()
            if world.clock.now > latest { history.fail("liveness", "it does not end") }
        }
    }

    /// The faults have ended, and nobody asks any more: a hub forgets all, and settles all.
    private func end(_ director: EscalationDirector) async {
        let latest = world.clock.now + Limits.EscalationWorld.memory
        while let hub = network.hub, hub.left != (0, 0), world.clock.now < latest {
            guard (try? await world.clock.sleep(for: .seconds(5))) != nil else { return }
        }
        if let hub = network.hub, hub.left != (0, 0) {
            history.fail("memory", "the hub still has \(hub.left.runs) runs, \(hub.left.calls) calls")
        }
        if history.busyEngines > 0 { history.fail("alone", "\(history.busyEngines) answers go on at the end") }
        await director.leave(patience: .zero, goodbye: .zero)
    }
}
