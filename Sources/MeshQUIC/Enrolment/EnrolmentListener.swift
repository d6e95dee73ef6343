internal import MeshActors
package import MeshCore
package import MeshIO

/// What somebody without a certificate that counts has asked for.
package struct EnrolmentCall: Sendable {
    /// The payload of its request, which nobody has read yet.
    package let payload: [UInt8]

    /// What its certificate says, where it has shown one: TLS has proved the key.
    package let peer: PeerCertificate?

    /// Where it is.
    package let remote: SocketAddress

    /// A request from `remote`.
    package init(payload: [UInt8], peer: PeerCertificate?, remote: SocketAddress) {
        self.payload = payload
        self.peer = peer
        self.remote = remote
    }
}

/// What a listener for enrolment has done.
package struct EnrolmentCounts: Hashable, Sendable {
    /// Requests that were answered.
    package var answered: UInt64 = 0
    /// Connections closed because they broke the rules, or said nothing.
    package var closed: UInt64 = 0
    /// Clients refused because their network had too many connections.
    package var refused: UInt64 = 0
    /// Connections that are open.
    package var connections = 0
}

/// The port at which devices knock that have no certificate: one request, one answer, and nothing else.
///
/// A QUIC endpoint of its own, with bounds of its own, so that whatever happens here leaves the tunnels alone. Its
/// credentials end with the authority, so that a device that knows only a fingerprint can recognise it.
package final class EnrolmentListener: Sendable {
    /// How a request is answered; the bytes are the payload of the answer.
    package typealias Handler = @Sendable (EnrolmentCall) async -> [UInt8]

    private let loop: EventLoop
    private let core: LoopConfined<EnrolmentCore>

    /// The address of the endpoint.
    package let localAddress: SocketAddress

    /// Opens `address` on `loop`; whoever comes before ``serve(_:)`` is told that there is no room.
    ///
    /// Who has said nothing for `requestPatience` after the handshake is let go.
    package init(
        loop: EventLoop,
        address: SocketAddress,
        credentials: NodeCredentials,
        verifier: any PeerVerifier,
        socket: UDPConfiguration = UDPConfiguration(),
        requestPatience: Duration = Limits.EnrolmentListener.requestPatience,
        clock: any Clock
    ) async throws {
        self.loop = loop
        (core, localAddress) = try await loop.run {
            let core = EnrolmentCore(loop: loop, requestPatience: requestPatience)
            let endpoint = try QUICEndpoint(
                loop: loop,
                address: address,
                credentials: credentials,
                verifier: verifier,
                protocols: [.enrolment],
                configuration: Self.configuration(socket),
                clock: clock,
                handler: core
            )
            core.endpoint = endpoint
            return (LoopConfined(core, on: loop), endpoint.localAddress)
        }
    }

    /// Answers requests, each in a task of its own, until the calling task is cancelled.
    package func serve(_ handler: @escaping Handler) async {
        let core = core
        let begin: @Sendable () -> Void = { core.value.service = EnrolmentService(handler) }
        guard (try? await loop.run(begin)) != nil else { return }
        // Never opened: it ends when this task is cancelled.
        _ = try? await OneShot<Bool>().wait()
        await withCheckedContinuation { continuation in
            loop.executeAlways {
                guard let service = core.value.service.take() else { return continuation.resume() }
                service.pool.stop(continuation)
            }
        }
    }

    /// Whether requests are answered.
    package func isServing() async -> Bool {
        let core = core
        return (try? await loop.run { core.value.service != nil }) ?? false
    }

    /// Shows the certificate of `credentials`, which end with the authority, to whom it meets from now on.
    package func use(_ credentials: NodeCredentials) async throws {
        let core = core
        try await loop.run { try core.value.endpoint?.use(credentials) }
    }

    /// Ends every connection at once and lets the address go.
    package func close() async {
        let core = core
        try? await loop.run { core.value.close() }
    }

    /// What it holds and has done.
    package func counts() async -> EnrolmentCounts {
        let core = core
        let counts = try? await loop.run {
            var counts = core.value.counts
            counts.connections = core.value.endpoint?.connectionCount ?? 0
            return counts
        }
        return counts ?? EnrolmentCounts()
    }

    private static func configuration(_ socket: UDPConfiguration) -> QUICConfiguration {
        var configuration = QUICConfiguration()
        configuration.idleTimeout = Limits.EnrolmentListener.answerPatience
        configuration.handshakeTimeout = .seconds(5)
        configuration.streamWindow = Limits.EnrolmentListener.maximumPayloadBytes + 1_024
        configuration.connectionWindow = Limits.EnrolmentListener.maximumPayloadBytes + 1_024
        configuration.maximumStreams = 1
        configuration.maximumDatagramBytes = 0
        configuration.maximumConnections = Limits.EnrolmentListener.maximumConnections
        configuration.maximumHandshakes = Limits.EnrolmentListener.maximumHandshakes
        configuration.handshakesBeforeRetry = Limits.EnrolmentListener.maximumHandshakes / 4
        configuration.handshakesPerSecond = Limits.EnrolmentListener.handshakesPerSecond
        configuration.maximumUnreadBytes =
            Limits.EnrolmentListener.maximumConnections * Limits.EnrolmentListener.maximumPayloadBytes
        configuration.allowsResumption = false
        configuration.allowsEarlyData = false
        configuration.socket = socket
        return configuration
    }
}

/// Who answers, each request in a task of its own.
///
/// Confined to the loop.
struct EnrolmentService {
    let handler: EnrolmentListener.Handler
    let pool = TaskPool(maximumTasks: Limits.EnrolmentListener.maximumConnections)

    init(_ handler: @escaping EnrolmentListener.Handler) { self.handler = handler }
}

/// The listener's half on the loop.
///
/// Confined to it.
final class EnrolmentCore: QUICEndpointHandler {
    let loop: EventLoop
    let requestPatience: Duration
    var endpoint: QUICEndpoint?
    var service: EnrolmentService?
    var counts = EnrolmentCounts()

    init(loop: EventLoop, requestPatience: Duration) {
        self.loop = loop
        self.requestPatience = requestPatience
    }

    func endpoint(
        _ endpoint: QUICEndpoint,
        accepting connection: QUICConnection
    ) -> (any QUICConnectionHandler)? {
        let network = connection.remoteAddress.network
        let known = endpoint.connections.all.count { $0.remote.network == network && !$0.isOver }
        guard service != nil, known < Limits.EnrolmentListener.maximumConnectionsOfNetwork else {
            counts.refused += 1
            return nil
        }
        return EnrolmentVisitor(core: self)
    }

    func close() {
        endpoint?.close(code: 0, "the listener for enrolment ends")
        endpoint = nil
    }
}
