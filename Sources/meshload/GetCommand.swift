internal import MeshCommandLine
internal import MeshCore
internal import MeshHTTP
internal import MeshIO

/// Requests over HTTP to any server, by the client that ships.
enum GetCommand {
    private static let url = Argument<String>("url", "Where; with --numbered a number is put behind it.")
    private static let count = Option<Int>("count", as: .within(1...10_000_000), default: 1, "How many requests.")
    private static let parallel = Option<Int>("parallel", as: .within(1...10_000), default: 1, "How many at a time.")
    private static let warm = Option<Int>("warm", as: .within(0...1_000_000), default: 0, "Requests before, uncounted.")
    private static let http1 = Flag("http1", "Speak HTTP/1.1 alone.")
    private static let alone = Flag("alone", "Each request has a connection to itself.")
    private static let numbered = Flag("numbered", "Put the number of the request behind the URL.")
    private static let authority = Option<String?>("ca", as: .file, "Believe this authority (PEM) and no other.")
    private static let certificate = Option<String?>("certificate", as: .file, "Show this certificate (PEM).")
    private static let key = Option<String?>("key", as: .file, "Its key (PEM).")
    private static let proxy = Option<String?>("proxy", valueName: "HOST:PORT", "Go through this proxy.")
    private static let perHost = Option<Int>("per-host", as: .within(1...10_000), default: 16, "Connections.")
    private static let body = Option<Int?>("body-bytes", as: .within(0...10_000_000_000), "POST so many bytes.")
    private static let bodyFile = Option<String?>("body-file", as: .file, "POST what stands in this file, as JSON.")
    private static let bearer = Option<String?>("bearer", "Show this key.")
    private static let streamed = Flag("stream-body", "Bring the body in pieces, without saying its length.")
    private static let cancelAfter = Option<Int?>(
        "cancel-after-bytes",
        as: .within(0...1_000_000_000),
        "Let go of the answer once so many bytes of its body are there."
    )
    private static let every = Option<Int>(
        "every",
        as: .within(1...1_000),
        default: 1,
        "Of so many requests the first is cancelled or held, the others are read to their end."
    )
    private static let pause = Option<Duration>(
        "pause",
        default: .zero,
        "After each request, with nothing else to do for whoever made it."
    )
    private static let hold = Option<Duration?>("hold", "Read one piece, then nothing for this long, then let go.")
    private static let stamped = Flag("stamped", "Pieces hold \"t\":NANOSECONDS of the machine's clock; print how old.")
    private static let waiting = Option<Duration?>("waiting-timeout", "For a place among the connections.")
    private static let connect = Option<Duration?>("connect-timeout", "For a connection.")
    private static let firstByte = Option<Duration?>("first-byte-timeout", "For the begin of the answer.")
    private static let idle = Option<Duration?>("idle-timeout", "Between two pieces.")
    private static let whole = Option<Duration?>("whole-timeout", "For all of it.")

    static let command = Command(
        "get",
        summary: "Make requests over HTTP.",
        discussion: """
            Prints one JSON object: latencies are in microseconds from the call to the end of the body and to its \
            first piece (`firstP50`); `cancelled` \
            has the number of each cancelled request and the nanosecond of the machine's clock at which it was let go. \
            Exit status 1 where a request failed.
            """,
        parameters: [
            url, count, parallel, warm, http1, alone, numbered, authority, certificate, key, proxy, perHost, body,
            bodyFile, bearer, streamed, cancelAfter, every, pause, hold, stamped, waiting, connect, firstByte, idle,
            whole,
        ]
    ) { invocation in
        let plan = Getting.Plan(
            url: invocation[url],
            count: invocation[count],
            parallel: invocation[parallel],
            isAlone: invocation[alone],
            isNumbered: invocation[numbered],
            bodyBytes: invocation[body],
            json: invocation[bodyFile].map(bytes),
            bearer: invocation[bearer],
            isBodyStreamed: invocation[streamed],
            cancelAfter: invocation[cancelAfter],
            every: invocation[every],
            pause: invocation[pause],
            hold: invocation[hold],
            isStamped: invocation[stamped]
        )
        let loop = try EventLoop.start(name: "get")
        let tally = HTTPTally()
        let client = try await HTTPClient(loop: loop, configuration: try configuration(invocation), observer: tally)
        let getting = Getting(client, MachineClock(loop: loop), tally)
        let warmth = invocation[warm]
        let line = try await Task(executorPreference: loop) {
            if warmth > 0 { _ = try await getting.run(plan.warming(warmth)) }
            return try await getting.run(plan)
        }.value
        try invocation.terminal.writeLine(line.text)
        await client.close()
        loop.stop()
        await loop.ended()
        return line.hasFailed ? .failure : .success
    }

    private static func configuration(_ invocation: Invocation) throws -> ClientConfiguration {
        var configuration = ClientConfiguration()
        configuration.prefersHTTP2 = !invocation[http1]
        configuration.connectionsPerHost = invocation[perHost]
        configuration.connections = max(configuration.connections, invocation[perHost])
        if let path = invocation[authority] { configuration.trust = .authorities(pem: bytes(of: path)) }
        if let certificate = invocation[certificate], let key = invocation[key] {
            let held = bytes(of: key).withUnsafeBytes { PrivateKey(copying: $0) }
            configuration.identity = ClientIdentity(certificates: bytes(of: certificate), key: held)
        }
        if let text = invocation[proxy] {
            let parts = text.split(separator: ":")
            guard parts.count == 2, let port = UInt16(parts[1]) else {
                throw invocation.usageError("a proxy is a host and a port")
            }
            configuration.proxy = try ClientProxy(host: String(parts[0]), port: port)
        }
        if let waiting = invocation[waiting] { configuration.timeouts.waiting = waiting }
        if let connect = invocation[connect] { configuration.timeouts.connect = connect }
        if let firstByte = invocation[firstByte] { configuration.timeouts.firstByte = firstByte }
        if let idle = invocation[idle] { configuration.timeouts.idle = idle }
        if let whole = invocation[whole] { configuration.timeouts.whole = whole }
        return configuration
    }

    private static func bytes(of path: String) -> [UInt8] { ProcessFigures.start(of: path, count: 1_048_576) }
}
