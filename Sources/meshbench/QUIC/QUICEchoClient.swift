internal import MeshCore
internal import MeshIO
internal import MeshQUIC

/// Makes a connection, and requests on it with callbacks on the loop: the protocol without tasks.
///
/// Sendable: confined to its loop.
final class QUICEchoClient: @unchecked Sendable {
    typealias Done<Value> = CheckedContinuation<Value, any Error>

    let clock: MachineClock
    private let ground: QUICGround
    private let endpoint: QUICEndpoint
    private var connection: QUICConnection?
    private var opening: Done<Void>?
    private var requests: [QUICEchoRequest] = []
    private var waiting: [QUICEchoRequest] = []
    private var running = 0
    private var end = Instant.origin
    private var waits: [Double] = []
    private var done: Done<[Double]>?

    init(_ ground: QUICGround) throws {
        self.ground = ground
        clock = ground.clock
        endpoint = try QUICEndpoint(
            loop: ground.near,
            address: .loopbackIPv4(port: 0),
            credentials: ground.edge,
            verifier: ground.verifier,
            configuration: ground.configuration,
            clock: ground.clock
        )
    }

    func connect(to server: SocketAddress, _ opening: Done<Void>) {
        self.opening = opening
        do {
            connection = try endpoint.connect(to: server, serverName: QUICGround.serverName, handler: self)
        } catch {
            self.opening.take()?.resume(throwing: error)
        }
    }

    func close() {
        endpoint.close()
        connection = nil
    }

    /// Has `inFlight` requests answered again and again for `duration`, each on a stream of its own or each on its own.
    func exchange(inFlight: Int, onNewStreams: Bool, for duration: Duration, _ done: Done<[Double]>) {
        self.done = done
        waits = []
        waits.reserveCapacity(1 << 20)
        end = clock.now + duration
        running = inFlight
        requests = (0..<inFlight).map { _ in QUICEchoRequest(client: self, renewsStream: onNewStreams) }
        for request in requests { request.begin() }
    }

    func openStream(for request: QUICEchoRequest) -> QUICStream? {
        guard let stream = connection?.openStream() else {
            waiting.append(request)
            return nil
        }
        return stream
    }

    /// One answer has come; whether to go on.
    func answered(after wait: Duration, at now: Instant) -> Bool {
        waits.append(wait / .microseconds(1))
        return now < end
    }

    func ended() {
        running -= 1
        guard running == 0 else { return }
        requests = []
        done.take()?.resume(returning: waits)
    }
}

extension QUICEchoClient: QUICConnectionHandler {
    func connectionEstablished(_ connection: QUICConnection) { opening.take()?.resume() }
    func connection(_ connection: QUICConnection, opened stream: QUICStream) {}
    func connection(_ connection: QUICConnection, received datagram: [UInt8]) {}
    func connection(_ connection: QUICConnection, received ticket: ResumptionTicket) {}

    func connectionHasStreamCredit(_ connection: QUICConnection) {
        let list = waiting
        waiting = []
        for request in list { request.goOn() }
    }

    func connectionClosed(_ connection: QUICConnection, reason: CloseReason) {
        let failure = UDPBaselineFailure("\(reason)")
        opening.take()?.resume(throwing: failure)
        done.take()?.resume(throwing: failure)
    }
}

/// One of the requests in flight, used again and again.
final class QUICEchoRequest: QUICStreamHandler {
    private unowned let client: QUICEchoClient
    private let renewsStream: Bool
    private var stream: QUICStream?
    private var start = Instant.origin
    private var missing = 0

    init(client: QUICEchoClient, renewsStream: Bool) {
        self.client = client
        self.renewsStream = renewsStream
    }

    func begin() {
        start = client.clock.now
        goOn()
    }

    /// Sends, once there is a stream to send on.
    func goOn() {
        if stream == nil {
            stream = client.openStream(for: self)
            stream?.handler = self
        }
        guard let stream else { return }
        missing = Self.payload.count
        stream.write(Self.payload, isLast: renewsStream)
    }

    func streamReceived(_ stream: QUICStream) {
        missing -= stream.takeReceived().count
        guard missing <= 0, !renewsStream || stream.isAtEnd else { return }
        if renewsStream { self.stream = nil }
        let now = client.clock.now
        if client.answered(after: now - start, at: now) {
            start = now
            goOn()
        } else {
            self.stream?.write([], isLast: true)
            self.stream = nil
            client.ended()
        }
    }

    func streamHasRoom(_ stream: QUICStream) {}
    func streamClosed(_ stream: QUICStream, code: UInt64?) {}

    private static let payload = [UInt8](repeating: 3, count: 64)
}
