internal import MeshCommandLine
internal import MeshCore
internal import MeshIO
internal import MeshQUIC
internal import MeshTestKit
internal import MeshWire

/// Peers with good certificates and bad manners: they ask, and never read.
enum SlowCommand {
    private static let to = Option<String>("to", "The address of the hub.")
    private static let readers = Option<Int>("readers", as: .within(1...10_000), default: 1_000, "How many edges.")
    private static let requests = Option<Int>("requests", as: .within(1...1_024), default: 16, "For each edge.")
    private static let answerBytes = Option<Int>("answer-bytes", as: .within(0...1_000_000), default: 500_000, "Of each.")
    private static let seconds = Option<Int>("seconds", as: .within(1...100_000), default: 20, "How long.")

    static let command = Command(
        "slow",
        summary: "Ask for large answers and never read them.",
        discussion: "Prints `ready` once all have asked, then waits, then one JSON object.",
        parameters: [AuthorityCommand.folder, to, readers, requests, answerBytes, seconds]
    ) { invocation in
        guard let address = ProxyCommand.address(invocation[to]) else {
            throw invocation.usageError("an address is four numbers and a port")
        }
        let loop = try EventLoop.start(name: "slow")
        let clock = MachineClock(loop: loop)
        let authority = try AuthorityCommand.open(invocation[AuthorityCommand.folder], clock: clock)
        let end = clock.now + .seconds(invocation[seconds])
        let (requests, answerBytes) = (invocation[requests], invocation[answerBytes])
        var slow: [LoopHeld<SlowReader>] = []
        for index in 0..<invocation[readers] {
            let credentials = try authority.credentials(.edge, "slow-\(index)")
            let reader = try await loop.run {
                let reader = SlowReader(credentials.identity.node, requests: requests, answerBytes: answerBytes)
                try reader.connect(
                    to: address,
                    loop: loop,
                    credentials: credentials,
                    verifier: authority.verifier,
                    clock: clock
                )
                return LoopHeld(reader)
            }
            slow.append(reader)
        }
        try invocation.terminal.writeLine("ready")
        try await clock.sleep(until: end)
        var (asked, closed) = (0, 0)
        for reader in slow {
            let (hasAsked, isClosed) = try await loop.run { (reader.value.hasAsked, reader.value.closeReason != nil) }
            asked += hasAsked ? 1 : 0
            closed += isClosed ? 1 : 0
            try await loop.run { reader.value.close() }
        }
        try invocation.terminal.writeLine(JSONLine([("asked", asked), ("closed", closed)]).text)
        loop.stop()
        return .success
    }
}

/// One of them.
final class SlowReader: QUICConnectionHandler, QUICStreamHandler {
    private let node: NodeID
    private let requests: Int
    private let answerBytes: Int
    private var endpoint: QUICEndpoint?
    private var control: QUICStream?
    private(set) var hasAsked = false
    private(set) var closeReason: CloseReason?

    init(_ node: NodeID, requests: Int, answerBytes: Int) {
        self.node = node
        self.requests = requests
        self.answerBytes = answerBytes
    }

    func connect(
        to address: SocketAddress,
        loop: EventLoop,
        credentials: NodeCredentials,
        verifier: any PeerVerifier,
        clock: any MeshCore.Clock
    ) throws {
        var configuration = QUICConfiguration()
        configuration.streamWindow = 4_096
        configuration.connectionWindow = 65_536
        configuration.keepAlive = .seconds(5)
        let endpoint = try QUICEndpoint(
            loop: loop,
            address: .loopbackIPv4(port: 0),
            credentials: credentials,
            verifier: verifier,
            configuration: configuration,
            clock: clock
        )
        self.endpoint = endpoint
        _ = try endpoint.connect(to: address, serverName: .dns("localhost"), handler: self)
    }

    func close() { endpoint?.close() }

    private func write(_ type: FrameType, _ payload: [UInt8], on stream: QUICStream, isLast: Bool) {
        let length = (0..<4).map { UInt8(truncatingIfNeeded: payload.count >> (24 - 8 * $0)) }
        stream.write([type.rawValue] + length + payload, isLast: isLast)
    }

    func connectionEstablished(_ connection: QUICConnection) {
        guard let stream = connection.openStream() else { return }
        control = stream
        stream.handler = self
        let hello = Hello(role: .edge, node: node, software: "meshpeer/0.1.0")
        write(.hello, hello.wireBytes, on: stream, isLast: false)
        for number in 0..<requests {
            guard let stream = connection.openStream() else { break }
            let request = NumberedRequest(number: UInt64(number), wantedBytes: answerBytes)
            write(.actorCall, request.payload(byteCount: 64), on: stream, isLast: true)
        }
        hasAsked = true
    }

    func streamReceived(_ stream: QUICStream) { _ = stream.takeReceived() }
    func streamHasRoom(_ stream: QUICStream) {}
    func streamClosed(_ stream: QUICStream, code: UInt64?) {}
    func connection(_ connection: QUICConnection, opened stream: QUICStream) {}
    func connection(_ connection: QUICConnection, received datagram: [UInt8]) {}
    func connectionHasStreamCredit(_ connection: QUICConnection) {}
    func connection(_ connection: QUICConnection, received ticket: ResumptionTicket) {}
    func connectionClosed(_ connection: QUICConnection, reason: CloseReason) { closeReason = reason }
}
