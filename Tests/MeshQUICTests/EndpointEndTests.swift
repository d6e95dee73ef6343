import MeshCore
import MeshIO
import MeshQUIC
import MeshTestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct `An endpoint that is let go as soon as it is closed` {
    /// Closing marks its place in the turn, and whoever waited for the close lets it go on a thread of their own: while
    /// the turn ends, an endpoint falls apart of which the loop still has something to tell.
    @Test func `is not told of the end of the turn`() async throws {
        let loop = try EventLoop.start(name: "endpoint-end")
        defer { loop.stop() }
        let clock = MachineClock(loop: loop)
        let authority = try PeerAuthority.make(clock: clock)
        let credentials = try authority.credentials(.edge, "laptop-7")
        for _ in 0..<1_000 {
            let endpoint = try await loop.run {
                LoopHeld(
                    try QUICEndpoint(
                        loop: loop,
                        address: .loopbackIPv4(port: 0),
                        credentials: credentials,
                        verifier: authority.verifier,
                        clock: clock
                    )
                )
            }
            try await loop.run {
                let nobody = SocketAddress.loopbackIPv4(port: 9)
                _ = try endpoint.value.connect(to: nobody, serverName: .dns("localhost"), handler: Nobody())
                endpoint.value.close()
            }
        }
    }
}

/// Wants to know nothing of its connection.
private final class Nobody: QUICConnectionHandler {
    func connectionEstablished(_ connection: QUICConnection) {}
    func connection(_ connection: QUICConnection, opened stream: QUICStream) {}
    func connection(_ connection: QUICConnection, closed stream: QUICStream) {}
    func connection(_ connection: QUICConnection, received datagram: [UInt8]) {}
    func connectionHasStreamCredit(_ connection: QUICConnection) {}
    func connection(_ connection: QUICConnection, received ticket: ResumptionTicket) {}
    func connectionClosed(_ connection: QUICConnection, reason: CloseReason) {}
}
