import MeshCore
import MeshSimulation
import MeshTestKit
import Testing

@Suite struct `A world of accounts` {
    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `bills what the oracle says, to the nano-dollar`(seed: UInt64) {
        let report = LedgerWorld.run(seed: seed)
        #expect(report.violation == nil, "\(report.replayLine)")
        #expect(report.figures.difference == 0)
        #expect(report.figures.requests == report.plan.payerCount * report.plan.requestCount)
        #expect(report.steps < Limits.LedgerWorld.maximumSteps)
        #expect(report.virtualTime < report.plan.turmoil + Limits.LedgerWorld.horizon)
    }

    @Test func `the same seed is the same world`() {
        for seed in 5...7 as ClosedRange<UInt64> {
            let first = LedgerWorld.run(seed: seed)
            let second = LedgerWorld.run(seed: seed)
            #expect(first.traceHash == second.traceHash && first.steps == second.steps)
        }
    }

    @Test func `plans stay within their bounds, and meet them`() {
        let plans = (1...500).map { LedgerPlan(seed: $0) }
        #expect(plans.map(\.accountCount).max() == Limits.LedgerWorld.maximumAccounts)
        #expect(plans.map(\.payerCount).max() == Limits.LedgerWorld.maximumPayers)
        #expect(plans.map(\.requestCount).max() == Limits.LedgerWorld.maximumRequests)
        #expect(LedgerWorldFault.allCases.allSatisfy { fault in plans.contains { $0.faults.contains(fault) } })
        #expect(Limits.LedgerWorld.maximumPayers * Limits.LedgerWorld.maximumRequests < 1_024)
        #expect(Limits.LedgerWorld.reserveTries < Limits.LedgerWorld.insistentTries)
    }
}
