internal import MeshActors
internal import MeshCore
internal import MeshIO
internal import MeshWire

/// What a transport is on its loop: its endpoint, the links to other nodes, and who answers them.
final class TransportCore {
    let loop: EventLoop
    let hello: Hello
    var service: RequestService?
    var streamServices: [String: StreamService] = [:]
    let helloTimeout: Duration
    /// Known once there is an endpoint.
    private(set) lazy var answers = AnswerRoom(loop: loop, quic?.configuration.maximumUnreadBytes ?? 0)
    private let observer: any LinkObserver
    private var endpoint: QUICEndpoint?
    private var links: [NodeID: PeerLink] = [:]
    private var tickets: [TicketKey: ResumptionTicket] = [:]
    private var isMigrating = false
    private var nextMigration: Migration?
    private lazy var farewellTimer = LoopTimer(handler: self)
    private var farewell: (() -> Void)?
    private(set) var isClosed = false
    /// Whether peers have been told to go.
    private(set) var isLeaving = false

    /// A ticket is good for the server that was asked for by that name, at that address.
    private struct TicketKey: Hashable {
        let address: SocketAddress
        let serverName: ServerName?
    }

    private struct Migration {
        let address: SocketAddress
        let settled: (Result<SocketAddress, QUICError>) -> Void
    }

    init(loop: EventLoop, hello: Hello, helloTimeout: Duration, observer: any LinkObserver) {
        self.loop = loop
        self.hello = hello
        self.helloTimeout = helloTimeout
        self.observer = observer
    }

    func use(_ endpoint: QUICEndpoint) { self.endpoint = endpoint }

    var quic: QUICEndpoint? { endpoint }

    // MARK: Requests

    func begin(_ request: OutgoingRequest) {
        guard request.begin(), let link = usableLink(to: request.node, for: request) else { return }
        request.arm(on: loop)
        link.begin(request)
    }

    func open(_ stream: ByteStreamCore) {
        usableLink(to: stream.node, for: stream)?.begin(stream)
    }

    private func usableLink(to node: NodeID, for user: any StreamUser) -> PeerLink? {
        guard !isClosed else {
            user.fail(TransportError(.closed, "the transport is closed"))
            return nil
        }
        guard let link = links[node] else {
            user.fail(TransportError(.unreachable, "no connection to \(node)"))
            return nil
        }
        return link
    }

    // MARK: Links

    func connect(
        to address: SocketAddress,
        serverName: ServerName,
        attempt: ConnectionAttempt,
        opened: @escaping (Result<PeerLink, QUICError>) -> Void
    ) {
        guard let endpoint, !isClosed, !isLeaving else {
            return opened(.failure(QUICError(.stopping, "the transport is closed")))
        }
        var made: PeerLink?
        let link = PeerLink(core: self) { result in
            guard let link = made.take() else { return }
            opened(result.map { link })
        }
        made = link
        // Once: whoever watches the network must not see that two connections are the same client's.
        let ticket = tickets.removeValue(forKey: TicketKey(address: address, serverName: serverName))
        do throws(QUICError) {
            let connection = try endpoint.connect(to: address, serverName: serverName, ticket: ticket, handler: link)
            if ticket != nil { link.greetEarly(connection) }
            attempt.began(connection)
        } catch {
            opened(.failure(error))
        }
    }

    /// The link is open; a node has one, and the newest counts.
    func add(_ link: PeerLink) {
        let older = links.updateValue(link, forKey: link.peerNode)
        if let older, older !== link { older.close(code: 0, "replaced by a newer connection") }
        observer.linkOpened(to: link.peerNode, role: link.agreement?.peer.role ?? .edge)
    }

    func remove(_ link: PeerLink, _ reason: CloseReason) {
        if links[link.peerNode] === link { links[link.peerNode] = nil }
        observer.linkClosed(to: link.isOpen ? link.peerNode : nil, reason)
    }

    /// The peer closes soon: nothing new is sent to it.
    func linkIsLeaving(_ link: PeerLink, _ farewell: GoAway) {
        if links[link.peerNode] === link { links[link.peerNode] = nil }
        observer.linkIsLeaving(to: link.peerNode, farewell)
    }

    func link(to node: NodeID) -> PeerLink? { links[node] }

    var nodes: [NodeID] { links.keys.sorted() }

    func keep(_ ticket: ResumptionTicket, of connection: QUICConnection) {
        if tickets.count >= Limits.Endpoint.rememberedAddressTokens { tickets = [:] }
        tickets[TicketKey(address: connection.remoteAddress, serverName: connection.serverName)] = ticket
    }

    // MARK: What is not a request

    func control(_ frame: Frame, from node: NodeID) -> ControlAnswer { observer.control(frame, from: node) }

    func received(datagram: [UInt8], from node: NodeID) { observer.received(datagram: datagram, from: node) }

    // MARK: Another address

    /// Goes on at `address`: at once, or when an earlier change is settled; a change that waits gives way to a newer.
    func migrate(to address: SocketAddress, settled: @escaping (Result<SocketAddress, QUICError>) -> Void) {
        guard !isMigrating else {
            nextMigration?.settled(.failure(QUICError(.busy, "a newer change of address has taken its place")))
            nextMigration = Migration(address: address, settled: settled)
            return
        }
        guard let endpoint, !isClosed else {
            return settled(.failure(QUICError(.stopping, "the transport is closed")))
        }
        isMigrating = true
        do {
            try endpoint.rebind(to: address) { [self] in
                isMigrating = false
                settled(.success(endpoint.localAddress))
                if let next = nextMigration.take() { migrate(to: next.address, settled: next.settled) }
            }
        } catch {
            isMigrating = false
            settled(.failure(error as? QUICError ?? QUICError(.libraryFailed, "\(error)", cause: error)))
        }
    }

    // MARK: The end

    /// Tells every peer to go, and closes when nothing is under way any more, or `patience` is over.
    func leave(_ goAway: GoAway, patience: Duration, left: @escaping () -> Void) {
        guard !isClosed, !isLeaving else { return left() }
        isLeaving = true
        let message = goAway.message
        farewell = { [self] in
            loop.cancel(farewellTimer)
            close(code: 0, message)
            left()
        }
        var busy = links.count
        guard busy > 0 else { return endFarewell() }
        loop.schedule(farewellTimer, at: loop.now + patience)
        for link in links.values {
            link.leave(goAway) { [self] in
                busy -= 1
                if busy == 0 { endFarewell() }
            }
        }
    }

    private func endFarewell() { farewell.take()?() }

    func close(code: UInt64, _ message: String) {
        isClosed = true
        endpoint?.close(code: code, message)
        endpoint = nil
        links = [:]
    }
}

extension TransportCore: TimerHandler {
    func timerFired(_ timer: LoopTimer) { endFarewell() }
}

extension TransportCore: QUICEndpointHandler {
    func endpoint(_ endpoint: QUICEndpoint, accepting connection: QUICConnection) -> (any QUICConnectionHandler)? {
        isClosed || isLeaving ? nil : PeerLink(core: self)
    }
}
