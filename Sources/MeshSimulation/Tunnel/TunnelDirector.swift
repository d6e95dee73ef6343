internal import MeshCore
internal import MeshTestKit
internal import MeshTunnel

/// Lets a plan's faults happen to hubs, edges and the ways between them, and then ends all of them.
struct TunnelDirector: Sendable {
    let plan: TunnelPlan
    let network: TunnelNetwork
    let hubs: [SimulatedHub]
    let edges: [SimulatedEdge]
    let counts: Lock<[TunnelFault: Int]>
    private let beingStopped = Lock<Set<NodeID>>([])

    init(
        plan: TunnelPlan,
        network: TunnelNetwork,
        hubs: [SimulatedHub],
        edges: [SimulatedEdge],
        counts: Lock<[TunnelFault: Int]>
    ) {
        self.plan = plan
        self.network = network
        self.hubs = hubs
        self.edges = edges
        self.counts = counts
    }

    /// Returns when the turmoil is over and everything works again.
    func run(_ generator: SeededGenerator) async {
        var generator = generator
        let end = network.clock.now + plan.turmoil
        if plan.isHerd {
            await scareHerd(&generator)
        } else {
            await withTaskGroup(of: Void.self) { group in
                let faults = TunnelFault.allCases.filter(plan.faults.contains)
                while network.clock.now < end, !Task.isCancelled, let fault = generator.pick(from: faults) {
                    guard await pass(.milliseconds(generator.integer(in: 100...6_000))) else { break }
                    count(fault)
                    let own = generator.split()
                    group.addTask { await happen(fault, own) }
                }
                group.cancelAll()
            }
        }
        guard await pass(until: end) else { return }
        await calm()
    }

    /// All edges are connected to one hub, and lose it at the same time.
    private func scareHerd(_ generator: inout SeededGenerator) async {
        guard await pass(.seconds(20)), let hub = hubs.first else { return }
        network.history.watchHerd()
        count(.crash)
        hub.crash(downFor: .milliseconds(generator.integer(in: 100...3_000)), isSilent: false)
    }

    private func count(_ fault: TunnelFault) {
        counts.withLock { $0[fault, default: 0] += 1 }
        network.history.note("fault: \(fault.rawValue)")
    }

    /// Ends every fault that lasts, and waits for hubs that have said farewell.
    private func calm() async {
        network.heal()
        guard await pass(Self.longestPatience + .seconds(10)) else { return }
        for hub in hubs { hub.rise() }
        for edge in edges where beingStopped.withLock({ $0.contains(edge.id) }) { try? await edge.tunnel.start() }
        network.history.note("the faults end")
    }

    private func happen(_ fault: TunnelFault, _ generator: SeededGenerator) async {
        var generator = generator
        let lasting = Duration.milliseconds(generator.integer(in: 100...20_000))
        let downTime = Duration.milliseconds(generator.integer(in: 100...10_000))
        guard let hub = generator.pick(from: hubs), let edge = generator.pick(from: edges) else { return }
        switch fault {
        case .crash: hub.crash(downFor: downTime, isSilent: false)
        case .silentCrash: hub.crash(downFor: downTime, isSilent: true)
        case .hang:
            hub.setHanging(true)
            _ = await pass(lasting)
            hub.setHanging(false)
        case .refusal, .disbelief:
            hub.setMood(fault == .refusal ? .full : .disbelieving)
            if generator.chance(1, in: 2) { hub.crash(downFor: .milliseconds(100), isSilent: false) }
            hub.setMood(fault == .refusal ? .full : .disbelieving)
            _ = await pass(lasting)
            hub.setMood(.welcoming)
        case .farewell:
            let others = hubs.filter { $0.id != hub.id }.map(\.place)
            let patience = Duration.milliseconds(
                generator.integer(in: 500...Int(Self.longestPatience / .milliseconds(1)))
            )
            hub.leave(patience: patience, alternates: generator.chance(1, in: 2) ? others : [])
        case .blackhole:
            network.setHole(true, edge.id, hub.id)
            _ = await pass(lasting)
            network.setHole(false, edge.id, hub.id)
        case .addressChange: edge.ports.changeAddress()
        case .lossyLinks:
            network.setLost(perThousand: generator.integer(in: 10...400))
            _ = await pass(lasting)
            network.setLost(perThousand: 0)
        case .slowLinks:
            network.setSlow(true)
            _ = await pass(lasting)
            network.setSlow(false)
        case .namesAway:
            network.setNamesAway(true)
            _ = await pass(lasting)
            network.setNamesAway(false)
        case .stop: await stop(edge, &generator)
        case .renewal: try? await edge.tunnel.renewLink()
        }
    }

    private func stop(_ edge: SimulatedEdge, _ generator: inout SeededGenerator) async {
        guard beingStopped.withLock({ $0.insert(edge.id).inserted }) else { return }
        guard (try? await edge.tunnel.stop()) != nil else {
            beingStopped.withLock { _ = $0.remove(edge.id) }
            return
        }
        // The world may end its faults meanwhile, and starts it then.
        guard await pass(.milliseconds(100)) else { return }
        network.history.checkStopped(edge.id)
        guard await pass(.milliseconds(generator.integer(in: 1...5_000))) else { return }
        network.history.checkStopped(edge.id)
        try? await edge.tunnel.start()
        beingStopped.withLock { _ = $0.remove(edge.id) }
    }

    private func pass(_ pause: Duration) async -> Bool { (try? await network.clock.sleep(for: pause)) != nil }
    private func pass(until end: Instant) async -> Bool { (try? await network.clock.sleep(until: end)) != nil }

    private static let longestPatience = Duration.seconds(20)
}
