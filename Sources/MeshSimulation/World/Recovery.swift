internal import MeshActors
internal import MeshCheck
internal import MeshCore
internal import MeshTestKit

/// What must come back by itself once the faults have ended, and within what time.
struct Recovery: Sendable {
    let plan: WorldPlan
    let clock: VirtualClock
    let nodes: [SimulatedNode]
    let history: History
    let client: SimulatedClient
    let storage: Storage

    /// Asks every account through every node, waits for what is pending, and reads the whole store.
    func run(_ generator: SeededGenerator) async {
        var generator = generator
        let deadline = clock.now + Limits.Recovery.longest
        // In every other world nothing is written any more: what is pending must go on without a push.
        let asks: [HistoryEvent.Ask] = generator.chance(1, in: 2) ? [.deposit(1), .balance] : [.balance]
        for number in 1...plan.accountCount {
            for node in nodes { await reach("account-\(number)", asks, through: node, before: deadline, &generator) }
        }
        await settle(before: clock.now + Limits.Recovery.longestSettling)
        await HandOver(plan: plan, clock: clock, nodes: nodes, history: history, client: client).run(generator.split())
        do {
            try await storage.audit(history)
        } catch {
            history.fail(Violation("liveness", "the store cannot be read after the faults: \(error)"))
        }
    }

    private func reach(
        _ key: String,
        _ asks: [HistoryEvent.Ask],
        through node: SimulatedNode,
        before deadline: Instant,
        _ generator: inout SeededGenerator
    ) async {
        for ask in asks {
            let command = CommandID(at: clock.wallTime, using: &generator)
            while !Task.isCancelled {
                let answer = await client.call(key, ask, as: command, through: node, patience: .seconds(5))
                if answer != nil { break }
                guard clock.now < deadline else {
                    let waited = Limits.Recovery.longest.shortText
                    history.fail(Violation("liveness", "\(key) cannot be asked through \(node.id) after \(waited)"))
                    return
                }
                do throws(CancellationError) { try await clock.sleep(for: .milliseconds(200)) } catch { return }
            }
        }
    }

    /// Waits until no payment is open and no alarm is overdue.
    private func settle(before deadline: Instant) async {
        while !Task.isCancelled, let open = history.openWork(at: clock.wallTime) {
            guard clock.now < deadline else {
                let waited = Limits.Recovery.longestSettling.shortText
                history.fail(Violation("liveness", "after \(waited) without faults, \(open)"))
                return
            }
            do throws(CancellationError) { try await clock.sleep(for: .seconds(1)) } catch { return }
        }
    }
}

extension Limits {
    /// Bounds on how long a world takes to recover; beyond them its run fails.
    package enum Recovery {
        /// From the end of the faults until every account answers through every node.
        package static let longest = Duration.seconds(60)

        /// From then until every payment is made and every alarm that was due has rung.
        package static let longestSettling = Duration.seconds(120)
    }
}
