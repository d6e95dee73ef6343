import MeshCore
import MeshSimulation
import MeshTestKit
import Testing

@Suite struct `A world of questions` {
    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `keeps every promise`(seed: UInt64) {
        let report = EscalationWorld.run(seed: seed)
        #expect(report.violation == nil, "\(report.replayLine)")
        #expect(report.steps < Limits.EscalationWorld.maximumSteps)
        #expect(report.virtualTime < report.plan.turmoil + Limits.EscalationWorld.horizon)
    }

    @Test func `the same seed is the same world`() {
        for seed in 5...7 as ClosedRange<UInt64> {
            let first = EscalationWorld.run(seed: seed)
            let second = EscalationWorld.run(seed: seed)
            #expect(first.traceHash == second.traceHash && first.steps == second.steps)
        }
    }

    @Test func `plans stay within their bounds, and meet them`() {
        let plans = (1...500).map { EscalationPlan(seed: $0) }
        #expect(plans.map(\.edgeCount).max() == Limits.EscalationWorld.maximumEdges)
        #expect(plans.map(\.askCount).max() == Limits.EscalationWorld.maximumAsks)
        #expect(EscalationFault.allCases.allSatisfy { fault in plans.contains { $0.faults.contains(fault) } })
        #expect(Limits.EscalationWorld.maximumArrivals > Limits.EscalationWorld.maximumAsks)
    }

    @Test func `nobody is patient for longer than what is awaited can take`() {
        #expect(Limits.EscalationWorld.silence < Limits.EscalationWorld.engineAlone)
        #expect(Limits.EscalationWorld.engineTold < Limits.EscalationWorld.lateness)
        #expect(Limits.EscalationWorld.engineAlone < Limits.EscalationWorld.memory)
        #expect(Limits.EscalationWorld.longestRest > Limits.EscalationWorld.silence)
        #expect(Limits.EscalationWorld.slowPieces > 0 && Limits.EscalationWorld.largestWord > 8_192)
        #expect(Limits.EscalationWorld.placeholderBytes >= 32)
    }
}
