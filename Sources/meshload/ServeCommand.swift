internal import MeshActors
internal import MeshCommandLine
internal import MeshCore
internal import MeshIO
internal import MeshProxy
internal import MeshQUIC
internal import MeshTestKit

/// A hub that answers numbered requests.
enum ServeCommand {
    private static let listen = Option<String>("listen", default: "127.0.0.1:0", "The address to answer at.")
    private static let idle = Option<Duration>("idle", default: .seconds(30), "The idle timeout.")

    static let command = Command(
        "serve",
        summary: "Answer numbered requests.",
        discussion: """
            Prints `listening ADDRESS`, then answers each line `status` on standard input with one JSON object. Ends
            with its input.
            """,
        parameters: [AuthorityCommand.folder, listen, idle]
    ) { invocation in
        guard let address = ProxyCommand.address(invocation[listen]) else {
            throw invocation.usageError("an address is four numbers and a port")
        }
        let loop = try EventLoop.start(name: "hub")
        let clock = MachineClock(loop: loop)
        let authority = try AuthorityCommand.open(invocation[AuthorityCommand.folder], clock: clock)
        var configuration = QUICConfiguration()
        configuration.idleTimeout = invocation[idle]
        let transport = try await QUICTransport(
            loop: loop,
            address: address,
            accepts: true,
            credentials: try authority.credentials(.hub, "hub-1"),
            verifier: authority.verifier,
            software: "meshload/0.1.0",
            configuration: configuration,
            clock: clock
        )
        let service = NumberedService()
        let serving = Task(executorPreference: loop) { await transport.serve { service.answer($0) } }
        try invocation.terminal.writeLine("listening \(transport.localAddress)")
        while let line = readLine() {
            guard line == "status" else { continue }
            try invocation.terminal.writeLine(status(service.counts, await transport.statistics()))
        }
        serving.cancel()
        await transport.close("the test is over")
        loop.stop()
        return .success
    }

    private static func status(_ counts: NumberedService.Counts, _ statistics: TransportStatistics) -> String {
        JSONLine([
            ("handled", counts.handled), ("doubled", counts.doubled), ("malformed", counts.malformed),
            ("connections", statistics.connections), ("links", statistics.links), ("streams", statistics.streams),
            ("unread_bytes", statistics.unreadBytes), ("handshaking", statistics.handshakesUnderWay),
            ("handshakes", Int(statistics.endpoint.handshakes)), ("retries", Int(statistics.endpoint.retries)),
            ("overflows", statistics.overflows), ("unread_closed", Int(statistics.endpoint.unreadClosed)),
            ("refused", Int(statistics.endpoint.refused)), ("stray", Int(statistics.endpoint.stray)),
            ("resident_bytes", ProcessFigures.residentBytes), ("descriptors", ProcessFigures.descriptors),
            ("processor_milliseconds", ProcessFigures.processorMilliseconds),
        ]).text
    }
}
