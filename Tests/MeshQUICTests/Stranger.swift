import MeshActors
import MeshCore
import MeshIO
import MeshQUIC
import MeshWire

/// A client below the mesh protocol, which does what a test wants.
///
/// Touched on the loop alone.
final class Stranger: QUICConnectionHandler, @unchecked Sendable {
    let established = OneShot<Bool>()
    let closed = OneShot<CloseReason>()
    private let acts: @Sendable (QUICConnection) -> Void
    private var endpoint: QUICEndpoint?
    private var connection: QUICConnection?

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

    /// Does more, once it is connected.
    func act(on loop: EventLoop, _ body: @escaping @Sendable (QUICConnection) -> Void) async throws {
        try await loop.run { [self] in if let connection { body(connection) } }
    }

    /// The bytes of a frame.
    static func frame(_ type: FrameType, _ payload: [UInt8]) -> [UInt8] {
        var writer = WireWriter()
        try? writer.writeFrame(type, payload: payload)
        return writer.array
    }

    /// The bytes of the hello that fits the certificate.
    static func hello(maximumPayloadBytes: UInt32 = UInt32(Limits.Frame.maximumPayloadBytes)) throws -> [UInt8] {
        let node = try NodeID("laptop-7")
        let hello = Hello(role: .edge, node: node, software: "test/1", maximumPayloadBytes: maximumPayloadBytes)
        return frame(.hello, hello.wireBytes)
    }

    func end(on loop: EventLoop) async {
        try? await loop.run { [self] in
            connection = nil
            endpoint?.close()
            endpoint = nil
        }
    }

    func connectionEstablished(_ connection: QUICConnection) {
        self.connection = connection
        acts(connection)
        established.open(true)
    }

    func connection(_ connection: QUICConnection, opened stream: QUICStream) {}
    func connection(_ connection: QUICConnection, closed stream: QUICStream) {}
    func connection(_ connection: QUICConnection, received datagram: [UInt8]) {}
    func connectionHasStreamCredit(_ connection: QUICConnection) {}
    func connection(_ connection: QUICConnection, received ticket: ResumptionTicket) {}
    func connectionClosed(_ connection: QUICConnection, reason: CloseReason) {
        self.connection = nil
        closed.open(reason)
    }
}

/// Takes what comes on one stream until its end: the frames, or nothing where it was cut short.
///
/// Touched on the loop alone.
final class AnswerWitness: QUICStreamHandler, @unchecked Sendable {
    let answer = OneShot<[UInt8]>()
    private var bytes: [UInt8] = []

    func streamReceived(_ stream: QUICStream) {
        bytes += stream.takeReceived()
        if stream.isAtEnd { answer.open(bytes) }
    }
    func streamHasRoom(_ stream: QUICStream) {}
    func streamClosed(_ stream: QUICStream, code: UInt64?) { answer.open(code == nil ? bytes : []) }
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
