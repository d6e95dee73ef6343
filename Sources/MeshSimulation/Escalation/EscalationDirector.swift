internal import MeshCore
internal import MeshTestKit

/// Lets a plan's faults happen to hub, edges and streams, and then ends all of them.
struct EscalationDirector: Sendable {
    let plan: EscalationPlan
    let network: AnswerNetwork
    let edges: [SimulatedAskingEdge]
    let account: SimulatedAccount
    let counts: Lock<[EscalationFault: Int]>

    /// Runs the hub, life after life, until the calling task is cancelled.
    func runHubs(_ generator: SeededGenerator) async {
        var generator = generator
        var number = 0
        while !Task.isCancelled {
            number += 1
            guard
                let hub = try? SimulatedAnswerHub(
                    number,
                    plan: plan,
                    account: account,
                    history: network.history,
                    generator: &generator
                )
            else { return network.history.fail("world", "there is no hub") }
            network.history.note("hub begins life \(number)")
            network.set(hub)
            await hub.run()
            network.history.note("hub has ended life \(number)")
            if network.hub === hub { network.set(nil) }
            let pause = Duration.milliseconds(generator.integer(in: 10...3_000))
            guard (try? await network.clock.sleep(for: pause)) != nil else { return }
        }
    }

    /// Returns when the turmoil is over.
    func run(_ generator: SeededGenerator) async {
        var generator = generator
        let end = network.clock.now + plan.turmoil
        for fault in EscalationFault.allCases where plan.faults.contains(fault) && !fault.isTimed {
            counts.withLock { $0[fault, default: 0] += 1 }
        }
        let timed = EscalationFault.allCases.filter { plan.faults.contains($0) && $0.isTimed }
        let longest = generator.pick(from: [300, 2_000, 8_000]) ?? 2_000
        await withDiscardingTaskGroup { group in
            while network.clock.now < end, let fault = generator.pick(from: timed) {
                let pause = Duration.milliseconds(generator.integer(in: 1...longest))
                guard (try? await network.clock.sleep(for: pause)) != nil else { break }
                counts.withLock { $0[fault, default: 0] += 1 }
                network.history.note("fault: \(fault.rawValue)")
                let own = generator.split()
                group.addTask { await happen(fault, own) }
            }
        }
        try? await network.clock.sleep(until: end)
        network.heal()
        network.history.note("the faults end")
    }

    private func happen(_ fault: EscalationFault, _ generator: SeededGenerator) async {
        var generator = generator
        let edge = generator.integer(below: plan.edgeCount)
        let now = network.clock.now
        let lasting = Duration.milliseconds(generator.integer(in: 10...15_000))
        switch fault {
        case .cut: network.cutOne(&generator)
        case .linkDown: network.setDown(edge, until: now + lasting)
        case .silence:
            let silent = network.lines(of: edge)
            let end = now + min(lasting * 2, Limits.EscalationWorld.silence)
            for line in silent { line.fallSilent(until: end) }
            try? await network.clock.sleep(until: end)
            for line in silent { line.cut() }
        case .hubCrash: crash()
        case .hubLeaves:
            await leave(
                patience: generator.chance(1, in: 2) ? lasting / 10 : .zero,
                goodbye: generator.chance(1, in: 2) ? .milliseconds(500) : .zero
            )
        case .edgeRestart: edges[edge].restart()
        case .hubFull: network.setFull(until: now + lasting)
        case .upstream, .leaving, .slowReaders, .account, .crowd, .twins, .largeAnswers: break
        }
    }

    private func crash() {
        guard let hub = network.hub else { return }
        network.set(nil)
        network.history.note("hub crashes in life \(hub.number)")
        for line in network.lines() { line.kill(.hub) }
        network.history.enginesDie()
        hub.crash()
    }

    /// The hub ends in good order, and its account with it.
    func leave(patience: Duration, goodbye: Duration) async {
        guard let hub = network.hub else { return }
        network.set(nil)
        network.history.note("hub leaves in life \(hub.number)")
        await hub.leave(patience: patience, goodbye: goodbye)
        await hub.hasEnded()
        // What had begun before is over, whoever asked.
        for line in network.lines() { line.cut() }
        account.checkLife(hub.number)
    }
}

extension EscalationFault {
    /// Whether it happens at a time, and does not lie in what is asked and answered.
    var isTimed: Bool {
        switch self {
        case .cut, .linkDown, .silence, .hubCrash, .hubLeaves, .edgeRestart, .hubFull: true
        case .upstream, .leaving, .slowReaders, .account, .crowd, .twins, .largeAnswers: false
        }
    }
}
