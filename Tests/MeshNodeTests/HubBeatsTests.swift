import MeshActors
import MeshCore
import MeshIO
import MeshNode
import MeshQUIC
import MeshTestKit
import MeshTunnel
import MeshVitals
import MeshWire
import Testing

/// Beats over real links to a real hub.
@Suite(.timeLimit(.minutes(1))) struct `A hub that is sent beats` {
    /// What comes back over an edge's link.
    private final class Answers: LinkObserver {
        let acknowledged = Lock<[BeatAcknowledgement]>([])
        let closed = OneShot<CloseReason>()
        private let arrived = Signal()

        func control(_ frame: Frame, from peer: LinkPeer) -> ControlAnswer {
            guard let answer = try? frame.decode(as: BeatAcknowledgement.self) else { return .notKnown }
            acknowledged.withLock { $0.append(answer) }
            arrived.raise()
            return .nothing
        }

        func linkClosed(to peer: LinkPeer?, _ reason: CloseReason) { closed.open(reason) }

        func wait(for count: Int) async { while acknowledged.withLock({ $0.count }) < count { await arrived.wait() } }
    }

    /// Somebody who makes ready, and takes as long as it is told.
    private final class Warmer: WarmUpHook {
        let asked = Lock<[WarmUp]>([])
        let first = OneShot<Done>()
        let goOn = OneShot<Done>()

        func warmUp(_ wish: WarmUp) async {
            asked.withLock { $0.append(wish) }
            first.open(Done())
            _ = try? await goOn.wait()
        }
    }

    private func beat(_ name: String, _ sequence: UInt64, load: Double = 0.5) throws -> Frame {
        var vitals = Vitals()
        vitals.processorLoad = load
        let beat = Beat(
            device: try NodeID(name),
            timestampMilliseconds: 1_795_248_000_123,
            sequence: sequence,
            interval: nil,
            vitals: vitals
        )
        return Frame(type: .heartbeat, payload: beat.json)
    }

    @Test func `acknowledges each and keeps what it tells`() async throws {
        try await AssemblyGround.run { ground in
            let answers = Answers()
            let transport = try await ground.transport("laptop-7", answers)
            let hub = try await ground.dial(transport).node
            for sequence in UInt64(1)...3 {
                let frame = try beat("laptop-7", sequence, load: Double(sequence) / 10)
                #expect(await transport.send(control: frame, to: hub))
                await answers.wait(for: Int(sequence))
            }
            #expect(answers.acknowledged.withLock { $0.map(\.sequence) } == [1, 2, 3])
            let times = answers.acknowledged.withLock { $0.map(\.receivedMilliseconds) }
            #expect(times.allSatisfy { abs($0 - ground.clock.wallTime.millisecondsSince1970) < 60_000 })
            let entry = try #require(ground.hub.beats.entry(of: try NodeID("laptop-7")))
            #expect(entry.vitals.processorLoad == 0.3 && entry.sequence == 3 && entry.watch.isConnected)
            #expect(ground.hub.beats.accountCount == 1)
            await transport.close()
            while ground.hub.beats.accountCount > 0 { try await ground.clock.sleep(for: .milliseconds(5)) }
            #expect(ground.hub.beats.entry(of: try NodeID("laptop-7"))?.watch.isConnected == false)
        }
    }

    @Test func `drops what comes too fast, and ends the link when that goes on`() async throws {
        try await AssemblyGround.run { ground in
            let answers = Answers()
            let transport = try await ground.transport("laptop-7", answers)
            let hub = try await ground.dial(transport).node
            let flood = Limits.Heartbeat.maximumBurst + Limits.Heartbeat.maximumExcess + 200
            for sequence in 1...flood {
                _ = await transport.send(control: try beat("laptop-7", UInt64(sequence)), to: hub)
            }
            let reason = try await answers.closed.wait()
            #expect(reason.side == .peer && reason.kind == .application(5), "\(reason)")
            #expect(reason.message.contains("more beats than one in 100ms"), "\(reason)")
            let counts = ground.hub.beats.counts
            #expect(counts.closed == 1 && counts.dropped >= UInt64(Limits.Heartbeat.maximumExcess))
            let taken = ground.hub.beats.beatCounts.received
            #expect(taken >= UInt64(Limits.Heartbeat.maximumBurst) && taken + counts.dropped < UInt64(flood))
            await transport.close()
        }
    }

    @Test(arguments: ["", "{}", "no json", #"{"device_id":"another","timestamp":1,"sequence":1,"vitals":{}}"#])
    func `ends the link of one whose beats are none, or another's`(_ text: String) async throws {
        try await AssemblyGround.run { ground in
            let answers = Answers()
            let transport = try await ground.transport("laptop-7", answers)
            let hub = try await ground.dial(transport).node
            #expect(await transport.send(control: Frame(type: .heartbeat, payload: Array(text.utf8)), to: hub))
            let reason = try await answers.closed.wait()
            #expect(reason.side == .peer && reason.kind == .application(1), "\(reason)")
            #expect(ground.hub.beats.nodes.isEmpty)
            await transport.close()
        }
    }

    @Test func `has made ready what edges wish, one at a time, and each wish once`() async throws {
        let warmer = Warmer()
        try await AssemblyGround.run {
            $0.warmUp = warmer
        } _: { ground in
            let transport = try await ground.transport("laptop-7", Answers())
            let hub = try await ground.dial(transport).node
            func wish(_ project: String?) async throws {
                let wish = PreWarm(project: project, adapter: "roses", timestampMilliseconds: 0)
                #expect(await transport.send(control: Frame(type: .preWarm, payload: wish.wireBytes), to: hub))
            }
            try await wish("garden")
            _ = try await warmer.first.wait()
            // While the first is made ready the others wait; two that are the same are one.
            for project in ["kitchen", "kitchen"] { try await wish(project) }
            while ground.hub.beats.counts.preWarmsLeftOut == 0 { try await ground.clock.sleep(for: .milliseconds(5)) }
            #expect(warmer.asked.withLock { $0.count } == 1)
            warmer.goOn.open(Done())
            while warmer.asked.withLock({ $0.count }) < 2 { try await ground.clock.sleep(for: .milliseconds(5)) }
            let edge = try NodeID("laptop-7")
            #expect(warmer.asked.withLock { $0 }.map(\.project) == ["garden", "kitchen"])
            #expect(warmer.asked.withLock { $0 }.allSatisfy { $0.edge == edge && $0.adapter == "roses" })
            #expect(ground.hub.beats.counts.preWarms == 2)
            #expect(Limits.Heartbeat.maximumPreWarmBurst >= 3 && Limits.Heartbeat.preWarmsWaiting >= 1)
            // More than are taken are dropped.
            for number in 0..<Limits.Heartbeat.maximumPreWarmBurst { try await wish("p\(number)") }
            while ground.hub.beats.counts.dropped < 3 { try await ground.clock.sleep(for: .milliseconds(5)) }
            #expect(Limits.Heartbeat.shortestPreWarmInterval == .seconds(5))
            await transport.close()
        }
    }

    @Test func `is beaten by an edge as it ships, with this machine's vitals`() async throws {
        try await AssemblyGround.run { ground in
            var parts = Edge.Parts(
                loop: ground.loop,
                credentials: try ground.authority.credentials(.edge, "laptop-7"),
                verifier: ground.authority.verifier,
                hubs: [ConfiguredHub(try HubAddress("\(ground.hub.transport.localAddress)"))],
                resolver: SystemResolver(clock: ground.clock),
                clock: ground.clock,
                generator: SeededGenerator(seed: 2),
                logger: Logger(sink: VolatileLogSink(), clock: ground.clock, minimumLevel: .error)
            )
            var beats = Edge.Beats(source: MachineVitals(dataFolder: "/", clock: ground.clock))
            beats.configuration.interval = .milliseconds(100)
            beats.configuration.firstBeatWithin = .milliseconds(1)
            // Whatever else this machine runs meanwhile: its tests use every processor.
            beats.configuration.acknowledgementPatience = .seconds(30)
            beats.configuration.readingPatience = .seconds(30)
            parts.beats = beats
            let edge = try await Edge.make(parts)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await edge.run() }
                while try await #require(edge.beats).statistics.beats.acknowledged < 5 {
                    try await ground.clock.sleep(for: .milliseconds(10))
                }
                let entry = try #require(ground.hub.beats.entry(of: edge.name))
                #expect(entry.vitals.memoryTotalBytes ?? 0 > 1 << 20 && entry.vitals.processorCount ?? 0 > 0)
                #expect(entry.vitals.diskTotalBytes ?? 0 > 1 << 20 && entry.vitals.processorLoad != nil)
                #expect(entry.watch.interval == .milliseconds(100) && abs(entry.watch.skewMilliseconds) < 30_000)
                #expect(entry.watch.counts.lost + entry.watch.counts.duplicates + entry.watch.counts.outOfOrder == 0)
                group.cancelAll()
            }
        }
    }
}
