internal import MeshCore
internal import MeshIO
internal import MeshQUIC

/// Sends every stream back as it comes, or swallows it and answers its end with one byte.
///
/// Sendable: confined to its loop but for its address.
final class QUICEchoServer: @unchecked Sendable {
    private let isSink: Bool
    private var endpoint: QUICEndpoint?
    private(set) var connections = 0

    init(
        loop: EventLoop,
        credentials: NodeCredentials,
        verifier: any PeerVerifier,
        configuration: QUICConfiguration,
        clock: any Clock,
        isSink: Bool = false
    ) throws {
        self.isSink = isSink
        endpoint = try QUICEndpoint(
            loop: loop,
            address: .loopbackIPv4(port: 0),
            credentials: credentials,
            verifier: verifier,
            configuration: configuration,
            clock: clock,
            handler: self
        )
    }

    var address: SocketAddress { endpoint?.localAddress ?? .anyIPv4(port: 0) }

    func close() {
        endpoint?.close()
        endpoint = nil
    }
}

extension QUICEchoServer: QUICEndpointHandler {
    func endpoint(_ endpoint: QUICEndpoint, accepting connection: QUICConnection) -> (any QUICConnectionHandler)? {
        self
    }
}

extension QUICEchoServer: QUICConnectionHandler {
    func connectionEstablished(_ connection: QUICConnection) { connections += 1 }
    func connection(_ connection: QUICConnection, opened stream: QUICStream) { stream.handler = self }
    func connection(_ connection: QUICConnection, received datagram: [UInt8]) {}
    func connectionHasStreamCredit(_ connection: QUICConnection) {}
    func connection(_ connection: QUICConnection, received ticket: ResumptionTicket) {}
    func connectionClosed(_ connection: QUICConnection, reason: CloseReason) {}
}

extension QUICEchoServer: QUICStreamHandler {
    func streamReceived(_ stream: QUICStream) {
        let bytes = stream.takeReceived()
        if !isSink {
            stream.write(bytes, isLast: stream.isAtEnd)
        } else if stream.isAtEnd {
            stream.write([1], isLast: true)
        }
    }

    func streamHasRoom(_ stream: QUICStream) {}
    func streamClosed(_ stream: QUICStream, code: UInt64?) {}
}
