internal import MeshActors
internal import MeshCheck
internal import MeshCore
internal import MeshTestKit
internal import MeshTunnel

/// What became of one world of tunnels.
package typealias TunnelReport = SeededReport<TunnelPlan>

/// Edges that run the shipped tunnels, and hubs that fail in every way that a seed decides.
package enum TunnelWorld {
    /// Runs the world of `seed` to its end.
    package static func run(seed: UInt64) -> TunnelReport {
        SeededReport(running: TunnelPlan(seed: seed), maximumSteps: Limits.TunnelWorld.maximumSteps) { plan, world in
            try await TunnelWorldRun(plan, in: world).run()
        }
    }
}

/// One world while it runs.
private struct TunnelWorldRun: Sendable {
    let plan: TunnelPlan
    let world: SeededWorld
    let history: TunnelHistory
    let network: TunnelNetwork
    let hubs: [SimulatedHub]
    let edges: [SimulatedEdge]
    let generator: SeededGenerator
    let faults = Lock<[TunnelFault: Int]>([:])
    let figures = Lock(TunnelFigures())

    init(_ plan: TunnelPlan, in world: SeededWorld) throws {
        var generator = world.generator
        self.plan = plan
        self.world = world
        history = TunnelHistory(plan: plan, clock: world.clock, trace: world.trace)
        let network = TunnelNetwork(clock: world.clock, history: history, generator: generator.split())
        let hubs = try (1...plan.hubCount).map { number in
            guard let address = IPAddress(bytes: [10, 0, 0, UInt8(number)]) else { throw CancellationError() }
            return SimulatedHub(
                try NodeID("hub-\(number)"),
                host: "hub-\(number).sim",
                address: address,
                network: network
            )
        }
        edges = try (1...plan.edgeCount).map { number in
            let own = generator.split()
            return try SimulatedEdge(
                NodeID("edge-\(number)"),
                plan: plan,
                hubs: hubs,
                network: network,
                generator: own
            )
        }
        self.network = network
        self.hubs = hubs
        self.generator = generator
    }

    func run() async throws -> TunnelReport {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await act() }
            group.addTask { await history.untilBroken() }
            await group.next()
            group.cancelAll()
        }
        var report = TunnelReport(plan: plan)
        report.figures = figures.withLock { $0 }
        report.violation = history.violation
        report.faults = faults.withLock { $0 }
        report.eventCount = history.eventCount
        report.figures.mostDials = history.mostDials
        if report.violation != nil { report.notes = world.trace.latest }
        return report
    }

    private func act() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [network] in await network.run() }
            for edge in edges {
                group.addTask { await edge.run() }
                group.addTask { await edge.watch() }
            }
            await live()
            group.cancelAll()
        }
    }

    private func live() async {
        var generator = generator
        // Machines come up one after another; those of one herd within a few seconds.
        for edge in edges {
            let pause = Duration.milliseconds(generator.integer(in: 0...(plan.isHerd ? 80 : 2_000)))
            guard (try? await world.clock.sleep(for: pause)) != nil else { return }
            try? await edge.tunnel.start()
        }
        let director = TunnelDirector(plan: plan, network: network, hubs: hubs, edges: edges, counts: faults)
        await director.run(generator.split())
        await recover()
    }

    /// The faults have ended: every tunnel must be connected in time, and stay so.
    private func recover() async {
        let end = world.clock.now
        let deadline = end + Limits.TunnelWorld.recovery
        for edge in edges {
            do throws(TunnelError) {
                try await edge.tunnel.waitUntilConnected(deadline: deadline)
            } catch {
                if !Task.isCancelled {
                    history.fail(Violation("liveness", "\(edge.id) is \(edge.tunnel.state): \(error.message)"))
                }
                return
            }
        }
        let recovery = world.clock.now - end
        // One that was connected when it was looked at may have been about to learn of an earlier loss.
        guard (try? await world.clock.sleep(until: deadline)) != nil else { return }
        history.calmBegins()
        guard (try? await world.clock.sleep(for: Limits.TunnelWorld.calm)) != nil else { return }
        for edge in edges {
            history.checkSettled(edge.id)
            let statistics = await edge.tunnel.statistics()
            check(statistics, of: edge.id)
            figures.withLock { figures in
                figures.recovery = recovery
                figures.connections += statistics.connections
                figures.reconnects += statistics.reconnects
                figures.replacements += statistics.replacements
            }
        }
    }

    private func check(_ statistics: TunnelStatistics, of edge: NodeID) {
        let isSound =
            (1...1_000_000).contains(statistics.availabilityPartsPerMillion)
            && statistics.timeConnected <= statistics.timeWanted && statistics.uptime <= statistics.timeConnected
            && statistics.uptime >= Limits.TunnelWorld.calm && statistics.connections <= statistics.attempts
            && statistics.figures.bytesSent <= statistics.probesAnswered * 100
        if !isSound { history.fail(Violation("statistics", "\(edge) says \(statistics)")) }
    }
}
