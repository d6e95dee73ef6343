internal import Glibc
internal import MeshActors
internal import MeshCheck
internal import MeshCommandLine
internal import MeshCore
internal import MeshIO
internal import MeshNode
internal import MeshQUIC
internal import MeshTestKit
internal import MeshTunnel

/// Edges as they ship, all in one process, each booking on an account of its own.
enum EdgesCommand {
    private static let to = Option<[String]>("to", "Where the hub is, HOST:PORT; repeat it for further hubs.")
    private static let name = Option<String>("name", default: "edge", "The edges are called NAME-0, NAME-1 …")
    private static let count = Option<Int>("count", as: .within(1...10_000), default: 1, "How many edges.")
    private static let pause = Option<Int>(
        "pause",
        as: .within(0...1_000_000),
        default: 1_000,
        "Milliseconds between the bookings of one edge."
    )
    private static let beat = Option<Int>(
        "beat",
        as: .within(0...3_600_000),
        default: 0,
        "Milliseconds between the beats of one edge; 0 for none."
    )
    private static let isIdle = Flag("idle", "Book nothing: keep the tunnel alone.")
    private static let isLogging = Flag("log", "Log to standard error.")

    static let command = Command(
        "edges",
        summary: "Be edges: tunnels and calls as they ship, each booking on an account of its own.",
        discussion: """
            Prints `listening`, then answers each line of standard input with one JSON object. `status`: how many are \
            connected, and what the bookings since the last `status` took, `steady` ones over one link; `verify`: \
            whether each account holds what was acknowledged, no more and no less; `states`: how often each state was \
            entered; `beats`: what beats have come to. Ends with its input.
            """,
        parameters: [AuthorityCommand.folder, to, name, count, pause, beat, isIdle, isLogging]
    ) { invocation in
        let loop = try EventLoop.start(name: "edges")
        let clock = MachineClock(loop: loop)
        let authority = try AuthorityCommand.open(invocation[AuthorityCommand.folder], clock: clock)
        var hubs: [ConfiguredHub] = []
        for (index, text) in invocation[to].enumerated() {
            hubs.append(ConfiguredHub(try HubAddress(text), priority: UInt16(index)))
        }
        let resolver = SystemResolver(clock: clock)
        var generator = SeededGenerator(seed: UInt64(getpid()) << 32 | UInt64(clock.now.nanoseconds & 0xFFFF_FFFF))
        let logger = LoadLog.logger(isOn: invocation[isLogging], clock)
        // One for all: that they share a machine is no reason to read it for each.
        let machine = invocation[beat] > 0 ? MachineVitals(dataFolder: ".", clock: clock) : nil
        var fleet: [BookingEdge] = []
        for index in 0..<invocation[count] {
            let name = "\(invocation[name])-\(index)"
            var parts = Edge.Parts(
                loop: loop,
                credentials: try authority.credentials(.edge, name),
                verifier: authority.verifier,
                hubs: hubs,
                resolver: resolver,
                clock: clock,
                generator: generator.split(),
                logger: logger
            )
            // Small: thousands of them are in one process.
            parts.connections.socket.receiveBufferBytes = 128 * 1_024
            parts.connections.socket.sendBufferBytes = 128 * 1_024
            parts.kinds = [.journaled(SampleAccount.self, performer: NoTransfers(), placed: .hubs)]
            if let machine {
                var beats = Edge.Beats(source: machine)
                beats.configuration.interval = .milliseconds(Int64(invocation[beat]))
                parts.beats = beats
            }
            let pause = invocation[isIdle] ? nil : Duration.milliseconds(Int64(invocation[pause]))
            fleet.append(BookingEdge(try await Edge.make(parts), name, pause, clock, generator.split()))
        }
        try invocation.terminal.writeLine("listening")
        await run(fleet, on: loop, invocation.terminal)
        loop.stop()
        return .success
    }

    /// Runs `fleet` and answers standard input until its end.
    static func run(_ fleet: [BookingEdge], on loop: EventLoop, _ terminal: Terminal) async {
        let running = Task(executorPreference: loop) {
            await withDiscardingTaskGroup { group in
                for edge in fleet { group.addTask { await edge.run() } }
            }
        }
        while let line = readLine() {
            let answer: String
            switch line {
            case "verify": answer = await verify(fleet)
            case "states": answer = states(fleet)
            case "beats": answer = await BeatLines.edges(fleet)
            default: answer = await status(fleet)
            }
            try? terminal.writeLine(answer)
        }
        running.cancel()
        await running.value
    }

    private static func status(_ fleet: [BookingEdge]) async -> String {
        var report = BookingEdge.Report()
        var (latencies, steady): ([Int64], [Int64]) = ([], [])
        for edge in fleet { report.add(edge.takeReport(into: &latencies, steady: &steady)) }
        latencies.sort()
        steady.sort()
        let microseconds = { (part: Double) in Self.microseconds(latencies, part) }
        var line = JSONLine([
            ("edges", fleet.count), ("connected", fleet.count { $0.isConnected }),
            ("acknowledged", report.acknowledged),
            ("failed", report.failed), ("open", report.open), ("booked", latencies.count),
            ("p50_us", microseconds(0.5)),
            ("p99_us", microseconds(0.99)), ("max_us", microseconds(1)), ("steady", steady.count),
            ("steady_p50_us", Self.microseconds(steady, 0.5)), ("steady_p99_us", Self.microseconds(steady, 0.99)),
            ("resident_bytes", ProcessFigures.residentBytes),
            ("processor_milliseconds", ProcessFigures.processorMilliseconds),
        ])
        line.append("last_failures", Set(fleet.compactMap(\.lastFailure)).sorted().prefix(5).map(JSONText.quoted))
        return line.text
    }

    private static func microseconds(_ sorted: [Int64], _ part: Double) -> Int {
        sorted.isEmpty ? 0 : Int(sorted[min(sorted.count - 1, Int(Double(sorted.count) * part))] / 1_000)
    }

    private static func states(_ fleet: [BookingEdge]) -> String {
        var counts: [TunnelState.Phase: Int] = [:]
        for edge in fleet { counts.merge(edge.entered) { $0 + $1 } }
        return JSONLine(TunnelState.Phase.allCases.map { ($0.rawValue, counts[$0] ?? 0) }).text
    }

    private static func verify(_ fleet: [BookingEdge]) async -> String {
        var found = (lost: 0, doubled: 0, unanswered: 0, acknowledged: 0)
        for edge in fleet {
            switch await edge.verify() {
            case nil: found.unanswered += 1
            case (let balance, let acknowledged)?:
                found.acknowledged += acknowledged
                found.lost += max(0, acknowledged - balance)
                found.doubled += max(0, balance - acknowledged)
            }
        }
        return JSONLine([
            ("acknowledged", found.acknowledged), ("lost", found.lost), ("doubled", found.doubled),
            ("unanswered", found.unanswered),
        ]).text
    }
}
