import MeshActors
import MeshCore
import MeshTestKit
import MeshTunnel
import MeshVitals
import MeshWire
import Testing

/// A way to a hub on which beats and acknowledgements come late, or not at all; and the hub.
private final class BeatGround: BeatChannel, VitalsSource {
    struct Rule: Sendable {
        var beatLoss = 0
        var acknowledgementLoss = 0
        var longestDelay = Duration.milliseconds(5)
        var hasLink = true
        var readingTime = Duration.milliseconds(3)
        var vitals = Vitals()
    }

    struct Seen: Sendable {
        var edges = EdgeVitals()
        var beatsDropped = 0
        var acknowledgementsDropped = 0
        var acknowledgementsDelivered = 0
        var preWarms: [PreWarm] = []
        var refused = 0
    }

    let clock: VirtualClock
    let rule = Lock(Rule())
    let seen = Lock(Seen())
    private let out = Intake<Frame>(capacity: 1_024)
    private let back = Intake<BeatAcknowledgement>(capacity: 1_024)
    private let generator: Lock<SeededGenerator>

    init(_ world: SeededWorld) {
        var generator = world.generator
        clock = world.clock
        self.generator = Lock(generator.split())
    }

    func send(_ frame: Frame) async -> Bool {
        guard rule.withLock({ $0.hasLink }) else {
            seen.withLock { $0.refused += 1 }
            return false
        }
        return out.offer(frame)
    }

    func read() async -> VitalsReading? {
        let (time, vitals) = rule.withLock { ($0.readingTime, $0.vitals) }
        try? await clock.sleep(for: time)
        var load = NodeLoad()
        (load.project, load.adapter) = ("garden", "roses")
        return Task.isCancelled ? nil : VitalsReading(vitals: vitals, load: load)
    }

    private func isLost(_ percent: Int) -> Bool { generator.withLock { $0.chance(percent, in: 100) } }

    private func pause() async {
        let longest = rule.withLock { $0.longestDelay }.wholeNanoseconds
        let delay = generator.withLock { $0.integer(below: Int(longest) + 1) }
        try? await clock.sleep(for: .nanoseconds(Int64(delay)))
    }

    /// One after the other, as a stream carries them.
    func carry(_ edge: HeartbeatActor) async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.carryBack(edge) }
            while let frame = await out.next() {
                await pause()
                guard !Task.isCancelled else { break }
                arrive(frame)
            }
            group.cancelAll()
        }
    }

    private func arrive(_ frame: Frame) {
        if frame.type == .preWarm {
            guard let wish = try? frame.decode(as: PreWarm.self) else { return }
            return seen.withLock { $0.preWarms.append(wish) }
        }
        guard !isLost(rule.withLock { $0.beatLoss }), let beat = try? Beat(json: frame.payload) else {
            return seen.withLock { $0.beatsDropped += 1 }
        }
        let (now, wall) = (clock.now, clock.wallTime)
        seen.withLock { _ = $0.edges.received(beat, link: 1, now: now, wallTime: wall) }
        _ = back.offer(
            BeatAcknowledgement(sequence: beat.sequence, receivedMilliseconds: wall.millisecondsSince1970)
        )
    }

    private func carryBack(_ edge: HeartbeatActor) async {
        while let acknowledgement = await back.next() {
            await pause()
            if isLost(rule.withLock { $0.acknowledgementLoss }) {
                seen.withLock { $0.acknowledgementsDropped += 1 }
            } else {
                seen.withLock { $0.acknowledgementsDelivered += 1 }
                edge.acknowledged(acknowledgement)
            }
        }
    }

    /// Runs `body` beside an edge that beats over this way.
    static func run(
        seed: UInt64,
        _ change: @escaping @Sendable (inout HeartbeatConfiguration) -> Void = { _ in },
        _ body: @escaping @Sendable (BeatGround, HeartbeatActor, VolatileLogSink) async throws -> Void
    ) throws -> SeededOutcome<Void> {
        try SeededRun.run(seed: seed) { world in
            let ground = BeatGround(world)
            var (configuration, generator) = (HeartbeatConfiguration(), world.generator)
            change(&configuration)
            let sink = VolatileLogSink()
            let edge = HeartbeatActor(
                of: try NodeID("edge-1"),
                source: ground,
                channel: ground,
                clock: world.clock,
                generator: generator.split(),
                logger: Logger(sink: sink, clock: world.clock, minimumLevel: .debug),
                configuration: configuration
            )
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await edge.run() }
                group.addTask { await ground.carry(edge) }
                try await body(ground, edge, sink)
                group.cancelAll()
            }
        }
    }
}

@Suite struct `An edge that beats` {
    @Test func `is known to its hub, and knows that it is`() throws {
        let outcome = try BeatGround.run(seed: 1) { ground, edge, _ in
            ground.rule.withLock { $0.vitals.processorLoad = 0.25 }
            await edge.tunnelConnected()
            try await ground.clock.sleep(for: .seconds(600))
            let counts = await edge.statistics.beats
            let hub = ground.seen.withLock { $0.edges }
            #expect((18...22).contains(counts.sent))
            #expect(counts.acknowledged == counts.sent && counts.lost + counts.late + counts.withoutVitals == 0)
            #expect(hub.counts.received == counts.sent && hub.counts.lost + hub.counts.late == 0)
            let entry = try #require(hub.entry(of: try NodeID("edge-1")))
            #expect(entry.vitals.processorLoad == 0.25 && entry.watch.interval == .seconds(30))
            #expect(try #require(counts.lastRoundTrip) <= .milliseconds(10))
        }
        try outcome.result.get()
    }

    @Test(arguments: UInt64(1)...20)
    func `agrees with its hub on what was lost and late, whatever the way does`(seed: UInt64) throws {
        let change: @Sendable (inout HeartbeatConfiguration) -> Void = { $0.interval = .seconds(15) }
        let outcome = try BeatGround.run(seed: seed, change) { ground, edge, sink in
            await edge.tunnelConnected()
            // Of what was before the first beat that it sees, a hub knows nothing.
            try await ground.clock.sleep(for: .seconds(2))
            ground.rule.withLock { rule in
                (rule.beatLoss, rule.acknowledgementLoss) = (20, 10)
                rule.longestDelay = .seconds(9)
            }
            try await ground.clock.sleep(for: .seconds(7_200))
            ground.rule.withLock { rule in
                (rule.beatLoss, rule.acknowledgementLoss) = (0, 0)
                rule.longestDelay = .milliseconds(5)
            }
            // Until what was under way is settled: acknowledged, or given up.
            try await ground.clock.sleep(for: .seconds(300))
            let beats = await edge.statistics.beats
            let (hub, seen) = ground.seen.withLock { ($0.edges.counts, $0) }
            #expect(seen.beatsDropped > 10 && seen.acknowledgementsDropped > 5, "there was something to notice")
            #expect(beats.sent == hub.received + hub.lost, "the hub misses what was sent and has not come")
            #expect(hub.lost == UInt64(seen.beatsDropped))
            #expect(beats.lost == UInt64(seen.beatsDropped + seen.acknowledgementsDropped))
            #expect(beats.acknowledged + beats.late == UInt64(seen.acknowledgementsDelivered))
            #expect(beats.late > 0 && beats.overdue == beats.late + beats.lost)
            #expect(hub.duplicates + hub.outOfOrder + hub.restarts == 0)
            let events = sink.records.map(\.event.name)
            #expect(events.count { $0 == "edge.beat-late" } == Int(beats.late))
            #expect(events.count { $0 == "edge.beat-overdue" } == Int(beats.overdue))
            #expect(events.count { $0 == "edge.beats-lost" } == Int(beats.lost))
        }
        try outcome.result.get()
    }

    @Test func `spends no number while its tunnel is down`() throws {
        let outcome = try BeatGround.run(seed: 3) { ground, edge, _ in
            await edge.tunnelConnected()
            try await ground.clock.sleep(for: .seconds(100))
            let before = await edge.statistics.beats.sent
            await edge.tunnelLost()
            try await ground.clock.sleep(for: .seconds(3_600))
            #expect(await edge.statistics.beats.sent == before)
            await edge.tunnelConnected()
            try await ground.clock.sleep(for: .seconds(100))
            let after = await edge.statistics.beats
            #expect(after.sent > before && after.lost == 0)
            #expect(ground.seen.withLock { $0.edges.counts.lost } == 0)
        }
        try outcome.result.get()
    }

    @Test func `loses what is under way when its tunnel is lost`() throws {
        let outcome = try BeatGround.run(seed: 4) { ground, edge, sink in
            ground.rule.withLock { $0.beatLoss = 100 }
            await edge.tunnelConnected()
            try await ground.clock.sleep(for: .seconds(5))
            #expect(await edge.statistics.beats.sent == 1)
            await edge.tunnelLost()
            #expect(await edge.statistics.beats.lost == 1)
            #expect(sink.records.contains { $0.event.name == "edge.beats-lost" })
        }
        try outcome.result.get()
    }

    @Test func `counts what it could not hand over`() throws {
        let outcome = try BeatGround.run(seed: 5) { ground, edge, _ in
            ground.rule.withLock { $0.hasLink = false }
            await edge.tunnelConnected()
            try await ground.clock.sleep(for: .seconds(300))
            let beats = await edge.statistics.beats
            #expect(beats.sent > 5 && beats.lost == beats.sent)
            #expect(Int(beats.sent) == ground.seen.withLock { $0.refused })
        }
        try outcome.result.get()
    }

    @Test func `beats without vitals where a disk hangs`() throws {
        let outcome = try BeatGround.run(seed: 6) { ground, edge, _ in
            ground.rule.withLock { rule in
                rule.vitals.processorLoad = 0.5
                rule.readingTime = .seconds(100_000)
            }
            await edge.tunnelConnected()
            try await ground.clock.sleep(for: .seconds(600))
            let beats = await edge.statistics.beats
            #expect((10...25).contains(beats.sent) && beats.acknowledged >= beats.sent - 1)
            let entry = try #require(ground.seen.withLock { $0.edges.entry(of: try NodeID("edge-1")) })
            #expect(entry.vitals == Vitals())
            // And with them as soon as it moves again.
            ground.rule.withLock { $0.readingTime = .milliseconds(1) }
            try await ground.clock.sleep(for: .seconds(120))
            let later = try #require(ground.seen.withLock { $0.edges.entry(of: try NodeID("edge-1")) })
            #expect(later.vitals.processorLoad == 0.5)
        }
        try outcome.result.get()
    }

    @Test func `pre-warms its hub once, behind a beat`() throws {
        let outcome = try BeatGround.run(seed: 7) { ground, edge, _ in
            await edge.tunnelConnected()
            try await ground.clock.sleep(for: .seconds(100))
            #expect(ground.seen.withLock { $0.preWarms.isEmpty })
            ground.rule.withLock { $0.vitals.temperatureCelsius = 91 }
            try await ground.clock.sleep(for: .seconds(600))
            let wishes = ground.seen.withLock { $0.preWarms }
            #expect(wishes.map(\.project) == ["garden"] && wishes.map(\.adapter) == ["roses"])
            #expect(await edge.statistics.preWarms == 1)
        }
        try outcome.result.get()
    }

    @Test func `takes no more acknowledgements than it may wait for`() throws {
        let outcome = try BeatGround.run(seed: 8) { ground, edge, _ in
            await edge.tunnelConnected()
            try await ground.clock.sleep(for: .seconds(10))
            let flood = 10 * Limits.Heartbeat.acknowledgementsWaiting
            for number in 0..<flood {
                edge.acknowledged(BeatAcknowledgement(sequence: UInt64(1_000 + number), receivedMilliseconds: 0))
            }
            try await ground.clock.sleep(for: .seconds(10))
            let unknown = await edge.statistics.beats.unknownAcknowledgements
            #expect(unknown >= 1 && unknown <= UInt64(Limits.Heartbeat.acknowledgementsWaiting) + 1)
        }
        try outcome.result.get()
    }
}
