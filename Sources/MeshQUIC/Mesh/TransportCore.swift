internal import MeshActors
internal import MeshCore
internal import MeshIO
internal import MeshWire

/// What a transport is on its loop: its endpoint, the links to other nodes, and who answers them.
final class TransportCore {
    let loop: EventLoop
    let hello: Hello
    var service: RequestService?
    var streamServices: [StreamBeginning.Service: StreamService] = [:]
    let helloTimeout: Duration
    /// Known once there is an endpoint.
    private(set) lazy var answers = AnswerRoom(loop: loop, quic?.configuration.maximumUnreadBytes ?? 0)
    private let observer: any LinkObserver
    private var endpoint: QUICEndpoint?
    private(set) var links = LinkTable()
    /// A look at all links that is under way.
    var walk: LinkWalk?
    /// What has passed through all links that there were.
    var totals = LinkSummary.Totals()
    private var surplus: [ObjectIdentifier: SurplusLink] = [:]
    private var tickets: [TicketKey: ResumptionTicket] = [:]
    private var lastLink = UInt64(0)
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

    /// Begins the connection of `link`.
    func dial(_ link: PeerLink, to address: SocketAddress, serverName: ServerName) throws(QUICError) {
        guard let endpoint, !isClosed, !isLeaving else { throw QUICError(.stopping, "the transport is closed") }
        // Once: whoever watches the network must not see that two connections are the same client's.
        let ticket = tickets.removeValue(forKey: TicketKey(address: address, serverName: serverName))
        let connection = try endpoint.connect(to: address, serverName: serverName, ticket: ticket, handler: link)
        link.began(connection)
        if ticket != nil { link.greetEarly() }
    }

    func nextLinkID() -> PeerLinkID {
        lastLink += 1
        return PeerLinkID(lastLink)
    }

    /// Shows `credentials` from now on; tickets that name the certificate of before are not used any more.
    func use(_ credentials: NodeCredentials) throws(QUICError) {
        try endpoint?.use(credentials)
        tickets = [:]
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
    /// What is under way on an older one may end. A node that dials again and again keeps few of them.
    func add(_ link: PeerLink) {
        if let older = links[link.peerNode], !older.isDialled, !link.isDialled { older.isReplaced() }
        links.add(link)
        let others = links.others(to: link.peerNode)
        for oldest in others.prefix(max(0, others.count - Limits.Link.maximumBeside)) {
            oldest.close(code: 0, "replaced by newer connections")
        }
        endSurplus(to: link.peerNode)
        if let peer = link.peer { observer.linkOpened(to: peer) }
    }

    /// Of several links to `node` one is kept.
    ///
    /// Where one side has dialled them all, it has given up the older and says so; where both have dialled, the one
    /// with the smaller name does, so that they never choose differently. The other follows.
    private func endSurplus(to node: NodeID) {
        guard let used = links[node], !isLeaving else { return }
        for other in links.others(to: node) where surplus[ObjectIdentifier(other)] == nil {
            // Whoever keeps an older link for a while retires it by itself.
            guard other.isDialled != used.isDialled || !used.keepsOlder || other.farewells.contains(.heard) else {
                continue
            }
            let decides = other.isDialled == used.isDialled ? used.isDialled : hello.node < node
            guard decides || other.farewells.contains(.heard) else { continue }
            surplus[ObjectIdentifier(other)] = SurplusLink(other, decides: decides)
            if decides, other.farewells.contains(.heard) { surplus[ObjectIdentifier(other)]?.farewellHeard() }
        }
    }

    /// The link `id`, if it is open.
    func link(_ id: PeerLinkID) -> PeerLink? { links.all.first { $0.id == id } }

    /// Begins nothing more on the link `id`, and ends it when nothing is under way.
    ///
    /// Where there is no other link to its node, requests have nowhere to go until there is.
    func retire(_ id: PeerLinkID) {
        guard let link = link(id), surplus[ObjectIdentifier(link)] == nil else { return }
        links.setAside(link)
        surplus[ObjectIdentifier(link)] = SurplusLink(link, decides: true)
        if link.farewells.contains(.heard) { surplus[ObjectIdentifier(link)]?.farewellHeard() }
    }

    func remove(_ link: PeerLink, _ reason: CloseReason) {
        tally(link)
        surplus.removeValue(forKey: ObjectIdentifier(link))?.end()
        links.remove(link)
        observer.linkClosed(to: link.peer, reason)
    }

    /// The peer closes soon: nothing new is sent to it.
    func linkIsLeaving(_ link: PeerLink, _ farewell: GoAway) {
        // Once is enough: a peer may repeat it without end.
        guard link.farewells.insert(.heard).inserted else { return }
        links.setAside(link)
        link.farewellWasHeard()
        if let surplus = surplus[ObjectIdentifier(link)] { return surplus.farewellHeard() }
        endSurplus(to: link.peerNode)
        // Where there is another link the node does not leave.
        guard links[link.peerNode] == nil, let peer = link.peer else { return }
        let answer = observer.linkIsLeaving(to: peer, farewell)
        // Also of the only link the peer wants to know when nothing of ours is on its way any more.
        if answer == .whenIdle, surplus[ObjectIdentifier(link)] == nil, !isLeaving {
            surplus[ObjectIdentifier(link)] = SurplusLink(link, decides: false)
        }
    }

    /// The link on which something may begin.
    func link(to node: NodeID) -> PeerLink? { links[node] }

    /// The link to `node` that is used, or else one that is ending.
    func anyLink(to node: NodeID) -> PeerLink? { links[node] ?? links.others(to: node).last }

    /// Ends all links to `node`.
    func disconnect(from node: NodeID, _ message: String) {
        for link in links.links(to: node) { link.close(code: 0, message) }
    }

    /// Asks the verifier again about every peer, and ends the links to those whom it believes no more.
    func recheckPeers() {
        endpoint?.forgetVerifiedPeers()
        for link in links.all { link.recheckPeer() }
    }

    var nodes: [NodeID] { links.nodes }

    func keep(_ ticket: ResumptionTicket, of connection: QUICConnection) {
        if tickets.count >= Limits.Endpoint.rememberedAddressTokens { tickets = [:] }
        tickets[TicketKey(address: connection.remoteAddress, serverName: connection.serverName)] = ticket
    }

    // MARK: What is not a request

    func control(_ frame: Frame, from peer: LinkPeer) -> ControlAnswer { observer.control(frame, from: peer) }

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
    /// Whoever is sent elsewhere is waited for until it has answered: it makes a link there before this one ends.
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
            let isDone = { [self] in
                busy -= 1
                if busy == 0 { endFarewell() }
            }
            // Without another place to go to, nobody makes another link first.
            if goAway.elsewhere == nil { link.whenIdle(isDone) } else { link.whenPeerIsDone(isDone) }
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
