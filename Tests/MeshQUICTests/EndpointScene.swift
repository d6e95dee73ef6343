import MeshActors
import MeshCore
import MeshIO
import MeshQUIC
import MeshTestKit

/// Endpoints of one authority, on one loop.
struct EndpointScene {
    let loop: EventLoop
    let clock: MachineClock
    let authority: PeerAuthority

    init(loop: EventLoop) throws {
        self.loop = loop
        clock = MachineClock(loop: loop)
        authority = try PeerAuthority.make(clock: clock)
    }

    /// An endpoint with the certificate of such a node.
    func endpoint(
        _ role: NodeRole,
        _ name: String,
        handler: Taker? = nil
    ) async throws -> LoopHeld<QUICEndpoint> {
        let credentials = try authority.credentials(role, name)
        return try await loop.run { [self] in
            LoopHeld(
                try QUICEndpoint(
                    loop: loop,
                    address: .loopbackIPv4(port: 0),
                    credentials: credentials,
                    verifier: authority.verifier,
                    clock: clock,
                    handler: handler
                )
            )
        }
    }
}

/// Takes every connection, and tells how it went.
final class Taker: QUICEndpointHandler, QUICConnectionHandler, @unchecked Sendable {
    // Sendable: the loop alone calls it.
    let established = OneShot<Bool>()
    let closed = OneShot<CloseReason>()
    private(set) var accepted: QUICConnection?

    func endpoint(_ endpoint: QUICEndpoint, accepting connection: QUICConnection) -> (any QUICConnectionHandler)? {
        accepted = connection
        return self
    }
    func connectionEstablished(_ connection: QUICConnection) { established.open(true) }
    func connection(_ connection: QUICConnection, opened stream: QUICStream) {}
    func connection(_ connection: QUICConnection, received datagram: [UInt8]) {}
    func connectionHasStreamCredit(_ connection: QUICConnection) {}
    func connection(_ connection: QUICConnection, received ticket: ResumptionTicket) {}
    func connectionClosed(_ connection: QUICConnection, reason: CloseReason) { closed.open(reason) }
}
