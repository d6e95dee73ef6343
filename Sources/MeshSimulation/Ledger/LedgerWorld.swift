internal import MeshActors
internal import MeshCheck
internal import MeshCore
internal import MeshLedger
internal import MeshTestKit
internal import MeshWire

/// What became of one world of accounts.
package typealias LedgerReport = SeededReport<LedgerPlan>

/// Accounts on the shipped actors, who pays from them, and whoever bills, in every trouble that a seed decides.
package enum LedgerWorld {
    /// Runs the world of `seed` to its end.
    package static func run(seed: UInt64) -> LedgerReport {
        SeededReport(running: LedgerPlan(seed: seed), maximumSteps: Limits.LedgerWorld.maximumSteps) { plan, world in
            try await LedgerWorldRun(plan, in: world).run()
        }
    }
}

/// One world while it runs.
private struct LedgerWorldRun: Sendable {
    let plan: LedgerPlan
    let world: SeededWorld
    let history: LedgerHistory
    let journal: VolatileJournal
    let store: JournalService
    let biller: SimulatedBiller
    let office: SimulatedOffice
    let generator: SeededGenerator
    let figures = Lock(LedgerFigures())
    let faults = Lock<[LedgerWorldFault: Int]>([:])

    /// Weak, because the office holds the store that tells it.
    private struct WeakOffice: Sendable {
        weak var office: SimulatedOffice?
    }

    init(_ plan: LedgerPlan, in world: SeededWorld) throws {
        var generator = world.generator
        self.plan = plan
        self.world = world
        let history = LedgerHistory(plan: plan, trace: world.trace)
        let listener = Lock(WeakOffice())
        journal = VolatileJournal()
        let recorder = RecordingJournal(journal) { event in
            guard case .committed(let append) = event else { return }
            history.committed(append)
            listener.withLock { $0.office }?.committed()
        }
        self.history = history
        store = JournalService(recorder, clock: world.clock, generator: generator.split())
        biller = SimulatedBiller(clock: world.clock, history: history, generator: generator.split())
        office = try SimulatedOffice(
            plan: plan,
            clock: world.clock,
            trace: world.trace,
            store: store,
            biller: biller,
            generator: generator.split()
        )
        self.generator = generator
        listener.withLock { [office] in $0.office = office }
    }

    func run() async throws -> LedgerReport {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await live() }
            group.addTask { await history.untilBroken() }
            await group.next()
            group.cancelAll()
        }
        var report = LedgerReport(plan: plan)
        report.violation = history.violation
        report.faults = faults.withLock { $0 }
        report.figures = figures.withLock { $0 }
        report.eventCount = history.checks
        if report.violation != nil { report.notes = world.trace.latest }
        return report
    }

    private var operators: SimulatedOperator {
        SimulatedOperator(plan: plan, office: office, history: history, figures: figures, counts: faults)
    }

    private func live() async {
        var generator = generator
        let (opening, turmoil, running) = (generator.split(), generator.split(), generator.split())
        await withDiscardingTaskGroup { group in
            group.addTask { [office, history] in
                do { try await office.run() } catch { history.fail("world", "there is no policy: \(error)") }
            }
            group.addTask { [store] in await store.run() }
            group.addTask { await watch() }
            await operators.open(opening)
            let director = LedgerDirector(
                plan: plan,
                office: office,
                store: store,
                biller: biller,
                history: history,
                counts: faults
            )
            let end = world.clock.now + plan.turmoil
            await withDiscardingTaskGroup { group in
                group.addTask { await director.run(turmoil) }
                group.addTask { await operators.work(until: end, running) }
                for number in 1...plan.payerCount {
                    let own = generator.split()
                    let payer = SimulatedPayer(
                        number: number,
                        plan: plan,
                        office: office,
                        history: history,
                        figures: figures,
                        counts: faults
                    )
                    group.addTask { await payer.work(own) }
                }
            }
            if !Task.isCancelled { await close() }
            group.cancelAll()
        }
    }

    /// Looks whether it ends at all.
    private func watch() async {
        let latest = world.clock.now + plan.turmoil + Limits.LedgerWorld.horizon
        guard (try? await world.clock.sleep(until: latest)) != nil else { return }
        history.fail("liveness", "it does not end")
    }

    // MARK: The end

    /// Everybody has been answered: whoever bills learns of the rest, and all is held against all.
    private func close() async {
        var (told, again) = (0, 0)
        for account in plan.accounts where !Task.isCancelled {
            await deliver(account)
            guard case .done(let balance) = await settled(account, Ledger.ShowBalance()) else { return lost(account) }
            history.answered(account, "with its last balance") { judge in
                judge.check(balance, since: judge.moments.count - 1)
            }
            guard case .done(let wrong) = await settled(account, Ledger.Verify()) else { return lost(account) }
            if let first = wrong.first { history.fail("proof", "\(account): \(first)") }
            let ledger = await replay(account)
            compare(account, balance, ledger)
        }
        (told, again) = biller.counts
        figures.withLock { figures in
            figures.told = told
            figures.toldAgain = again
        }
    }

    /// Nothing of it can be compared any more.
    private func lost(_ account: String) {
        if !Task.isCancelled { history.fail("liveness", "\(account) does not come back") }
    }

    /// Has whoever bills told of everything, until nothing is on its way.
    private func deliver(_ account: String) async {
        let latest = world.clock.now + Limits.LedgerWorld.horizon / 4
        while world.clock.now < latest, !Task.isCancelled {
            if let ledger = await replay(account) {
                for entry in ledger.outbox where entry.refusal != nil {
                    _ = await settled(account, Ledger.RetryFlush(entry.event.identifier))
                }
                let isDone = ledger.outbox.isEmpty && ledger.holds.isEmpty
                if isDone, ledger.core.flushableMicrodollars == 0 { return }
            }
            _ = await settled(account, Ledger.Flush())
            // Whoever has not said in time what a call used does not say it any more.
            world.clock.jumpWallTime(by: .seconds(40_000))
            history.shows(world.clock.wallTime)
            guard (try? await world.clock.sleep(for: .seconds(2))) != nil else { return }
        }
        if !Task.isCancelled { history.fail("liveness", "\(account) still has something to tell or to hold") }
    }

    private func settled<C: Command>(_ account: String, _ command: C) async -> LedgerAnswer<C.Reply>
    where C.Target == Ledger {
        for _ in 0..<Limits.LedgerWorld.insistentTries where !Task.isCancelled {
            let answer = await office.ask(command, of: account)
            if case .open = answer {
                try? await world.clock.sleep(for: .milliseconds(200))
            } else {
                return answer
            }
        }
        return .open
    }

    /// The account as its whole journal says, and what the auditor of journals says of it.
    private func replay(_ account: String) async -> Ledger? {
        guard let address = try? ActorAddress(Ledger.kind, account) else { return nil }
        var ledger = Ledger(key: account)
        var auditor = LedgerAuditor(account: account)
        var head = Head.none
        do {
            while true {
                let entries = try await journal.entries(of: address, after: head)
                guard let last = entries.last?.head else { break }
                for placed in entries {
                    for (index, bytes) in placed.entry.events.enumerated() {
                        let event = try Ledger.Event(wireBytes: bytes)
                        let position = EventPosition(head: placed.head, index: index)
                        ledger.apply(event, at: position)
                        auditor.take(event, at: position)
                    }
                }
                head = last
            }
        } catch {
            history.fail("journal", "\(account) cannot be read: \(error)")
            return nil
        }
        if let fault = auditor.verdict(on: ledger).first { history.fail("audit", "\(account): \(fault)") }
        return ledger
    }

    /// What is billed is what the oracle says, to the nano-dollar, wherever one asks.
    private func compare(_ account: String, _ balance: Balance, _ ledger: Ledger?) {
        guard let ledger else { return history.fail("liveness", "\(account) has no journal") }
        let oracle = history.oracle(account)
        let billed = biller.billed(account) + Int128(balance.unflushed.nanodollars) + ledger.core.totals.creditFunded
        let difference = billed - oracle.billed
        let fates = oracle.calls.values.map(\.fate)
        figures.withLock { figures in
            figures.billed += oracle.billed
            figures.difference += difference < 0 ? -difference : difference
            figures.settled += fates.count { $0 == .settled }
            figures.voided += fates.count { $0 == .voided }
        }
        history.answered(account, "what it bills") { judge in
            figures.withLock { figures in
                figures.expired += judge.expired
                figures.late += judge.late
            }
            return difference == 0 ? nil : "\(billed) is billed, and should be \(oracle.billed)"
        }
    }
}
