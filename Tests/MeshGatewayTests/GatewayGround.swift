import MeshAPI
import MeshCore
import MeshGateway
import MeshHTTP
import MeshIO
import MeshTestKit

/// Ports that say what a test has told them to: what they stand for lives in a node, which process tests run.
final class ScriptedPorts: StatusPort, NodeDirectory, NodeCommander, DoctorPort {
    struct Script: Sendable {
        var nodes: [NodeDocument]? = []
        var failure: NodeCommandErrorCode?
        var timeouts: [Duration] = []
        var queries: [NodeQuery] = []
        var looks = 0
    }

    let script = Lock(Script())
    /// Commands wait here until a test lets them go.
    let held = Watched(0)
    let released = Watched(false)
    let isHolding = Lock(false)

    func version() -> VersionDocument { VersionDocument(software: "test/1", role: "hub", node: "hub-1") }

    func status() async -> StatusDocument {
        StatusDocument(
            role: "hub",
            software: "test/1",
            phase: "ready",
            isReady: true,
            isLive: true,
            startedAt: "then",
            uptimeSeconds: 1,
            checks: []
        )
    }

    func nodes(_ query: NodeQuery) async -> NodesDocument? {
        script.withLock { script in
            script.queries.append(query)
            return script.nodes.map { NodesDocument(nodes: $0, next: nil) }
        }
    }

    func node(_ node: NodeID) async -> NodeDocument? {
        script.withLock { $0.nodes?.first { $0.node == node.text } }
    }

    func ping(_ node: NodeID, timeout: Duration) async throws(NodeCommandError) -> PingDocument {
        try await note(timeout)
        return PingDocument(
            node: node.text,
            roundTripMilliseconds: 0.5,
            smoothedMilliseconds: nil,
            clockAheadMilliseconds: 0
        )
    }

    func renew(_ node: NodeID, timeout: Duration) async throws(NodeCommandError) -> RenewDocument {
        try await note(timeout)
        return RenewDocument(node: node.text, certificateEnds: "then")
    }

    func drain(_ node: NodeID, timeout: Duration) async throws(NodeCommandError) -> DrainDocument {
        try await note(timeout)
        return DrainDocument(node: node.text, patienceMilliseconds: 5_000)
    }

    func examine() async -> DoctorDocument {
        script.withLock { $0.looks += 1 }
        return DoctorDocument(checks: [])
    }

    private func note(_ timeout: Duration) async throws(NodeCommandError) {
        let failure = script.withLock { script in
            script.timeouts.append(timeout)
            return script.failure
        }
        if isHolding.withLock({ $0 }) {
            held.change { $0 += 1 }
            await released.wait { $0 }
        }
        if let failure { throw NodeCommandError(failure, "because") }
    }
}

/// A gateway behind a real server, and a client that asks it.
struct GatewayGround: Sendable {
    let ports: ScriptedPorts
    let chat: ScriptedChat
    let questions: ScriptedQuestions
    let sessions: ScriptedSessions
    let ledger: ScriptedLedger
    let log: VolatileLogSink
    let client: HTTPClient
    let port: UInt16
    /// All of its routes.
    let routes: [String]

    static func run(
        reach: GatewayReach = .thisMachine,
        isHub: Bool = true,
        hasKeys: Bool = true,
        callers: ScriptedCallers? = nil,
        billing: ScriptedBilling? = nil,
        bounds: Gateway.Bounds = Gateway.Bounds(),
        _ body: (GatewayGround) async throws -> Void
    ) async throws {
        let loop = try EventLoop.start(name: "gateway")
        let clock = MachineClock(loop: loop)
        let ports = ScriptedPorts()
        var all = Gateway.Ports(status: ports, doctor: ports)
        let chat = ScriptedChat()
        let (questions, sessions, ledger) = (ScriptedQuestions(chat), ScriptedSessions(), try ScriptedLedger())
        if isHub {
            (all.directory, all.commander, all.chat) = (ports, ports, chat)
            (all.escalation, all.sessions, all.usage) = (questions, sessions, ScriptedUsage())
            all.ledger = ledger
        }
        all.billing = billing
        if hasKeys { all.callers = try callers ?? ScriptedCallers() }
        let log = VolatileLogSink()
        let logger = Logger(sink: log, clock: clock, minimumLevel: .debug)
        let gateway = Gateway(
            ports: all,
            clock: clock,
            logger: logger,
            generator: SeededGenerator(seed: 2),
            bounds: bounds
        )
        var routes = RouterBuilder(middleware: [HostCheck(names: [])])
        gateway.add(to: &routes, reach: reach)
        var configuration = ServerConfiguration()
        configuration.limits.bodyBytes = Gateway.bodyBytes
        let server = HTTPServer(
            loops: [loop],
            configuration: configuration,
            handler: routes.build(),
            clock: clock,
            logger: logger,
            generator: SeededGenerator(seed: 1)
        )
        let address = try await server.listen(at: .loopbackIPv4(port: 0))
        let client = try await HTTPClient(loop: loop)
        let outcome: Result<Void, any Error>
        let ground = GatewayGround(
            ports: ports,
            chat: chat,
            questions: questions,
            sessions: sessions,
            ledger: ledger,
            log: log,
            client: client,
            port: address.port,
            routes: routes.patterns
        )
        do { outcome = .success(try await body(ground)) } catch { outcome = .failure(error) }
        await client.close()
        await server.stop()
        loop.stop()
        await loop.ended()
        try outcome.get()
    }

    /// Status and text of the answer; a command is JSON from nowhere in particular, unless told.
    func ask(
        _ method: HTTPMethod,
        _ target: String,
        _ fields: HTTPFields? = nil,
        body: String = "{}"
    ) async throws -> (status: UInt16, text: String) {
        var request = ClientRequest(method, try ClientURL("http://127.0.0.1:\(port)\(target)"))
        if method == .post {
            request.fields = fields ?? [.contentType: "application/json"]
            request.body = .bytes(Array(body.utf8))
        } else if let fields {
            request.fields = fields
        }
        let response = try await client.send(request)
        let bytes = try await response.body.collect(upTo: 1_000_000)
        return (response.status.code, String(decoding: bytes, as: UTF8.self))
    }

    /// The code of a refusal.
    func code(_ text: String) throws -> String { try ErrorDocument(bytes: Array(text.utf8)).code }
}
