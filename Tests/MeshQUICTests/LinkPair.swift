import MeshActors
import MeshCore
import MeshIO
import MeshQUIC
import MeshTestKit
import MeshWire

/// What happened to the links of a transport, to be waited for.
final class WitnessedLinks: LinkObserver {
    let closed = OneShot<CloseReason>()
    let left = OneShot<GoAway>()
    let datagram = OneShot<[UInt8]>()
    let acknowledged = OneShot<Frame>()
    let cancelled = OneShot<Bool>()

    let opened = Lock<[LinkPeer]>([])

    func linkOpened(to peer: LinkPeer) { opened.withLock { $0.append(peer) } }

    func linkClosed(to peer: LinkPeer?, _ reason: CloseReason) { closed.open(reason) }

    func linkIsLeaving(to peer: LinkPeer, _ farewell: GoAway) -> FarewellAnswer {
        left.open(farewell)
        return .whenIdle
    }

    func control(_ frame: Frame, from peer: LinkPeer) -> ControlAnswer {
        switch frame.type {
        case .heartbeat: return .answer(Frame(type: .heartbeatAcknowledgement, payload: [0x80]))
        case .heartbeatAcknowledgement:
            acknowledged.open(frame)
            return .nothing
        case .preWarm: return .refuse(.overloaded, "one too many")
        default: return .notKnown
        }
    }

    func received(datagram: [UInt8], from node: NodeID) { self.datagram.open(datagram) }
}

/// A hub that echoes, and an edge that may connect to it: two endpoints of one loop, over the loopback.
struct LinkPair {
    let loop: EventLoop
    let clock: MachineClock
    let authority: SampleAuthority
    let hub: QUICTransport
    let edge: QUICTransport
    let hubLinks = WitnessedLinks()
    let edgeLinks = WitnessedLinks()

    struct Options {
        var hub = QUICConfiguration()
        var edge = QUICConfiguration()
        var hubAddress = SocketAddress.loopbackIPv4(port: 0)
        var edgeAddress = SocketAddress.loopbackIPv4(port: 0)
        /// What the hub answers in place of an echo.
        var answer: RequestHandler?
    }

    private init(_ options: Options) async throws {
        loop = try EventLoop.start(name: "test")
        clock = MachineClock(loop: loop)
        authority = try SampleAuthority(clock: clock)
        hub = try await Self.transport(
            loop,
            options.hubAddress,
            accepts: true,
            try authority.credentials(.hub, "hub-1"),
            authority,
            options.hub,
            hubLinks
        )
        edge = try await Self.transport(
            loop,
            options.edgeAddress,
            accepts: false,
            try authority.credentials(.edge, "laptop-7"),
            authority,
            options.edge,
            edgeLinks
        )
    }

    static func transport(
        _ loop: EventLoop,
        _ address: SocketAddress,
        accepts: Bool,
        _ credentials: NodeCredentials,
        _ authority: SampleAuthority,
        _ configuration: QUICConfiguration = QUICConfiguration(),
        _ observer: any LinkObserver = NoLinkObserver()
    ) async throws -> QUICTransport {
        try await QUICTransport(
            loop: loop,
            address: address,
            accepts: accepts,
            credentials: credentials,
            verifier: authority.verifier,
            software: "test/1",
            configuration: configuration,
            clock: authority.clock,
            observer: observer
        )
    }

    /// Runs `body` while the hub serves, and ends everything behind it.
    static func run(_ options: Options = Options(), _ body: (LinkPair) async throws -> Void) async throws {
        let pair = try await LinkPair(options)
        try await withThrowingTaskGroup(of: Void.self) { group in
            let (hub, witness) = (pair.hub, pair.hubLinks)
            group.addTask { [answer = options.answer] in
                await hub.serve { request in
                    if let answer { return await answer(request) }
                    if request.payload == Self.endless {
                        _ = try? await OneShot<Done>().wait()
                        witness.cancelled.open(true)
                    }
                    return request.payload + Array(request.sender.text.utf8)
                }
            }
            group.addTask {
                await hub.serveStreams(for: "echo") { stream in
                    while let bytes = try await stream.read() { try await stream.write(bytes) }
                }
            }
            while !(await hub.serves(streamsFor: ["echo"])) {}
            do { try await body(pair) } catch {
                await pair.end()
                throw error
            }
            group.cancelAll()
        }
        await pair.end()
    }

    private func end() async {
        await edge.close()
        await hub.close()
        loop.stop()
    }

    /// A request that the hub answers only when it is cancelled.
    static let endless: [UInt8] = [0xFF, 0xFF]

    /// The edge's link to the hub.
    func connect() async throws -> NodeID { try await edge.connect(to: hubAddress, serverName: .dns("localhost")) }

    /// Where the edge finds the hub.
    var hubAddress: SocketAddress {
        hub.localAddress.isWildcard ? .loopbackIPv4(port: hub.localAddress.port) : hub.localAddress
    }

    /// The edge's request, which the hub echoes with the edge's name.
    func ask(_ node: NodeID, _ payload: [UInt8] = [1, 2]) async throws -> Bool {
        try await edge.request(payload, to: node, deadline: nil) == payload + Array("laptop-7".utf8)
    }
}
