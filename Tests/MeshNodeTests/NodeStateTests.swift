import MeshCore
import MeshJSON
import MeshNode
import Testing

@Suite struct `The state of a node` {
    private func check(
        _ name: NodeState.Check.Name,
        _ weight: NodeState.Check.Weight,
        _ isPassing: Bool
    ) -> NodeState.Check { NodeState.Check(name, weight, isPassing: isPassing, "as found") }

    @Test func `is ready in its phase alone, and with everything well`() {
        let good = check(.storeAnswers, .liveness, true)
        for phase in NodeState.Phase.allCases {
            #expect(NodeState(phase, checks: [good]).isReady == (phase == .ready))
            #expect(NodeState(phase, checks: [good]).isLive)
        }
        let bad = check(.tunnelConnected, .readiness, false)
        #expect(!NodeState(.ready, checks: [good, bad]).isReady)
    }

    @Test func `is alive unless something fails that only another start would mend`() {
        #expect(NodeState(.ready, checks: [check(.tunnelConnected, .readiness, false)]).isLive)
        #expect(!NodeState(.ready, checks: [check(.storeAnswers, .liveness, false)]).isLive)
    }

    @Test func `tells the days that a certificate has left`() {
        let now = WallTime(millisecondsSince1970: 1_800_000_000_000)
        func check(_ seconds: Int64) -> NodeState.Check {
            .certificate(
                endingAt: WallTime(millisecondsSince1970: now.millisecondsSince1970 + seconds * 1_000),
                now: now
            )
        }
        #expect(check(86_400 * 45 + 5).detail.hasPrefix("45 days left, until 20"))
        #expect(check(86_400).detail.hasPrefix("1 day left"))
        #expect(check(30).isPassing && check(0).isPassing)
        #expect(!check(-1).isPassing && check(-1).detail.hasPrefix("ended at 20"))
    }

    @Test func `is answered with every check by name`() throws {
        let state = NodeState(.draining, checks: [check(.listenerBound, .readiness, true)])
        #expect(state.json["phase"] == "draining")
        #expect(state.json["ready"] == false && state.json["live"] == true)
        let found = try #require(state.json["checks"]?.array?.first)
        #expect(found["name"] == "listener_bound" && found["passing"] == true && found["weight"] == "readiness")
    }

    @Test func `never goes back`() {
        let phase = NodePhase()
        #expect(phase.current == .starting)
        phase.move(to: .ready)
        phase.move(to: .starting)
        #expect(phase.current == .ready)
        phase.move(to: .draining)
        phase.move(to: .ready)
        #expect(phase.current == .draining)
    }
}
