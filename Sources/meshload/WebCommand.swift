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
    private static let grace = Option<Duration>("grace", default: .seconds(30), "How long slow clients may take.")
    private static let handshake = Option<Duration>("handshake", default: .seconds(10), "How long TLS may take.")
    private static let most = Option<Int?>("connections", "Connections at a time.")
    private static let mostEach = Option<Int?>("connections-each", "Connections at a time of one address.")
    private static let page = Option<String?>("page", as: .file, "What /page shows.")
    private static let certificate = Option<String?>("certificate", as: .file, "Certificates in PEM, for TLS.")
    private static let key = Option<String?>("key", as: .file, "Their key in PEM.")
    private static let log = Flag("log", "Write an access log to standard error.")

    static let command = Command(
        "web",
        summary: "Answer HTTP.",
        discussion: """
            Prints `listening ADDRESS`, and ends with its input. Paths: /json, /sse?count=N&interval-ms=M, /hang,
            /upload, /slow-upload?pause-ms=M, /stream?bytes=N&chunked, /echo, /fail, /break, /ws, /ws-flood, /page,
            /counters, and /handlers, which knows the handlers whose request had an `id`.
            """,
        parameters: [
            port, loops, stopping, head, body, writing, grace, handshake, most, mostEach, page, certificate, key, log,
        ]
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
        let site = WebSite(clock: clock, page: try invocation[page].map(bytes) ?? [])
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
        let address = try await server.listen(
            at: .loopbackIPv4(port: port),
            identity: try identity(invocation)
        )
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
        configuration.timeouts.grace = invocation[grace]
        configuration.timeouts.handshake = invocation[handshake]
        if let most = invocation[most] { configuration.maximumConnections = most }
        if let mostEach = invocation[mostEach] { configuration.maximumConnectionsPerAddress = mostEach }
        return configuration
    }

    private static func identity(_ invocation: Invocation) throws -> TLSIdentity? {
        guard let certificate = invocation[certificate], let key = invocation[key] else { return nil }
        let certificates = try bytes(of: certificate)
        let context = try bytes(of: key).withUnsafeBytes { key in
            try TLSServerContext(certificates: certificates, privateKey: key)
        }
        return TLSIdentity(context)
    }

    private static func bytes(of path: String) throws -> [UInt8] {
        guard let file = fopen(path, "r") else { throw UnreadableFile() }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        bytes.removeLast(bytes.count - fread(&bytes, 1, bytes.count, file))
        return bytes
    }

    private struct UnreadableFile: Error {}
}
