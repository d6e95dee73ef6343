internal import MeshActors
internal import MeshCommandLine
internal import MeshCore
internal import MeshIO
internal import MeshProxy
internal import MeshQUIC
internal import MeshTestKit

/// Edges that ask numbered requests, and check that each is answered once and rightly.
enum AskCommand {
    private static let to = Option<String>("to", "The address of the hub.")
    private static let name = Option<String>("name", default: "edge", "The edges are called NAME-0, NAME-1 …")
    private static let connections = Option<Int>("connections", as: .within(1...10_000), default: 1, "How many edges.")
    private static let requests = Option<Int>(
        "requests",
        as: .within(1...100_000_000),
        default: 1_000,
        "For each edge."
    )
    private static let inFlight = Option<Int>(
        "in-flight",
        as: .within(1...4_096),
        default: 1,
        "At a time, for each edge."
    )
    private static let bytes = Option<Int>("bytes", as: .within(12...1_000_000), default: 64, "Bytes of a request.")
    private static let answerBytes = Option<Int>(
        "answer-bytes",
        as: .within(0...1_000_000),
        default: 64,
        "Of an answer."
    )
    private static let seconds = Option<Int>(
        "seconds",
        as: .within(0...100_000),
        default: 0,
        "Then no further request."
    )
    private static let pause = Option<Int>(
        "pause",
        as: .within(0...100_000),
        default: 0,
        "Milliseconds between requests."
    )
    private static let deadline = Option<Duration>("deadline", default: .seconds(60), "Of one request.")
    private static let idle = Option<Duration>("idle", default: .seconds(30), "The idle timeout.")
    private static let migrate = Option<Int>(
        "migrate-every",
        as: .within(0...100_000),
        default: 0,
        "Milliseconds after which each edge takes another port; 0 for never."
    )

    static let command = Command(
        "ask",
        summary: "Ask numbered requests and check the answers.",
        discussion: "Prints one JSON object; exit status 1 where a request was not answered rightly.",
        parameters: [
            AuthorityCommand.folder, to, name, connections, requests, inFlight, bytes, answerBytes, seconds, pause,
            deadline, idle, migrate,
        ]
    ) { invocation in
        guard let address = ProxyCommand.address(invocation[to]) else {
            throw invocation.usageError("an address is four numbers and a port")
        }
        let loop = try EventLoop.start(name: "edges")
        let clock = MachineClock(loop: loop)
        let authority = try AuthorityCommand.open(invocation[AuthorityCommand.folder], clock: clock)
        var configuration = QUICConfiguration()
        configuration.idleTimeout = invocation[idle]
        let plan = Asking.Plan(
            requests: invocation[requests],
            inFlight: invocation[inFlight],
            requestBytes: invocation[bytes],
            answerBytes: invocation[answerBytes],
            life: invocation[seconds] == 0 ? nil : .seconds(invocation[seconds]),
            pause: .milliseconds(invocation[pause]),
            deadline: invocation[deadline],
            migrateEvery: invocation[migrate] == 0 ? nil : .milliseconds(invocation[migrate])
        )
        var edges: [Asking] = []
        for index in 0..<invocation[connections] {
            let transport = try await QUICTransport(
                loop: loop,
                address: .loopbackIPv4(port: 0),
                accepts: false,
                credentials: try authority.credentials(.edge, "\(invocation[name])-\(index)"),
                verifier: authority.verifier,
                software: "meshload/0.1.0",
                configuration: configuration,
                clock: clock
            )
            let hub = try await transport.connect(to: address, serverName: .dns("localhost"))
            edges.append(Asking(transport: transport, hub: hub, plan: plan, clock: clock))
        }
        let begin = clock.now
        let running = edges
        await Task(executorPreference: loop) {
            await withTaskGroup(of: Void.self) { group in
                for edge in running { group.addTask { await edge.run() } }
            }
        }.value
        let tally = edges.map(\.tally).reduce(into: Tally()) { $0.add($1) }
        try invocation.terminal.writeLine(tally.json(elapsed: clock.now - begin))
        for edge in edges { await edge.transport.close() }
        loop.stop()
        return tally.failed == 0 && tally.wrong == 0 ? .success : .failure
    }
}
