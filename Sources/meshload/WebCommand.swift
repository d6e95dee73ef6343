internal import Glibc
internal import MeshCommandLine
internal import MeshCore
internal import MeshHTTP
internal import MeshIO

/// A server of HTTP for tests and measurements from other processes.
enum WebCommand {
    private static let port = Option<Int>("port", default: 0, "The port to answer at; 0 for any free one.")
    private static let loops = Option<Int>("loops", default: 1, "How many loops to serve on.")
    private static let stopping = Option<Duration>("stopping", default: .seconds(10), "How long requests may end.")
    private static let head = Option<Duration>("head", default: .seconds(10), "How long a head may take.")
    private static let writing = Option<Duration>("write-stall", default: .seconds(20), "How long output may wait.")
    private static let body = Option<Duration>("body-stall", default: .seconds(20), "How long a body may pause.")
    private static let handshake = Option<Duration>("handshake", default: .seconds(10), "How long TLS may take.")
    private static let most = Option<Int?>("connections", "Connections at a time.")
    private static let mostEach = Option<Int?>("connections-each", "Connections at a time of one address.")
    private static let page = Option<String?>("page", as: .file, "What /page shows.")
    private static let log = Flag("log", "Write an access log to standard error.")

    static let command = Command(
        "web",
        summary: "Answer HTTP.",
        discussion: """
            Prints `listening ADDRESS`, and ends with its input. Paths: /json, /sse?count=N&interval-ms=M, /hang,
            /upload, /slow-upload?pause-ms=M, /stream?bytes=N&chunked, /echo, /fail, /break, /ws, /ws-flood, /page,
            /counters, and /handlers, which knows the handlers whose request had an `id`.
            """,
        parameters: [port, loops, stopping, head, body, writing, handshake, most, mostEach, page, log]
    ) { invocation in
        guard let port = UInt16(exactly: invocation[port]) else {
            throw invocation.usageError("a port is a number up to 65535")
        }
        let group = try EventLoopGroup(count: invocation[loops], name: "web")
        let clock = MachineClock(loop: group.loops[0])
        let sink = LineLogSink(format: .json) { line in
            let bytes = Array((line + "\n").utf8)
            _ = write(STDERR_FILENO, bytes, bytes.count)
        }
        let logger = Logger(sink: sink, clock: clock, minimumLevel: .debug)
        let site = WebSite(clock: clock, page: try invocation[page].map(contents) ?? [])
        let server = HTTPServer(
            loops: group.loops,
            configuration: configuration(invocation),
            handler: site,
            observer: invocation[log] ? AccessLog(logger: logger) : nil,
            clock: clock,
            logger: logger,
            generator: SeededGenerator(seed: UInt64(bitPattern: clock.now.nanoseconds))
        )
        site.serve(server)
        let address = try await server.listen(at: .loopbackIPv4(port: port))
        try invocation.terminal.writeLine("listening \(address)")
        while readLine() != nil {}
        await server.stop()
        group.stop()
        await group.ended()
        return .success
    }
    private static func configuration(_ invocation: Invocation) -> ServerConfiguration {
        var configuration = ServerConfiguration()
        configuration.stopping = invocation[stopping]
        configuration.timeouts.head = invocation[head]
        configuration.timeouts.bodyStall = invocation[body]
        configuration.timeouts.writeStall = invocation[writing]
        configuration.timeouts.handshake = invocation[handshake]
        if let most = invocation[most] { configuration.maximumConnections = most }
        if let mostEach = invocation[mostEach] { configuration.maximumConnectionsPerAddress = mostEach }
        return configuration
    }

    private static func contents(of path: String) throws -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw IOError(.failed, "'\(path)' cannot be opened") }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = read(descriptor, &bytes, bytes.count)
        return Array(bytes.prefix(max(0, count)))
    }
}
