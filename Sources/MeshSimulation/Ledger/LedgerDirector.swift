internal import MeshCore
internal import MeshTestKit

/// Lets a plan's faults happen to the hub, its store, its calendar and whoever bills, and then ends all of them.
struct LedgerDirector: Sendable {
    let plan: LedgerPlan
    let office: SimulatedOffice
    let store: JournalService
    let biller: SimulatedBiller
    let history: LedgerHistory
    let counts: Lock<[LedgerWorldFault: Int]>

    /// Returns when the turmoil is over.
    func run(_ generator: SeededGenerator) async {
        var generator = generator
        let end = office.clock.now + plan.turmoil
        let timed = LedgerWorldFault.allCases.filter { plan.faults.contains($0) && $0.isTimed }
        let longest = generator.pick(from: [200, 1_000, 4_000]) ?? 1_000
        await withDiscardingTaskGroup { group in
            while office.clock.now < end, let fault = generator.pick(from: timed) {
                let pause = Duration.milliseconds(generator.integer(in: 1...longest))
                guard (try? await office.clock.sleep(for: pause)) != nil else { break }
                counts.withLock { $0[fault, default: 0] += 1 }
                history.note("fault: \(fault.rawValue)")
                let own = generator.split()
                group.addTask { await happen(fault, own) }
            }
        }
        try? await office.clock.sleep(until: end)
        calm()
    }

    private func calm() {
        history.note("the faults end")
        store.setAway(false)
        store.setFaults(JournalFaults())
        biller.setAway(false)
        biller.setLosesReceipts(false)
        biller.setRefuses(false)
        office.setPaused(false)
        // What whoever bills has refused often enough is taken up again in a new life.
        office.crash(downFor: .milliseconds(10))
    }

    private func happen(_ fault: LedgerWorldFault, _ generator: SeededGenerator) async {
        var generator = generator
        let lasting = Duration.milliseconds(generator.integer(in: 20...6_000))
        let downTime = Duration.milliseconds(generator.integer(in: 1...2_000))
        switch fault {
        case .crash: office.crash(downFor: downTime)
        case .crashBehindCommit: office.crash(behind: generator.integer(in: 1...8))
        case .drain: await office.drain(downFor: downTime)
        case .pause:
            office.setPaused(true)
            try? await office.clock.sleep(for: lasting)
            office.setPaused(false)
        case .clockJump: jump(by: .seconds(generator.integer(in: -100_000...100_000)))
        case .monthEnd: jump(by: .seconds(generator.integer(in: 20...33) * 86_400))
        case .storeAway:
            store.setAway(true)
            try? await office.clock.sleep(for: lasting)
            store.setAway(false)
        case .lostAnswers, .lateAppends:
            var faults = JournalFaults()
            if fault == .lostAnswers {
                faults.lostAnswersPerThousand = generator.integer(in: 1...300)
            } else {
                faults.lateAppendsPerThousand = generator.integer(in: 1...300)
            }
            store.setFaults(faults)
            try? await office.clock.sleep(for: lasting)
            store.setFaults(JournalFaults())
        case .billerAway:
            biller.setAway(true)
            try? await office.clock.sleep(for: lasting)
            biller.setAway(false)
        case .lostReceipts:
            biller.setLosesReceipts(true)
            try? await office.clock.sleep(for: lasting)
            biller.setLosesReceipts(false)
        case .billerRefuses:
            biller.setRefuses(true)
            try? await office.clock.sleep(for: lasting)
            biller.setRefuses(false)
        case .repeats, .conflicts, .abandoned, .lateWords, .overdrafts, .substitutes, .guests, .entries, .tiers,
            .suspensions:
            break
        }
    }

    private func jump(by duration: Duration) {
        history.shows(office.clock.wallTime)
        office.clock.jumpWallTime(by: duration)
        history.shows(office.clock.wallTime)
    }
}
