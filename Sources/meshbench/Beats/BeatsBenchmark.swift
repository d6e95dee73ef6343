internal import Glibc
internal import MeshActors
internal import MeshCore
internal import MeshIO
internal import MeshNode
internal import MeshQUIC
internal import MeshTestKit
internal import MeshTunnel
internal import MeshVitals
internal import MeshWire

/// Beats between an edge and a hub as they ship, between links that do nothing else, and without any network.
struct BeatsBenchmark: Sendable {
    let duration: Duration
    let links: Int
    let edges: Int
    let hasCapacity: Bool

    func run() async throws -> [BeatFigure] {
        let baseline = try UDPBaseline()
        let ground = try TunnelGround(on: baseline)
        let machine = MachineVitals(dataFolder: "/", clock: ground.clock)
        _ = await machine.read()
        guard let vitals = await machine.read()?.vitals else { throw UDPBaselineFailure("this machine says nothing") }
        var figures = try await roundTrips(ground, machine)
        if hasCapacity {
            figures += try await capacity(ground, vitals)
            figures += try accounts(vitals)
        }
        await baseline.end()
        return figures
    }

    // MARK: Round trips

    /// Keeps the round trips that an edge tells.
    private final class RoundTrips: LogSink {
        let kept = Lock<[Int64]>([])

        func write(_ record: LogRecord) {
            guard record.event.name == "edge.beat-acknowledged" else { return }
            for field in record.fields {
                if case .duration(let time) = field.value { kept.withLock { $0.append(time.wholeNanoseconds) } }
            }
        }
    }

    private func hub(_ ground: TunnelGround, _ name: String, _ interval: Duration) async throws -> Hub {
        var parts = Hub.Parts(
            loop: ground.far,
            address: .loopbackIPv4(port: 0),
            credentials: try ground.authority.credentials(.hub, name),
            verifier: ground.authority.verifier,
            journal: VolatileJournal(),
            incarnation: 1,
            clock: ground.clock,
            generator: SeededGenerator(seed: 1),
            logger: ground.logger
        )
        parts.shortestBeatInterval = interval
        parts.connections.handshakesPerSecond = nil
        return try await Hub.make(parts)
    }

    /// One edge that beats ten times a second, with this machine's vitals.
    private func roundTrips(_ ground: TunnelGround, _ machine: MachineVitals) async throws -> [BeatFigure] {
        let hub = try await hub(ground, "beat-hub", .milliseconds(1))
        let sink = RoundTrips()
        var parts = Edge.Parts(
            loop: ground.near,
            credentials: try ground.authority.credentials(.edge, "beat-edge"),
            verifier: ground.authority.verifier,
            hubs: [ConfiguredHub(try HubAddress("\(hub.transport.localAddress)"))],
            resolver: SystemResolver(clock: ground.clock),
            clock: ground.clock,
            generator: SeededGenerator(seed: 2),
            logger: Logger(sink: sink, clock: ground.clock, minimumLevel: .debug)
        )
        var beats = Edge.Beats(source: machine)
        beats.configuration.interval = Limits.Heartbeat.shortestInterval
        parts.beats = beats
        let edge = try await Edge.make(parts)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask(executorPreference: ground.far) { await hub.run() }
            group.addTask(executorPreference: ground.near) { await edge.run() }
            try await edge.tunnel.waitUntilConnected(deadline: ground.clock.now + .seconds(10))
            // Beside them, as often: questions to the hub's actors over the same link, between two beats.
            var probes: [Int64] = []
            let (prober, name, end) = (
                ActorHubProbe(node: edge.node), try NodeID("beat-hub"), ground.clock.now + duration
            )
            while ground.clock.now < end {
                try await ground.clock.sleep(for: Limits.Heartbeat.shortestInterval + .milliseconds(3))
                let begin = ground.clock.now
                _ = try await prober.probe(name, deadline: begin + .seconds(5))
                probes.append((ground.clock.now - begin).wholeNanoseconds)
            }
            group.cancelAll()
            let sorted = sink.kept.withLock { $0.sorted() }
            probes.sort()
            guard !sorted.isEmpty else { throw UDPBaselineFailure("no beat was acknowledged") }
            func at(_ part: Double, _ sorted: [Int64]) -> Double {
                Double(sorted[min(sorted.count - 1, Int(Double(sorted.count) * part))]) / 1_000
            }
            return [
                BeatFigure("round_trips", "beats of one edge, ten a second", Double(sorted.count), "beats"),
                BeatFigure("p50_us", "round trip, p50", at(0.5, sorted), "µs"),
                BeatFigure("p99_us", "round trip, p99", at(0.99, sorted), "µs"),
                BeatFigure("max_us", "round trip, longest", at(1, sorted), "µs"),
                BeatFigure("probe_p50_us", "a question to the hub's actors, as often, p50", at(0.5, probes), "µs"),
                BeatFigure("probe_p99_us", "the same, p99", at(0.99, probes), "µs"),
            ]
        }
    }

    // MARK: How many a hub takes

    /// Beats one behind the other over one link.
    private final class Beater: LinkObserver {
        private let acknowledged = Signal()

        func control(_ frame: Frame, from peer: LinkPeer) -> ControlAnswer {
            acknowledged.raise()
            return .nothing
        }

        func wait() async { await acknowledged.wait() }
    }

    private func capacity(_ ground: TunnelGround, _ vitals: Vitals) async throws -> [BeatFigure] {
        let hub = try await hub(ground, "busy-hub", .microseconds(1))
        var sides: [(QUICTransport, Beater, NodeID)] = []
        for index in 0..<links {
            let (name, beater) = ("beat-\(index)", Beater())
            let transport = try await QUICTransport(
                loop: ground.near,
                address: .anyIPv4(port: 0),
                accepts: false,
                credentials: try ground.authority.credentials(.edge, name),
                verifier: ground.authority.verifier,
                software: NodeSoftware.name,
                clock: ground.clock,
                observer: beater
            )
            _ = try await transport.connect(to: hub.transport.localAddress, serverName: TunnelGround.serverName)
            sides.append((transport, beater, try NodeID(name)))
        }
        let (count, begin) = (Lock(UInt64(0)), ground.clock.now)
        let cost = try await ground.costs {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (transport, beater, name) in sides {
                    group.addTask(executorPreference: ground.near) {
                        try await beat(transport, beater, name, vitals, until: begin + duration, ground.clock, count)
                    }
                }
                try await group.waitForAll()
            }
        }
        let seconds = Double((ground.clock.now - begin).wholeNanoseconds) / 1e9
        for (transport, _, _) in sides { await transport.close() }
        await hub.transport.close()
        let beats = Double(count.withLock { $0 })
        guard UInt64(beats) == hub.beats.beatCounts.received else { throw UDPBaselineFailure("beats were dropped") }
        let each = cost.far.time / beats
        return [
            BeatFigure("links", "links, one beat in flight on each", Double(links), "links"),
            BeatFigure(
                "beats_per_second",
                "beats acknowledged in a second, both sides on two cores",
                beats / seconds,
                "/s"
            ),
            BeatFigure("hub_us", "processor time of the hub's loop for a beat", each, "µs"),
            BeatFigure("hub_allocations", "allocations of the hub for a beat", cost.far.allocations / beats, ""),
            BeatFigure("per_core", "beats that one core of a hub takes in a second", 1e6 / each, "/s"),
        ]
    }

    private func beat(
        _ transport: QUICTransport,
        _ beater: Beater,
        _ name: NodeID,
        _ vitals: Vitals,
        until end: Instant,
        _ clock: any MeshCore.Clock,
        _ count: Lock<UInt64>
    ) async throws {
        var sequence = UInt64(0)
        let hub = try NodeID("busy-hub")
        while clock.now < end {
            sequence += 1
            let beat = Beat(
                device: name,
                timestampMilliseconds: clock.wallTime.millisecondsSince1970,
                sequence: sequence,
                interval: .seconds(30),
                vitals: vitals
            )
            guard await transport.send(control: Frame(type: .heartbeat, payload: beat.json), to: hub) else {
                throw UDPBaselineFailure("a link has ended")
            }
            await beater.wait()
            count.withLock { $0 += 1 }
        }
    }

    // MARK: What accounts cost

    /// Two hours of beats of all edges, one in 30 s each, as a hub accounts for them; without a network.
    private func accounts(_ vitals: Vitals) throws -> [BeatFigure] {
        let names = try (0..<edges).map { try NodeID("edge-\($0)") }
        var (registry, rounds) = (EdgeVitals(), UInt64(Limits.Heartbeat.historyPoints))
        if edges > 20_000 { rounds = 24 }
        let memory = Self.residentBytes
        var (bytes, scan) = (0, 0.0)
        for round in 1...rounds {
            let now = Instant.origin + .seconds(30) * Int(round)
            let wall = WallTime(millisecondsSince1970: 1_795_248_000_000 + Int64(round) * 30_000)
            for (index, name) in names.enumerated() {
                let sent = Beat(
                    device: name,
                    timestampMilliseconds: wall.millisecondsSince1970,
                    sequence: round,
                    interval: .seconds(30),
                    vitals: vitals
                ).json
                bytes = sent.count
                let before = Self.processorTime
                let beat = try Beat(json: sent)
                _ = registry.received(beat, link: UInt64(index), now: now, wallTime: wall)
                let answer = BeatAcknowledgement(sequence: round, receivedMilliseconds: wall.millisecondsSince1970)
                guard !answer.wireBytes.isEmpty else { throw UDPBaselineFailure("no acknowledgement") }
                scan += Self.processorTime - before
            }
            guard registry.deadlineReached(now: now + .seconds(29)).isEmpty else {
                throw UDPBaselineFailure("an edge that beats is suspected")
            }
        }
        let total = Double(rounds) * Double(edges)
        let each = scan / total
        return [
            BeatFigure("beat_bytes", "bytes of a beat of this machine", Double(bytes), "bytes"),
            BeatFigure("account_us", "processor time for reading and accounting a beat", each * 1e6, "µs"),
            BeatFigure("edges", "edges, one beat in 30 s each", Double(edges), "edges"),
            BeatFigure(
                "edges_core",
                "of one core for reading and accounting their beats",
                each * Double(edges) / 30 * 100,
                "%"
            ),
            BeatFigure(
                "edges_mib",
                "memory for them, with \(rounds) points of history",
                (Self.residentBytes - memory) / 1_048_576,
                "MiB"
            ),
        ]
    }

    private static var processorTime: Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    private static var residentBytes: Double {
        let words = MachineFiles().bytes(of: "/proc/self/statm").map { String(decoding: $0, as: UTF8.self) } ?? ""
        let pages = words.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? 0
        return pages * Double(getpagesize())
    }
}
