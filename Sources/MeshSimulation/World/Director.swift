internal import MeshCore
internal import MeshTestKit

/// Lets the plan's faults happen, and then ends all of them.
struct Director: Sendable {
    let plan: WorldPlan
    let clock: VirtualClock
    let trace: Trace
    let nodes: [SimulatedNode]
    let network: SimulatedNetwork
    let storage: Storage
    let outside: OutsideWorld
    let counts: Lock<[WorldFault: Int]>

    /// Returns when the turmoil is over and everything works again.
    func run(_ generator: SeededGenerator) async {
        var generator = generator
        let end = clock.now + plan.turmoil
        let faults = WorldFault.allCases.filter(plan.faults.contains)
        await withTaskGroup(of: Void.self) { group in
            while clock.now < end, !Task.isCancelled, let fault = generator.pick(from: faults) {
                let pause = Duration.milliseconds(generator.integer(in: 50...4_000))
                do throws(CancellationError) { try await clock.sleep(for: pause) } catch { break }
                counts.withLock { $0[fault, default: 0] += 1 }
                trace.note("fault: \(fault.rawValue)")
                let own = generator.split()
                group.addTask { await happen(fault, own) }
            }
            if faults.isEmpty { try? await clock.sleep(until: end) }
            group.cancelAll()
        }
        calm()
    }

    /// Ends every fault that lasts.
    private func calm() {
        trace.note("the faults end")
        network.heal()
        network.setConditions(LinkConditions())
        outside.setSlow(false)
        for node in nodes {
            node.setPaused(false)
            node.correctWallTime()
        }
        switch storage {
        case .service(let service):
            service.setFaults(JournalFaults())
            service.setAway(false)
        case .disk(let store):
            store.disk.setRoom(nil)
            store.disk.setFaults(DiskFaults())
            store.disk.heal()
            // A disk that has failed once is not asked again before the store is opened anew.
            let hasFailed = plan.faults.contains(.failingSync) || plan.faults.contains(.powerCutWithin)
            if hasFailed { nodes.first?.crash(downFor: .milliseconds(10)) }
        }
    }

    private func happen(_ fault: WorldFault, _ generator: SeededGenerator) async {
        var generator = generator
        let lasting = Duration.milliseconds(generator.integer(in: 100...10_000))
        let downTime = Duration.milliseconds(generator.integer(in: 1...5_000))
        guard let node = generator.pick(from: nodes) else { return }
        switch fault {
        case .crash: crash(node, downFor: downTime)
        case .drain: await node.drain(downFor: downTime)
        case .pause:
            node.setPaused(true)
            try? await clock.sleep(for: lasting)
            node.setPaused(false)
        case .falseDeath:
            guard plan.hubs.contains(node.id.text) else { return }
            node.declareDead()
            do { try await clock.sleep(for: lasting) } catch {}
            node.crash(downFor: downTime)
        case .clockJump: node.jumpWallTime(by: .seconds(generator.integer(in: -3_600...3_600)))
        case .slowOutside:
            outside.setSlow(true)
            try? await clock.sleep(for: lasting)
            outside.setSlow(false)
        case .partition, .lossyLinks, .clog: await disturbNetwork(fault, lasting, &generator)
        case .storeAway, .lostAnswers, .lateAppends, .repeatedAppends:
            await disturbService(fault, lasting, &generator)
        case .bitFlip, .misdirectedWrite: await damage(fault, lasting, downFor: downTime, &generator)
        case .powerCut, .powerCutWithin, .diskFull, .failingSync:
            await disturbDisk(fault, lasting, downFor: downTime, &generator)
        }
    }

    private func crash(_ node: SimulatedNode, downFor downTime: Duration) {
        if case .disk(let store) = storage, plan.hubs.contains(node.id.text) { store.disk.killProcess() }
        node.crash(downFor: downTime)
    }

    private func disturbNetwork(_ fault: WorldFault, _ lasting: Duration, _ generator: inout SeededGenerator) async {
        var conditions = LinkConditions()
        switch fault {
        case .partition:
            let one = generator.pick(from: nodes)?.id
            for other in nodes where other.id != one && generator.chance(2, in: 3) {
                guard let one else { break }
                let direction = generator.integer(below: 3)
                if direction != 1 { network.cut(from: one, to: other.id) }
                if direction != 2 { network.cut(from: other.id, to: one) }
            }
        case .lossyLinks: conditions.lostPerThousand = generator.integer(in: 1...300)
        default: conditions.cloggedPerThousand = generator.integer(in: 1...200)
        }
        if fault != .partition { network.setConditions(conditions) }
        try? await clock.sleep(for: lasting)
        if fault == .partition { network.heal() } else { network.setConditions(LinkConditions()) }
    }

    private func disturbService(_ fault: WorldFault, _ lasting: Duration, _ generator: inout SeededGenerator) async {
        guard case .service(let service) = storage else { return }
        var faults = JournalFaults()
        switch fault {
        case .storeAway: service.setAway(true)
        case .lostAnswers:
            faults.lostAnswersPerThousand = generator.integer(in: 1...300)
            faults.lostCallsPerThousand = generator.integer(in: 1...100)
        case .repeatedAppends: faults.repeatedAppendsPerThousand = generator.integer(in: 1...300)
        default: faults.lateAppendsPerThousand = generator.integer(in: 1...300)
        }
        service.setFaults(faults)
        try? await clock.sleep(for: lasting)
        service.setFaults(JournalFaults())
        service.setAway(false)
    }

    private func disturbDisk(
        _ fault: WorldFault,
        _ lasting: Duration,
        downFor downTime: Duration,
        _ generator: inout SeededGenerator
    ) async {
        guard case .disk(let store) = storage, let hub = nodes.first(where: { plan.hubs.contains($0.id.text) }) else {
            return
        }
        switch fault {
        case .powerCut:
            hub.crash(downFor: downTime)
            store.disk.cutPower(generator.pick(from: PowerCutFate.allCases) ?? .torn)
        case .powerCutWithin:
            store.disk.failPower(afterOperations: generator.integer(in: 0...20))
            try? await clock.sleep(for: .milliseconds(generator.integer(in: 1...500)))
            hub.crash(downFor: downTime)
            store.disk.cutPower(generator.pick(from: PowerCutFate.allCases) ?? .torn)
        case .diskFull:
            store.disk.setRoom(generator.integer(in: 0...20_000))
            try? await clock.sleep(for: lasting)
            store.disk.setRoom(nil)
        default:
            var faults = DiskFaults()
            faults.failingSyncsPerThousand = generator.integer(in: 5...300)
            faults.failingWritesPerThousand = generator.integer(in: 0...100)
            store.disk.setFaults(faults)
            try? await clock.sleep(for: lasting)
            store.disk.setFaults(DiskFaults())
            crash(hub, downFor: downTime)
        }
    }

    /// Damages what is at rest, and puts it right after a while; in every other case the store is opened meanwhile.
    private func damage(
        _ fault: WorldFault,
        _ lasting: Duration,
        downFor downTime: Duration,
        _ generator: inout SeededGenerator
    ) async {
        guard case .disk(let store) = storage, let hub = nodes.first(where: { plan.hubs.contains($0.id.text) }) else {
            return
        }
        for _ in 0..<generator.integer(in: fault == .bitFlip ? 1...40 : 1...3) {
            let place = fault == .bitFlip ? store.disk.flipBit() : store.disk.misdirectWrite()
            if let place { trace.note("\(place.name) is damaged at \(place.offset)") }
        }
        if generator.chance(1, in: 2) { crash(hub, downFor: downTime) }
        try? await clock.sleep(for: lasting)
        store.disk.heal()
    }
}
