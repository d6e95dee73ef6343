internal import Glibc
internal import MeshActors
internal import MeshCommandLine
internal import MeshCore
internal import MeshIO
internal import MeshNode
internal import MeshProxy
internal import MeshQUIC
internal import MeshTestKit
internal import MeshTunnel

/// A hub as it ships that gives content away and takes uploads.
enum ShelfCommand {
    private static let name = Option<String>("name", default: "hub-1", "What the hub is called.")
    private static let listen = Option<String>("listen", default: "127.0.0.1:0", "The address to answer at.")
    private static let tally = Option<String?>("tally", as: .file, "Where the account of downloads outlives the hub.")
    private static let isLogging = Flag("log", "Log to standard error.")

    static let command = Command(
        "shelf",
        summary: "Be a hub that gives content away and takes uploads.",
        discussion: """
            Content of N bytes is called `content-N`; what is uploaded is hashed and counted, as one upload. Prints \
            `listening ADDRESS`, then answers each line of standard input with one JSON object. `status`; `digest N`, \
            the hash of the content of N bytes; `cut` closes the links of all edges without a word before. Ends with \
            its input.
            """,
        parameters: [AuthorityCommand.folder, name, listen, tally, isLogging]
    ) { invocation in
        guard let address = ProxyCommand.address(invocation[listen]) else {
            throw invocation.usageError("an address is four numbers and a port")
        }
        let loop = try EventLoop.start(name: "hub")
        let clock = MachineClock(loop: loop)
        let authority = try AuthorityCommand.open(invocation[AuthorityCommand.folder], clock: clock)
        let parts = Hub.Parts(
            loop: loop,
            address: address,
            credentials: try authority.credentials(.hub, invocation[name]),
            verifier: authority.verifier,
            journal: VolatileJournal(),
            incarnation: clock.wallTime.millisecondsSince1970.magnitude,
            clock: clock,
            generator: SeededGenerator(seed: UInt64(getpid())),
            logger: LoadLog.logger(isOn: invocation[isLogging], clock)
        )
        let hub = try await Hub.make(parts)
        let (shelf, sink) = (ShelfTally(path: invocation[tally]), ShelfSink())
        let running = Task(executorPreference: loop) { await run(hub, shelf, sink) }
        while !(await hub.transport.serves(streamsFor: ["get", "put", "progress"])) { await Task.yield() }
        try invocation.terminal.writeLine("listening \(hub.transport.localAddress)")
        while let line = readLine() {
            let answer = await carryOut(line.split(separator: " ").map(String.init), hub, shelf, sink)
            try invocation.terminal.writeLine(answer)
        }
        running.cancel()
        await running.value
        loop.stop()
        return .success
    }

    private static func run(_ hub: Hub, _ shelf: ShelfTally, _ sink: ShelfSink) async {
        let (downloads, uploads) = (DownloadShelf(shelf), UploadShelf(sink))
        await withDiscardingTaskGroup { group in
            group.addTask { await hub.transport.serveStreams(for: "get") { try await downloads.serve($0) } }
            for word in ["put", "progress"] {
                group.addTask { await hub.transport.serveStreams(for: word) { try await uploads.serve($0) } }
            }
            await hub.run()
            group.cancelAll()
        }
    }

    private static func carryOut(_ words: [String], _ hub: Hub, _ shelf: ShelfTally, _ sink: ShelfSink) async -> String
    {
        switch words.first {
        case "cut":
            let nodes = hub.tunnels.identities.map(\.node)
            for node in nodes { await hub.transport.disconnect(from: node, "cut for a test") }
            return JSONLine([("cut", nodes.count)]).text
        case "digest":
            let length = words.dropFirst().first.flatMap { UInt64($0) } ?? 0
            var line = JSONLine([("bytes", Int(length))])
            line.append("sha256", text: "\(ShelfContent(length: length).digest)")
            return line.text
        default: return await status(hub, shelf.now, sink)
        }
    }

    private static func status(_ hub: Hub, _ tally: ShelfTally.Counts, _ sink: ShelfSink) async -> String {
        let statistics = await hub.transport.statistics()
        var line = JSONLine([
            ("tunnels", hub.tunnels.count), ("handed_over", Int(tally.handedOver)), ("streams", Int(tally.streams)),
            ("stream_bytes_sent", Int(statistics.endpoint.streamBytesSent)), ("uploaded", Int(sink.received)),
            ("is_complete", sink.isComplete ? 1 : 0), ("handshakes", Int(statistics.endpoint.handshakes)),
        ])
        line.append("sha256", text: "\(sink.digest)")
        return line.text
    }
}
