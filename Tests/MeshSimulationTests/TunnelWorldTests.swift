import MeshCore
import MeshSimulation
import MeshTestKit
import Testing

@Suite struct `A world of tunnels` {
    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `keeps every promise`(seed: UInt64) {
        let report = TunnelWorld.run(seed: seed)
        #expect(report.violation == nil, "\(report.replayLine)")
        #expect(report.figures.connections >= UInt64(report.plan.edgeCount))
        #expect(report.steps < Limits.TunnelWorld.maximumSteps)
        #expect(report.figures.recovery <= Limits.TunnelWorld.recovery)
        #expect(report.virtualTime > report.plan.turmoil + Limits.TunnelWorld.calm)
    }

    @Test func `the same seed is the same world`() {
        for seed in 5...7 as ClosedRange<UInt64> {
            let first = TunnelWorld.run(seed: seed)
            let second = TunnelWorld.run(seed: seed)
            #expect(first.traceHash == second.traceHash && first.steps == second.steps)
        }
    }

    @Test func `plans stay within their bounds, and meet them`() {
        let plans = (1...300).map { TunnelPlan(seed: $0) }
        #expect(plans.map(\.hubCount).max() == Limits.TunnelWorld.maximumHubs)
        #expect(plans.filter { !$0.isHerd }.map(\.edgeCount).max() == Limits.TunnelWorld.maximumEdges)
        #expect(plans.map(\.edgeCount).max() == Limits.TunnelWorld.herd)
        #expect(TunnelFault.allCases.allSatisfy { fault in plans.contains { $0.faults.contains(fault) } })
        #expect(Limits.TunnelWorld.maximumChores > Limits.TunnelWorld.herd * 4)
    }

    @Test func `a herd comes back spread out`() throws {
        let seed = try #require((1...300).first { TunnelPlan(seed: $0).isHerd })
        let report = TunnelWorld.run(seed: UInt64(seed))
        #expect(report.violation == nil && report.figures.mostDials > 0)
        #expect(report.figures.mostDials <= Limits.TunnelWorld.dialsPerSecond)
        #expect(report.figures.reconnects >= UInt64(Limits.TunnelWorld.herd))
        #expect(Limits.TunnelWorld.admissionsPerSecond * 2 < Limits.TunnelWorld.dialsPerSecond)
    }
}
