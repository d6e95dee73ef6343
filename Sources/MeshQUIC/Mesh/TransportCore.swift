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
    private var links = LinkTable()
    private var surplus: [ObjectIdentifier: SurplusLink] = [:]
    private var tickets: [TicketKey: ResumptionTicket] = [:]
    private var isMigrating = false
    private var nextMigration: Migration?
    private lazy var farewellTimer = LoopTimer(handler: self)
    private var farewell = ""
    /// Told when the transport has left.
    private var whoWaits: [() -> Void] = []
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
            made = nil
            opened(.failure(error))
        }
    }

    /// Why there can be no link to the node of `identity` now; nil where there can.
    ///
    /// Requests are addressed to the name of a node alone, so there is one identity behind a name at a time: whoever
    /// has the same name in another tenant or role must not get what is meant for the first.
    func objection(to identity: NodeIdentity) -> String? {
        let known = links.links(to: identity.node).compactMap(\.identity).first { $0 != identity }
        return known.map { "the name '\(identity.node)' of \(identity) is taken by \($0)" }
    }

    /// The link is open; the newest counts.
    ///
    /// Where the older was dialled by the same side, that side has given it up. Where both have dialled, the older may
    /// be in use at the other end: it ends when nothing is under way on it any more.
    func add(_ link: PeerLink) {
        let older = links[link.peerNode]
        links.add(link)
        if let older, older.isDialled == link.isDialled { older.close(code: 0, "replaced by a newer connection") }
        endSurplus(to: link.peerNode)
        observer.linkOpened(to: link.peerNode, role: link.agreement?.peer.role ?? .edge)
    }

    /// Of several links to `node` one is kept: the side with the smaller name says so, the other follows.
    private func endSurplus(to node: NodeID) {
        guard links[node] != nil, !isLeaving else { return }
        let decides = hello.node < node
        for other in links.others(to: node) where surplus[ObjectIdentifier(other)] == nil {
            guard decides || other.farewells.contains(.heard) else { continue }
            surplus[ObjectIdentifier(other)] = SurplusLink(other, decides: decides)
            if decides, other.farewells.contains(.heard) { surplus[ObjectIdentifier(other)]?.farewellHeard() }
        }
    }

    func remove(_ link: PeerLink, _ reason: CloseReason) {
        surplus.removeValue(forKey: ObjectIdentifier(link))?.end()
        links.remove(link)
        observer.linkClosed(to: link.isOpen ? link.peerNode : nil, reason)
    }

    /// The peer closes soon: nothing new is sent to it.
    func linkIsLeaving(_ link: PeerLink, _ farewell: GoAway) {
        // Once is enough: a peer may repeat it without end.
        guard link.farewells.insert(.heard).inserted else { return }
        links.setAside(link)
        if let surplus = surplus[ObjectIdentifier(link)] { return surplus.farewellHeard() }
        endSurplus(to: link.peerNode)
        // Where there is another link the node does not leave.
        if links[link.peerNode] == nil { observer.linkIsLeaving(to: link.peerNode, farewell) }
    }

    /// The link on which something may begin.
    func link(to node: NodeID) -> PeerLink? { links[node] }

    /// The link to `node` that is used, or else one that is ending.
    func anyLink(to node: NodeID) -> PeerLink? { links[node] ?? links.others(to: node).last }

    /// Ends all links to `node`.
    func disconnect(from node: NodeID, _ message: String) {
        for link in links.links(to: node) { link.close(code: 0, message) }
    }

    var nodes: [NodeID] { links.nodes }

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
            try endpoint.rebind(to: address) { [self] refused in
                isMigrating = false
                let error = QUICError(.pathNotConfirmed, "\(refused) servers have not confirmed the new address")
                settled(refused == 0 ? .success(endpoint.localAddress) : .failure(error))
                if let next = nextMigration.take() { migrate(to: next.address, settled: next.settled) }
            }
        } catch {
            isMigrating = false
            settled(.failure(error as? QUICError ?? QUICError(.libraryFailed, "\(error)", cause: error)))
        }
    }

    // MARK: The end

    /// Tells every peer to go, and closes when nothing is under way any more, or `patience` is over.
    ///
    /// A second call changes nothing and waits for the first.
    func leave(_ goAway: GoAway, patience: Duration, left: @escaping () -> Void) {
        guard !isClosed else { return left() }
        whoWaits.append(left)
        guard !isLeaving else { return }
        isLeaving = true
        farewell = goAway.message
        var busy = links.all.count
        guard busy > 0 else { return endFarewell() }
        loop.schedule(farewellTimer, at: loop.now + patience)
        for link in links.all {
            link.say(goAway)
            link.whenIdle { [self] in
                busy -= 1
                if busy == 0 { endFarewell() }
            }
        }
    }

    private func endFarewell() {
        if !isClosed { close(code: 0, farewell) }
    }

    func close(code: UInt64, _ message: String) {
        isClosed = true
        loop.cancel(farewellTimer)
        endpoint?.close(code: code, message)
        endpoint = nil
        links = LinkTable()
        let told = whoWaits
        whoWaits = []
        for tell in told { tell() }
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
