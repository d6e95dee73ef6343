internal import MeshActors
internal import MeshCore
internal import MeshIO
internal import MeshWire

/// What a transport is on its loop: its endpoint, the links to other nodes, and who answers them.
final class TransportCore {
    let loop: EventLoop
    let hello: Hello
    var service: RequestService?
    private let observer: any LinkObserver
    private var endpoint: QUICEndpoint?
    private var links: [NodeID: PeerLink] = [:]
    private var tickets: [SocketAddress: ResumptionTicket] = [:]
    private(set) var isClosed = false

    init(loop: EventLoop, hello: Hello, observer: any LinkObserver) {
        self.loop = loop
        self.hello = hello
        self.observer = observer
    }

    func use(_ endpoint: QUICEndpoint) { self.endpoint = endpoint }

    var quic: QUICEndpoint? { endpoint }

    // MARK: Requests

    func begin(_ request: OutgoingRequest) {
        guard !request.isOver else { return }
        guard !isClosed else { return request.end(.failure(TransportError(.closed, "the transport is closed"))) }
        guard let link = links[request.node] else {
            return request.end(.failure(TransportError(.unreachable, "no connection to \(request.node)")))
        }
        request.arm(on: loop)
        link.begin(request)
    }

    // MARK: Links

    func connect(
        to address: SocketAddress,
        serverName: ServerName,
        opened: @escaping (Result<PeerLink, QUICError>) -> Void
    ) {
        guard let endpoint, !isClosed else {
            return opened(.failure(QUICError(.stopping, "the transport is closed")))
        }
        var made: PeerLink?
        let link = PeerLink(core: self) { result in
            guard let link = made.take() else { return }
            opened(result.map { link })
        }
        made = link
        do throws(QUICError) {
            _ = try endpoint.connect(to: address, serverName: serverName, ticket: tickets[address], handler: link)
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
        observer.linkClosed(to: link.agreement == nil ? nil : link.peerNode, reason)
    }

    func link(to node: NodeID) -> PeerLink? { links[node] }

    var nodes: [NodeID] { links.keys.sorted() }

    func keep(_ ticket: ResumptionTicket, for address: SocketAddress) {
        if tickets.count >= Limits.Endpoint.rememberedAddressTokens { tickets = [:] }
        tickets[address] = ticket
    }

    // MARK: What is not a request

    func control(_ frame: Frame, from node: NodeID) -> ControlAnswer { observer.control(frame, from: node) }

    func received(datagram: [UInt8], from node: NodeID) { observer.received(datagram: datagram, from: node) }

    func close(code: UInt64, _ message: String) {
        isClosed = true
        endpoint?.close(code: code, message)
        endpoint = nil
        links = [:]
    }
}

extension TransportCore: QUICEndpointHandler {
    func endpoint(_ endpoint: QUICEndpoint, accepting connection: QUICConnection) -> (any QUICConnectionHandler)? {
        isClosed ? nil : PeerLink(core: self)
    }
}
