import MeshActors
import MeshCore
import MeshIO
import MeshQUIC

/// A client below the mesh protocol, which does what a test wants.
///
/// Touched on the loop alone.
final class Stranger: QUICConnectionHandler, @unchecked Sendable {
    let established = OneShot<Bool>()
    let closed = OneShot<CloseReason>()
    private let acts: @Sendable (QUICConnection) -> Void
    private var endpoint: QUICEndpoint?

    /// A client that calls `acts` once it is connected.
    init(_ acts: @escaping @Sendable (QUICConnection) -> Void = { _ in }) { self.acts = acts }

    /// Connects to the hub of `pair` as an edge that the hub believes.
    func connect(
        to pair: LinkPair,
        speaking name: String = "mesh/1",
        with configuration: QUICConfiguration = QUICConfiguration()
    ) async throws {
        let credentials = try pair.authority.credentials(.edge, "laptop-7")
        let (authority, loop, address) = (pair.authority, pair.loop, pair.hubAddress)
        try await loop.run { [self] in
            let endpoint = try QUICEndpoint(
                loop: loop,
                address: .loopbackIPv4(port: 0),
                credentials: credentials,
                verifier: authority.verifier,
                protocols: [ApplicationProtocol(name, demandsClientCertificate: true)],
                configuration: configuration,
                clock: authority.clock
            )
            self.endpoint = endpoint
            _ = try endpoint.connect(to: address, serverName: .dns("localhost"), handler: self)
        }
    }

    func end(on loop: EventLoop) async {
        try? await loop.run { [self] in
            endpoint?.close()
            endpoint = nil
        }
    }

    func connectionEstablished(_ connection: QUICConnection) {
        acts(connection)
        established.open(true)
    }

    func connection(_ connection: QUICConnection, opened stream: QUICStream) {}
    func connection(_ connection: QUICConnection, closed stream: QUICStream) {}
    func connection(_ connection: QUICConnection, received datagram: [UInt8]) {}
    func connectionHasStreamCredit(_ connection: QUICConnection) {}
    func connection(_ connection: QUICConnection, received ticket: ResumptionTicket) {}
    func connectionClosed(_ connection: QUICConnection, reason: CloseReason) { closed.open(reason) }
}

/// Waits for the end of one stream.
///
/// Touched on the loop alone.
final class StreamWitness: QUICStreamHandler, @unchecked Sendable {
    private let reset: OneShot<UInt64>

    init(_ reset: OneShot<UInt64>) { self.reset = reset }

    func streamReceived(_ stream: QUICStream) { if stream.isAtEnd { reset.open(1) } }
    func streamHasRoom(_ stream: QUICStream) {}
    func streamClosed(_ stream: QUICStream, code: UInt64?) { reset.open(code ?? 1) }
}
