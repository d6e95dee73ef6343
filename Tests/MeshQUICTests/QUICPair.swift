import MeshActors
import MeshCore
import MeshIO
import MeshQUIC

/// A hub and an edge of one test, each with a transport on a loop of its own, and a link between them.
struct QUICPair: Sendable {
    let hub: QUICTransport
    let edge: QUICTransport
    let hubNode: NodeID
    let edgeNode: NodeID
    let clock: MachineClock

    /// Makes the pair, runs `body`, and takes it down again whatever happens.
    static func with(
        _ configuration: QUICConfiguration = QUICConfiguration(),
        _ body: (QUICPair) async throws -> Void
    ) async throws {
        let loops = [try EventLoop.start(name: "hub"), try EventLoop.start(name: "edge")]
        let clock = MachineClock(loop: loops[1])
        let authority = try SampleAuthority(clock: clock)
        let ends = try await [
            transport(loops[0], authority, .hub, "hub-1", configuration, clock),
            transport(loops[1], authority, .edge, "laptop-7", configuration, clock),
        ]
        let pair = QUICPair(
            hub: ends[0],
            edge: ends[1],
            hubNode: try NodeID("hub-1"),
            edgeNode: try NodeID("laptop-7"),
            clock: clock
        )
        let result: Result<Void, any Error>
        do {
            _ = try await pair.edge.connect(to: pair.hub.localAddress, serverName: .dns("localhost"))
            result = .success(try await body(pair))
        } catch {
            result = .failure(error)
        }
        for end in ends.reversed() { await end.close() }
        for loop in loops { loop.stop() }
        try result.get()
    }

    private static func transport(
        _ loop: EventLoop,
        _ authority: SampleAuthority,
        _ role: NodeRole,
        _ name: String,
        _ configuration: QUICConfiguration,
        _ clock: MachineClock
    ) async throws -> QUICTransport {
        try await QUICTransport(
            loop: loop,
            address: .loopbackIPv4(port: 0),
            accepts: role == .hub,
            credentials: try authority.credentials(role, name),
            verifier: try authority.verifier,
            software: "test/1",
            configuration: configuration,
            clock: clock
        )
    }
}
