import MeshCore
import MeshTunnel
import MeshVitals
import Testing

@Suite struct `What a hub makes of beats` {
    private let wall = WallTime(millisecondsSince1970: 1_000_000)

    private func at(_ seconds: Int64) -> Instant { .origin + .seconds(seconds) }

    private func beat(_ sequence: UInt64, timestamp: Int64 = 1_000_000, interval: Duration? = .seconds(30)) throws
        -> Beat
    {
        Beat(
            device: try NodeID("e"),
            timestampMilliseconds: timestamp,
            sequence: sequence,
            interval: interval,
            vitals: Vitals()
        )
    }

    /// A watch, and what it makes of beats given by link and number.
    private func orders(_ beats: [(link: UInt64, sequence: UInt64)]) throws -> (BeatWatch, [BeatWatch.Order]) {
        var watch = BeatWatch(first: try beat(beats[0].sequence), link: beats[0].link, now: at(0))
        var found: [BeatWatch.Order] = []
        for (index, next) in beats.enumerated() {
            let now = at(Int64(index) * 30)
            found.append(try watch.received(beat(next.sequence), link: next.link, now: now, wallTime: wall).order)
        }
        return (watch, found)
    }

    @Test func `in order nothing is missing, wherever they begin`() throws {
        let (watch, found) = try orders([(1, 57), (1, 58), (1, 59), (2, 60)])
        #expect(found == [.first, .next, .next, .next])
        #expect(watch.counts == counts(received: 4))
    }

    @Test func `numbers passed over are lost`() throws {
        let (watch, found) = try orders([(1, 1), (1, 2), (1, 5), (2, 9)])
        #expect(found == [.first, .next, .afterGap(2), .afterGap(3)])
        #expect(watch.counts == counts(received: 4, lost: 5))
    }

    @Test func `on an older link they were overtaken, and are not lost`() throws {
        let (watch, found) = try orders([(1, 1), (2, 4), (1, 3), (1, 3), (1, 1), (2, 5)])
        #expect(found == [.first, .afterGap(2), .outOfOrder, .duplicate, .duplicate, .next])
        #expect(watch.counts == counts(received: 6, lost: 1, duplicates: 2, outOfOrder: 1))
    }

    @Test func `the same number on one link is a repetition`() throws {
        let (watch, found) = try orders([(1, 1), (1, 2), (1, 2), (1, 1)])
        #expect(found == [.first, .next, .duplicate, .duplicate])
        #expect(watch.counts == counts(received: 4, duplicates: 2))
    }

    @Test func `lower numbers on a newer link are of another life`() throws {
        let (watch, found) = try orders([(1, 40), (1, 41), (2, 1), (2, 2), (1, 42), (3, 2)])
        #expect(found == [.first, .next, .restarted, .next, .outOfOrder, .restarted])
        #expect(watch.counts == counts(received: 6, outOfOrder: 1, restarts: 2))
    }

    @Test func `numbers without measure are counted without a trap`() throws {
        let end = UInt64(Int64.max)
        let (watch, found) = try orders([
            (1, 1), (1, end), (2, 1), (2, end), (3, 1), (3, end), (4, 1), (4, end), (3, 5),
        ])
        #expect(found.last == .outOfOrder)
        #expect(watch.counts.lost == .max && watch.counts.restarts == 3)
        let far = try orders([(1, 1), (2, 100), (1, 36), (1, 37)])
        #expect(far.1 == [.first, .afterGap(98), .outOfOrder, .outOfOrder])
        #expect(far.0.counts.lost == 97, "too far back to tell whether it had come")
    }

    @Test func `after two intervals of silence one is late, after three the edge is suspected`() throws {
        #expect(Limits.Heartbeat.lateAfterIntervals == 2 && Limits.Heartbeat.suspectedAfterIntervals == 3)
        var watch = BeatWatch(first: try beat(1), link: 1, now: at(0))
        _ = try watch.received(beat(1), link: 1, now: at(0), wallTime: wall)
        let inTime = try watch.received(beat(2), link: 1, now: at(60), wallTime: wall)
        let late = try watch.received(beat(3), link: 1, now: at(121), wallTime: wall)
        #expect(!inTime.isLate && late.isLate)
        #expect(watch.suspicionDeadline == at(211))
        let isTooEarly = watch.deadlineReached(now: at(210))
        #expect(!isTooEarly && !watch.isSuspected)
        let (isSuspected, isSuspectedAgain) = (watch.deadlineReached(now: at(211)), watch.deadlineReached(now: at(400)))
        #expect(isSuspected && !isSuspectedAgain, "once")
        let back = try watch.received(beat(4), link: 1, now: at(500), wallTime: wall)
        #expect(back.isBack && back.isLate && !watch.isSuspected)
        #expect(watch.counts.late == 2)
    }

    @Test func `the silence of an edge whose link has ended is none`() throws {
        var watch = BeatWatch(first: try beat(1), link: 1, now: at(0))
        _ = try watch.received(beat(1), link: 1, now: at(0), wallTime: wall)
        watch.linkClosed(7)
        #expect(watch.isConnected && watch.suspicionDeadline != nil, "another link's end is none of it")
        watch.linkClosed(1)
        let isSuspected = watch.deadlineReached(now: at(10_000))
        #expect(!watch.isConnected && watch.suspicionDeadline == nil && !isSuspected)
        let next = try watch.received(beat(2), link: 2, now: at(10_000), wallTime: wall)
        #expect(!next.isLate && next.order == .next && watch.isConnected)
    }

    @Test func `the interval is the edge's own, within bounds`() throws {
        for (stated, kept) in [
            (nil, Duration.seconds(30)), (Duration.milliseconds(1), Limits.Heartbeat.shortestInterval),
        ] {
            let first = try beat(1, interval: stated)
            #expect(BeatWatch(first: first, link: 1, now: at(0)).interval == kept)
        }
    }

    @Test func `the difference of clocks is told, whatever the edge says`() throws {
        var watch = BeatWatch(first: try beat(1), link: 1, now: at(0))
        for (stamp, skew) in [(1_000_250, 250), (0, -1_000_000), (Int64.max, .max - 1_000_000), (.min, .min)] {
            let sequence = watch.counts.received + 1
            _ = try watch.received(beat(sequence, timestamp: stamp), link: 1, now: at(0), wallTime: wall)
            #expect(watch.skewMilliseconds == skew)
        }
    }

    private func counts(
        received: UInt64 = 0,
        lost: UInt64 = 0,
        duplicates: UInt64 = 0,
        outOfOrder: UInt64 = 0,
        restarts: UInt64 = 0
    ) -> BeatWatch.Counts {
        var counts = BeatWatch.Counts()
        (counts.received, counts.lost, counts.duplicates) = (received, lost, duplicates)
        (counts.outOfOrder, counts.restarts) = (outOfOrder, restarts)
        return counts
    }
}

@Suite struct `How much a link may send` {
    @Test func `a burst is taken, then one in an interval`() {
        var budget = BeatBudget(interval: .milliseconds(100), burst: 8, now: .origin)
        for _ in 0..<8 { #expect(budget.decide(now: .origin) == .take) }
        #expect(budget.decide(now: .origin) == .drop)
        #expect(budget.decide(now: .origin + .milliseconds(100)) == .take)
        #expect(budget.decide(now: .origin + .milliseconds(100)) == .drop)
        let later = Instant.origin + .seconds(60)
        for _ in 0..<8 { #expect(budget.decide(now: later) == .take) }
        #expect(budget.decide(now: later) == .drop)
    }

    @Test func `a flood ends the link, and one that keeps the pace never does`() {
        var budget = BeatBudget(interval: .milliseconds(100), burst: Limits.Heartbeat.maximumBurst, now: .origin)
        var decisions: [BeatBudget.Decision] = []
        for _ in 0..<100 where decisions.last != .close { decisions.append(budget.decide(now: .origin)) }
        #expect(decisions.count == Limits.Heartbeat.maximumBurst + Limits.Heartbeat.maximumExcess + 1)
        var steady = BeatBudget(interval: .milliseconds(100), burst: 8, now: .origin)
        for beat in 0..<10_000 { #expect(steady.decide(now: .origin + .milliseconds(100 * Int64(beat))) == .take) }
    }
}
