import MeshActors
import MeshCertificates
import MeshCore
import MeshIO
import MeshNode
import MeshQUIC
import MeshTestKit

/// A hub and edges as they are assembled, in one process and over the loopback.
struct AssemblyGround: Sendable {
    let loop: EventLoop
    let clock: MachineClock
    let authority: PeerAuthority
    let hub: Hub

    /// Runs `body` while the hub runs, and ends everything behind it.
    static func run(
        _ change: (inout Hub.Parts) -> Void = { _ in },
        _ body: @escaping @Sendable (AssemblyGround) async throws -> Void
    ) async throws {
        let loop = try EventLoop.start(name: "assembly")
        defer { loop.stop() }
        let clock = MachineClock(loop: loop)
        let authority = try PeerAuthority.make(clock: clock)
        var parts = Hub.Parts(
            loop: loop,
            address: .loopbackIPv4(port: 0),
            credentials: try authority.credentials(.hub, "hub-1"),
            verifier: authority.verifier,
            journal: VolatileJournal(),
            incarnation: 1,
            clock: clock,
            generator: SeededGenerator(seed: 1),
            logger: Logger(sink: VolatileLogSink(), clock: clock, minimumLevel: .error)
        )
        change(&parts)
        let hub = try await Hub.make(parts)
        let ground = AssemblyGround(loop: loop, clock: clock, authority: authority, hub: hub)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await hub.run() }
            try await body(ground)
            group.cancelAll()
        }
    }

    /// A transport of an edge, which nothing but the test uses.
    func transport(
        _ name: String,
        _ observer: any LinkObserver = NoLinkObserver(),
        configuration: QUICConfiguration = QUICConfiguration()
    ) async throws -> QUICTransport {
        try await QUICTransport(
            loop: loop,
            address: .loopbackIPv4(port: 0),
            accepts: false,
            credentials: try authority.credentials(.edge, name),
            verifier: authority.verifier,
            software: "test/1",
            configuration: configuration,
            clock: clock,
            observer: observer
        )
    }

    /// A further link from `transport` to the hub.
    func dial(_ transport: QUICTransport) async throws -> LinkPeer {
        let address = hub.transport.localAddress
        return try await transport.connect(toOneOf: [address], serverName: .dns("localhost"), keepingOlder: true)
    }
}
