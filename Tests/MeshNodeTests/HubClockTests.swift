import MeshCore
import MeshNode
import MeshTestKit
import Testing

@Suite struct `The clock of a hub` {
    private let noon = WallTime(millisecondsSince1970: 1_795_262_400_000)

    private func ahead(_ duration: Duration) -> ClockDifference {
        let milliseconds = duration.components.seconds * 1_000 + duration.components.attoseconds / 1_000_000_000_000_000
        return ClockDifference(
            own: WallTime(millisecondsSince1970: noon.millisecondsSince1970 + milliseconds),
            hub: noon
        )
    }

    @Test func `agrees, is apart or is wrong, in both directions alike`() {
        for direction in [1, -1] {
            #expect(ahead((Limits.HubClock.tolerated - .milliseconds(1)) * direction).verdict == .agree)
            #expect(ahead(Limits.HubClock.tolerated * direction).verdict == .apart)
            #expect(ahead((Limits.HubClock.wrong - .milliseconds(1)) * direction).verdict == .apart)
            #expect(ahead(Limits.HubClock.wrong * direction).verdict == .wrong)
        }
        #expect("\(ahead(.seconds(86_400)))".hasPrefix("this machine's clock (2026-"))
        #expect("\(ahead(.seconds(86_400)))".contains("is 24h ahead of the hub's"))
        #expect("\(ahead(.seconds(-86_400)))".contains("is 24h behind the hub's"))
    }

    @Test(arguments: [Int64.min, Int64.max, 0, -1]) func `may be anything, and traps nobody`(milliseconds: Int64) {
        for own in [noon, WallTime(millisecondsSince1970: .min), WallTime(millisecondsSince1970: .max)] {
            let found = ClockDifference(own: own, hub: WallTime(millisecondsSince1970: milliseconds))
            #expect(found.verdict == .wrong || own.millisecondsSince1970 == milliseconds)
            #expect(!"\(found)".isEmpty)
        }
    }

    @Test func `is told of once when it parts, and once when it meets again`() async throws {
        let sink = VolatileLogSink()
        let clock = HubClock(logger: Logger(sink: sink, clock: VirtualClock(), minimumLevel: .info))
        #expect(clock.latest == nil)
        clock.heard(noon, own: noon)
        #expect(sink.records.isEmpty)
        let day = WallTime(millisecondsSince1970: noon.millisecondsSince1970 + 86_400_000)
        for _ in 0..<3 { clock.heard(noon, own: day) }
        clock.heard(day, own: day)
        #expect(sink.records.map(\.event.name) == ["edge.clocks-apart", "edge.clocks-agree"])
        #expect(sink.records.first?.level == .error)
        #expect(clock.latest?.verdict == .agree)
        // What decides about a start is the first.
        #expect(try await clock.firstDifference().verdict == .agree)
    }

    @Test func `makes an edge unready only where one of the two is surely wrong`() {
        #expect(NodeState.Check.clock(nil).isPassing)
        #expect(NodeState.Check.clock(ahead(.seconds(3_600))).isPassing)
        let wrong = NodeState.Check.clock(ahead(.seconds(86_400)))
        #expect(!wrong.isPassing && wrong.weight == .readiness)
        #expect(!NodeState(.ready, checks: [wrong]).isReady)
        #expect(NodeState(.ready, checks: [wrong]).isLive)
    }
}
