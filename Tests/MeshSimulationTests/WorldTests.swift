import MeshActors
import MeshCheck
import MeshCore
import MeshSimulation
import MeshTestKit
import Testing

@Suite struct `A simulated world` {
    @Test(arguments: 1...12 as ClosedRange<UInt64>)
    func `keeps every promise`(seed: UInt64) {
        let report = World.run(seed: seed) { ShippedNode($0) }
        #expect(report.violation == nil, "\(report.replayLine)")
        #expect(report.figures.answered > 0)
        #expect(report.steps < Limits.World.maximumSteps)
        #expect(report.virtualTime < report.plan.turmoil + Limits.Recovery.longest + Limits.Recovery.longestSettling)
    }

    @Test func `the same seed is the same world`() {
        for seed in 5...7 as ClosedRange<UInt64> {
            let first = World.run(seed: seed) { ShippedNode($0) }
            let second = World.run(seed: seed) { ShippedNode($0) }
            #expect(first.traceHash == second.traceHash && first.steps == second.steps)
        }
    }

    @Test func `a node that answers nothing is found by its lack of life`() {
        let report = World.run(seed: 1) { _ in DeafNode() }
        #expect(report.violation?.checker == "liveness")
        #expect(!report.notes.isEmpty)
        #expect(report.replayLine == "meshsim run --first-seed 1 --seeds 1")
    }

    @Test func `a node that says what is not so is found`() {
        let report = World.run(seed: 1) { _ in LyingNode() }
        #expect(report.violation?.checker == "output-gate")
    }

    @Test func `plans stay within their bounds, and meet them`() {
        let plans = (1...300).map { WorldPlan(seed: $0) }
        #expect(plans.map(\.hubCount).max() == Limits.World.maximumHubs)
        #expect(plans.map(\.edgeCount).max() == Limits.World.maximumEdges)
        #expect(WorldFault.allCases.allSatisfy { fault in plans.contains { $0.faults.contains(fault) } })
        #expect(Limits.World.maximumTries > 1)
    }

    @Test(arguments: JournalConformance.allCases)
    func `the shipped store on a simulated disk keeps every law of a journal`(law: JournalConformance) throws {
        let outcome = try SeededRun.run(seed: 1) { world in
            let disk = SimulatedDisk(generator: world.generator)
            let history = History(trace: world.trace, isShared: false)
            try await withThrowingTaskGroup(of: Void.self) { group in
                let first = try DiskJournal(
                    on: disk,
                    clock: world.clock,
                    gate: NodeGate(),
                    history: history,
                    generator: world.generator
                )
                let reopened = OneShot<DiskJournal>()
                group.addTask { await first.run() }
                group.addTask { await (try reopened.wait()).run() }
                defer { group.cancelAll() }
                try await law.check(
                    JournalUnderTest(first) {
                        disk.killProcess()
                        let journal = try DiskJournal(
                            on: disk,
                            clock: world.clock,
                            gate: NodeGate(),
                            history: history,
                            generator: world.generator
                        )
                        reopened.open(journal)
                        return journal
                    }
                )
            }
        }
        try outcome.result.get()
    }
}

private struct DeafNode: NodeUnderTest {
    func run() async { await NodeGate().untilDead() }
    func drain() async {}
    func call(_ key: String, _ ask: HistoryEvent.Ask, as command: CommandID, deadline: Instant) async -> CallOutcome {
        .open("deaf")
    }
}

private struct LyingNode: NodeUnderTest {
    func run() async { await NodeGate().untilDead() }
    func drain() async {}
    func call(_ key: String, _ ask: HistoryEvent.Ask, as command: CommandID, deadline: Instant) async -> CallOutcome {
        .answered(.done(1))
    }
}
