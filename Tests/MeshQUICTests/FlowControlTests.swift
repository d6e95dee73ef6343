import MeshCore
import MeshIO
import MeshQUIC
import Testing

@Suite struct FlowControlTests {
    @Test func `A stream that waits for the window of all streams goes on when another is read`() async throws {
        let loop = try EventLoop.start(name: "test")
        let authority = try SampleAuthority(clock: MachineClock(loop: loop))
        let ends = try await loop.run { try WindowEnds(loop: loop, authority: authority) }
        let hasGoneOn = await withCheckedContinuation { continuation in
            #expect(loop.execute { ends.begin(continuation) })
        }
        #expect(hasGoneOn)
        try await loop.run { ends.close() }
        loop.stop()
    }
}

/// A client that fills the window of all streams with its first, then wants to send on its second; and a server that
/// reads the first only after that.
///
/// Sendable: confined to its loop.
private final class WindowEnds: @unchecked Sendable {
    private let loop: EventLoop
    private let server: QUICEndpoint
    private let client: QUICEndpoint
    private let acceptor: Acceptor
    private var connection: QUICConnection?
    private var first: QUICStream?
    private var second: QUICStream?
    private var done: CheckedContinuation<Bool, Never>?
    private lazy var reading = LoopTimer(handler: self)
    private lazy var patience = LoopTimer(handler: self)

    init(loop: EventLoop, authority: SampleAuthority) throws {
        self.loop = loop
        var configuration = QUICConfiguration()
        configuration.streamWindow = Self.window
        configuration.connectionWindow = Self.window
        acceptor = Acceptor()
        server = try QUICEndpoint(
            loop: loop,
            address: .loopbackIPv4(port: 0),
            credentials: try authority.credentials(.hub, "hub-1"),
            verifier: authority.verifier,
            configuration: configuration,
            clock: authority.clock,
            handler: acceptor
        )
        client = try QUICEndpoint(
            loop: loop,
            address: .loopbackIPv4(port: 0),
            credentials: try authority.credentials(.edge, "laptop-7"),
            verifier: authority.verifier,
            configuration: configuration,
            clock: authority.clock
        )
        acceptor.ends = self
    }

    func begin(_ done: CheckedContinuation<Bool, Never>) {
        self.done = done
        loop.schedule(patience, at: loop.now + .seconds(10))
        do {
            connection = try client.connect(to: server.localAddress, serverName: .dns("localhost"), handler: self)
        } catch {
            end(false)
        }
    }

    func close() {
        client.close()
        server.close()
    }

    private func end(_ hasGoneOn: Bool) {
        loop.cancel(patience)
        done.take()?.resume(returning: hasGoneOn)
    }

    static let window = 65_536
}

extension WindowEnds: TimerHandler {
    func timerFired(_ timer: LoopTimer) {
        if timer === patience { end(false) } else { _ = first?.takeReceived() }
    }
}

// What the server hears.
extension WindowEnds: QUICStreamHandler {
    func streamReceived(_ stream: QUICStream) {
        guard stream !== second else { return end(!stream.takeReceived().isEmpty) }
        guard acceptor.bytesReceived == UInt64(Self.window), first == nil else { return }
        first = stream
        connection?.openStream()?.write([1])
        // After the turn in which the second stream has found the window full.
        loop.schedule(reading, at: loop.now + .milliseconds(20))
    }

    func streamHasRoom(_ stream: QUICStream) {}
    func streamClosed(_ stream: QUICStream, code: UInt64?) {}

    func accepted(_ stream: QUICStream) {
        if first != nil { second = stream }
        stream.handler = self
    }
}

// What the client hears.
extension WindowEnds: QUICConnectionHandler {
    func connectionEstablished(_ connection: QUICConnection) {
        connection.openStream()?.write([UInt8](repeating: 7, count: Self.window))
    }

    func connection(_ connection: QUICConnection, opened stream: QUICStream) {}
    func connection(_ connection: QUICConnection, received datagram: [UInt8]) {}
    func connectionHasStreamCredit(_ connection: QUICConnection) {}
    func connection(_ connection: QUICConnection, received ticket: ResumptionTicket) {}
    func connectionClosed(_ connection: QUICConnection, reason: CloseReason) { end(false) }
}

/// The server's half of a connection.
private final class Acceptor: QUICEndpointHandler, QUICConnectionHandler {
    weak var ends: WindowEnds?
    private weak var connection: QUICConnection?

    var bytesReceived: UInt64 { connection?.counts.bytesReceived ?? 0 }

    func endpoint(_ endpoint: QUICEndpoint, accepting connection: QUICConnection) -> (any QUICConnectionHandler)? {
        self.connection = connection
        return self
    }

    func connectionEstablished(_ connection: QUICConnection) {}
    func connection(_ connection: QUICConnection, opened stream: QUICStream) { ends?.accepted(stream) }
    func connection(_ connection: QUICConnection, received datagram: [UInt8]) {}
    func connectionHasStreamCredit(_ connection: QUICConnection) {}
    func connection(_ connection: QUICConnection, received ticket: ResumptionTicket) {}
    func connectionClosed(_ connection: QUICConnection, reason: CloseReason) {}
}
