import MeshCore
import MeshTunnel
import MeshVitals
import Testing

@Suite struct `What a hub knows of its edges` {
    private let wall = WallTime(millisecondsSince1970: 1_795_248_000_000)

    private func at(_ seconds: Int64) -> Instant { .origin + .seconds(seconds) }

    private func beat(_ name: String, _ sequence: UInt64, load: Double = 0.5) throws -> Beat {
        var vitals = Vitals()
        vitals.processorLoad = load
        return Beat(
            device: try NodeID(name),
            timestampMilliseconds: wall.millisecondsSince1970,
            sequence: sequence,
            interval: .seconds(30),
            vitals: vitals
        )
    }

    @Test func `is the newest, also where an older beat comes behind it`() throws {
        var edges = EdgeVitals()
        for (sequence, link) in [(UInt64(1), UInt64(1)), (3, 2), (2, 1)] {
            let beat = try beat("e", sequence, load: Double(sequence) / 10)
            #expect(edges.received(beat, link: link, now: at(0), wallTime: wall) != nil)
        }
        let entry = try #require(edges.entry(of: try NodeID("e")))
        #expect(entry.sequence == 3 && entry.vitals.processorLoad == 0.3 && entry.seenAt == wall)
        #expect(edges.counts.received == 3 && edges.counts.lost == 0 && edges.nodes.map(\.text) == ["e"])
        #expect(edges.entry(of: try NodeID("f")) == nil)
    }

    @Test func `is counted in totals that never fall, whatever is forgotten or comes late`() throws {
        var edges = EdgeVitals()
        for (sequence, link) in [(UInt64(1), UInt64(1)), (4, 2), (3, 1), (4, 2)] {
            _ = edges.received(try beat("e", sequence), link: link, now: at(0), wallTime: wall)
        }
        #expect(edges.totals.received == 4 && edges.totals.missed == 2)
        #expect(edges.totals.outOfOrder == 1 && edges.totals.duplicates == 1)
        #expect(edges.counts.lost == 1)
        #expect(edges.deadlineReached(now: at(100)).map(\.text) == ["e"])
        #expect(edges.suspectedCount == 1 && edges.totals.suspicions == 1)
        _ = edges.received(try beat("e", 5), link: 2, now: at(101), wallTime: wall)
        #expect(edges.suspectedCount == 0 && edges.totals.late == 1)
        #expect(edges.deadlineReached(now: at(300)).map(\.text) == ["e"])
        edges.linkClosed(of: try NodeID("e"), link: 2)
        #expect(edges.suspectedCount == 0)
        edges.forget(now: at(20_000))
        #expect(edges.count == 0 && edges.counts.received == 0)
        #expect(edges.totals.received == 5 && edges.totals.missed == 2 && edges.totals.suspicions == 2)
    }

    @Test func `keeps as many edges as there is room for`() throws {
        #expect(Limits.Heartbeat.maximumEdges == 100_000)
        var edges = EdgeVitals(maximumEdges: 2)
        for name in ["a", "b"] {
            #expect(edges.received(try beat(name, 1), link: 1, now: at(0), wallTime: wall) != nil)
        }
        #expect(edges.received(try beat("c", 1), link: 3, now: at(0), wallTime: wall) == nil)
        #expect(edges.received(try beat("a", 2), link: 1, now: at(30), wallTime: wall)?.order == .next)
        #expect(edges.count == 2 && edges.unkept == 1 && edges.received == 4)
        // Who has been away for long makes room.
        edges.linkClosed(of: try NodeID("b"), link: 1)
        edges.forget(now: at(7_199))
        #expect(edges.count == 2)
        edges.forget(now: at(0) + Limits.Heartbeat.historyTime)
        #expect(edges.nodes == [try NodeID("a")])
        #expect(edges.received(try beat("c", 2), link: 3, now: at(7_200), wallTime: wall)?.order == .first)
    }

    @Test func `tells who has fallen silent, once, in time`() throws {
        var edges = EdgeVitals()
        for (index, name) in ["a", "b", "c", "d"].enumerated() {
            _ = edges.received(try beat(name, 1), link: UInt64(index), now: at(Int64(index)), wallTime: wall)
        }
        #expect(edges.nextDeadline == at(90))
        _ = edges.received(try beat("b", 2), link: 1, now: at(31), wallTime: wall)
        edges.linkClosed(of: try NodeID("c"), link: 2)
        #expect(edges.deadlineReached(now: at(89)).isEmpty)
        #expect(edges.deadlineReached(now: at(120)) == [try NodeID("a"), try NodeID("d")])
        #expect(edges.suspectedCount == 2)
        #expect(edges.nextDeadline == at(121), "of b, which has beaten meanwhile")
        #expect(edges.deadlineReached(now: at(121)) == [try NodeID("b")])
        #expect(edges.nextDeadline == nil)
        #expect(edges.deadlineReached(now: at(9_999)).isEmpty)
        // It is back, and may fall silent again.
        #expect(edges.received(try beat("a", 2), link: 0, now: at(200), wallTime: wall)?.isBack == true)
        #expect(edges.deadlineReached(now: at(290)) == [try NodeID("a")])
    }

    @Test func `suspects exactly those who are silent, in any order of events`() throws {
        for seed in UInt64(0)..<100 {
            var generator = SeededGenerator(seed: seed)
            var edges = EdgeVitals()
            var (now, last, suspected) = (Instant.origin, [String: Instant](), Set<String>())
            var sequences: [String: UInt64] = [:]
            for _ in 0..<200 {
                let name = "e\(generator.integer(below: 6))"
                switch generator.integer(below: 4) {
                case 0, 1:
                    sequences[name, default: 0] += 1
                    _ = edges.received(try beat(name, sequences[name] ?? 1), link: 1, now: now, wallTime: wall)
                    last[name] = now
                    suspected.remove(name)
                case 2 where generator.chance(1, in: 3):
                    edges.linkClosed(of: try NodeID(name), link: 1)
                    last[name] = nil
                    suspected.remove(name)
                default: now = now + .seconds(Int64(generator.integer(below: 40)))
                }
                for node in edges.deadlineReached(now: now) {
                    #expect(suspected.insert(node.text).inserted, "suspected twice, seed \(seed)")
                }
                let silent = Set(last.filter { now - $0.value >= .seconds(90) }.keys)
                #expect(suspected == silent, "seed \(seed)")
                #expect(edges.suspectedCount == silent.count)
            }
        }
    }

    @Test func `keeps two hours of history in a few kilobytes`() throws {
        #expect(MemoryLayout<VitalsPoint>.size == 12)
        var history = VitalsHistory()
        for index in 0..<1_000 {
            var vitals = Vitals()
            vitals.processorLoad = Double(index % 201) / 200
            let wall = WallTime(millisecondsSince1970: Int64(index) * 30_000)
            history.note(vitals, now: at(Int64(index) * 30), wallTime: wall)
        }
        #expect(history.points.count == Limits.Heartbeat.historyPoints)
        #expect(history.points.map(\.seconds) == (760..<1_000).map { UInt32($0 * 30) })
        #expect(history.points.last?.processorLoad == Double(999 % 201) / 200)
        // Beats that come faster do not make it shorter.
        var dense = VitalsHistory()
        for index in 0..<3_000 { dense.note(Vitals(), now: at(Int64(index)), wallTime: wall) }
        #expect((100...112).contains(dense.points.count))
    }

    @Test func `a point keeps what there is, and what there is not`() {
        var vitals = Vitals()
        #expect(VitalsPoint(vitals, at: wall).processorLoad == nil)
        #expect(VitalsPoint(vitals, at: wall).hottestCelsius == nil && VitalsPoint(vitals, at: wall).queueDepth == nil)
        (vitals.memoryTotalBytes, vitals.memoryAvailableBytes) = (1_000, 250)
        (vitals.diskTotalBytes, vitals.diskAvailableBytes) = (1_000, 1_001)
        (vitals.temperatureCelsius, vitals.queueDepth, vitals.batteryCharge) = (63.6, 9_999, 1)
        var card = GraphicsVitals(name: "card")
        (card.load, card.memoryTotalBytes, card.memoryUsedBytes) = (0.92, 100, 40)
        vitals.graphics = [card]
        let point = VitalsPoint(vitals, at: wall)
        #expect(point.memoryUsed == 0.75 && point.diskUsed == nil && point.hottestCelsius == 64)
        #expect(point.queueDepth == 254 && point.batteryCharge == 1)
        #expect(point.graphicsLoad == 0.92 && point.graphicsMemoryUsed == 0.4)
    }
}
