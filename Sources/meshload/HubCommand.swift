internal import Glibc
internal import MeshActors
internal import MeshCertificates
internal import MeshCheck
internal import MeshCommandLine
internal import MeshCore
internal import MeshIO
internal import MeshNode
internal import MeshProxy
internal import MeshQUIC
internal import MeshStore
internal import MeshTestKit

/// A hub as it ships, with accounts to book on.
enum HubCommand {
    private static let name = Option<String>("name", default: "hub-1", "What the hub is called.")
    private static let data = Option<String>("data", as: .folder, "The folder of its store.")
    private static let listen = Option<String>("listen", default: "127.0.0.1:0", "The address to answer at.")
    private static let rate = Option<Int>(
        "handshakes",
        as: .within(1...1_000_000),
        default: Limits.Hub.handshakesPerSecond,
        "Handshakes taken in a second."
    )
    private static let isLogging = Flag("log", "Log to standard error.")

    static let command = Command(
        "hub",
        summary: "Be a hub: tunnels, actors and a store as they ship, and accounts to book on.",
        discussion: """
            Prints `listening ADDRESS`, then answers each line of standard input with one JSON object. `status`; \
            `cut PREFIX` closes the links of all edges whose names begin so, without a word before; \
            `drain MILLISECONDS [HOST:PORT]` asks all edges to go; `beats` tells what beats have come to, \
            `sum` what looking at all links costs, and `vitals NODE` how one edge's machine is. Ends with its input.
            """,
        parameters: [AuthorityCommand.folder, name, data, listen, rate, isLogging]
    ) { invocation in
        guard let address = ProxyCommand.address(invocation[listen]) else {
            throw invocation.usageError("an address is four numbers and a port")
        }
        let loop = try EventLoop.start(name: "hub")
        let clock = MachineClock(loop: loop)
        let authority = try AuthorityCommand.open(invocation[AuthorityCommand.folder], clock: clock)
        let (store, _) = try await StoreFolder(path: invocation[data]).open()
        var parts = Hub.Parts(
            loop: loop,
            address: address,
            credentials: try authority.credentials(.hub, invocation[name], key: key(beside: invocation[data])),
            verifier: authority.verifier,
            journal: store,
            incarnation: store.generation,
            clock: clock,
            generator: SeededGenerator(seed: UInt64(getpid())),
            logger: LoadLog.logger(isOn: invocation[isLogging], clock)
        )
        parts.kinds = [.journaled(SampleAccount.self, performer: NoTransfers(), placed: .hubs, access: .edges(.any))]
        parts.connections.handshakesPerSecond = invocation[rate]
        parts.storeAnswers = { await store.answers() }
        let hub = try await Hub.make(parts)
        let running = Task { await hub.run() }
        try invocation.terminal.writeLine("listening \(hub.transport.localAddress)")
        while let line = readLine() {
            let answer = await carryOut(line.split(separator: " ").map(String.init), hub)
            try invocation.terminal.writeLine(answer)
        }
        running.cancel()
        await running.value
        try await store.close()
        loop.stop()
        return .success
    }

    /// A hub that begins again has the key of before: its edges learn at once that their links are over.
    private static func key(beside data: String) throws -> PrivateKey {
        let path = "\(data).key"
        guard access(path, F_OK) == 0 else {
            let key = try KeyFile.make(.p256)
            try KeyFile.create(path, key)
            return key
        }
        return try KeyFile.read(path)
    }

    private static func carryOut(_ words: [String], _ hub: Hub) async -> String {
        switch words.first {
        case "cut":
            let prefix = words.dropFirst().first ?? ""
            let nodes = hub.tunnels.identities.map(\.node).filter { $0.text.hasPrefix(prefix) }
            for node in nodes { await hub.transport.disconnect(from: node, "cut for a test") }
            return JSONLine([("cut", nodes.count)]).text
        case "drain":
            let patience = words.dropFirst().first.flatMap { Int64($0) } ?? 1_000
            await hub.drain(
                "drained for a test",
                patience: .milliseconds(patience),
                elsewhere: words.dropFirst(2).first
            )
            return JSONLine([("drained", 1)]).text
        case "sum": return await sum(hub)
        case "beats": return BeatLines.hub(hub.beats)
        case "vitals": return BeatLines.vitals(words.dropFirst().first ?? "", hub.beats)
        default: return status(hub, await hub.transport.statistics())
        }
    }

    /// What looking at all links costs, as each reading of metrics does it.
    private static func sum(_ hub: Hub) async -> String {
        let (begun, processor) = (ContinuousClock.now, ProcessFigures.processorMicroseconds)
        var links = 0
        for _ in 0..<Self.sums { links = await hub.transport.summary().links }
        let microseconds = Int((ContinuousClock.now - begun) / .microseconds(1))
        let spent = ProcessFigures.processorMicroseconds - processor
        return JSONLine([
            ("links", links), ("elapsed_us", microseconds / Self.sums), ("processor_us", spent / Self.sums),
        ]).text
    }

    private static let sums = 20

    /// What a hub says of itself.
    static func status(_ hub: Hub, _ statistics: TransportStatistics) -> String {
        JSONLine([
            ("tunnels", hub.tunnels.count), ("connections", statistics.connections), ("links", statistics.links),
            ("streams", statistics.streams), ("handshaking", statistics.handshakesUnderWay),
            ("handshakes", Int(statistics.endpoint.handshakes)), ("retries", Int(statistics.endpoint.retries)),
            ("refused", Int(statistics.endpoint.refused)), ("resident_bytes", ProcessFigures.residentBytes),
            ("residents", hub.node.residentCount), ("descriptors", ProcessFigures.descriptors),
            ("processor_milliseconds", ProcessFigures.processorMilliseconds),
        ]).text
    }
}

/// Where the parts of this program log.
enum LoadLog {
    static func logger(isOn: Bool, _ clock: any MeshCore.Clock) -> Logger {
        Logger(sink: StandardErrorLog(.human), clock: clock, minimumLevel: isOn ? .debug : .error)
    }
}
