package import MeshCore
package import MeshIO
package import MeshQUIC
internal import MeshWire

/// A peer with a good certificate and bad manners: it asks, and never reads.
///
/// Confined to its loop.
package final class SlowReader: QUICConnectionHandler, QUICStreamHandler {
    private let node: NodeID
    private let requests: Int
    private let answerBytes: Int
    private var endpoint: QUICEndpoint?
    private var control: QUICStream?
    /// Whether it has asked.
    package private(set) var hasAsked = false
    /// Why its connection has ended.
    package private(set) var closeReason: CloseReason?

    /// Asks for so many answers of so many bytes each.
    package init(_ node: NodeID, requests: Int, answerBytes: Int) {
        self.node = node
        self.requests = requests
        self.answerBytes = answerBytes
    }

    /// Connects with credentials of its own.
    package func connect(
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

    /// Leaves.
    package func close() { endpoint?.close() }

    private func write(_ type: FrameType, _ payload: [UInt8], on stream: QUICStream, isLast: Bool) {
        let length = (0..<4).map { UInt8(truncatingIfNeeded: payload.count >> (24 - 8 * $0)) }
        stream.write([type.rawValue] + length + payload, isLast: isLast)
    }

    /// For the connection.
    package func connectionEstablished(_ connection: QUICConnection) {
        guard let stream = connection.openStream() else { return }
        control = stream
        stream.handler = self
        let hello = Hello(role: .edge, node: node, software: "meshload/0.1.0")
        write(.hello, hello.wireBytes, on: stream, isLast: false)
        for number in 0..<requests {
            guard let stream = connection.openStream() else { break }
            let request = NumberedRequest(number: UInt64(number), wantedBytes: answerBytes)
            write(.actorCall, request.payload(byteCount: 64), on: stream, isLast: true)
        }
        hasAsked = true
    }

    /// For the connection.
    package func streamReceived(_ stream: QUICStream) { _ = stream.takeReceived() }
    /// For the connection.
    package func streamHasRoom(_ stream: QUICStream) {}
    /// For the connection.
    package func streamClosed(_ stream: QUICStream, code: UInt64?) {}
    /// For the connection.
    package func connection(_ connection: QUICConnection, opened stream: QUICStream) {}
    /// For the connection.
    package func connection(_ connection: QUICConnection, received datagram: [UInt8]) {}
    /// For the connection.
    package func connectionHasStreamCredit(_ connection: QUICConnection) {}
    /// For the connection.
    package func connection(_ connection: QUICConnection, received ticket: ResumptionTicket) {}
    /// For the connection.
    package func connectionClosed(_ connection: QUICConnection, reason: CloseReason) { closeReason = reason }
}
