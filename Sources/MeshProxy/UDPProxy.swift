internal import MeshCore
package import MeshIO

/// A bad link between real sockets: clients send to it, and it sends on to the server as its rules say, and back.
///
/// Each client has a socket of its own towards the server, so that the server sees as many addresses as there are
/// clients; a rebinding gives a client another one, as a router does that has forgotten it. All clients share the link.
/// Confined to its loop; whoever opens it closes it.
package final class UDPProxy {
    private let loop: EventLoop
    private let server: SocketAddress
    private let maximumClients: Int
    private let batch = ReceiveBatch()
    private var front: UDPSocket?
    private var clients: [SocketAddress: ProxyClient] = [:]
    private var ways: [LinkDirection: ProxyWay] = [:]

    /// Where new sockets towards the server are bound; the port is any free one.
    private var source: SocketAddress

    /// Datagrams of clients beyond the bound on their number.
    package private(set) var refused: UInt64 = 0

    /// How often clients were given another address.
    package private(set) var rebindings = 0

    /// Opens `address` for clients of `server`.
    ///
    /// On the loop alone.
    package init(
        loop: EventLoop,
        address: SocketAddress,
        server: SocketAddress,
        rules: [LinkDirection: LinkRule] = [:],
        maximumClients: Int = Limits.Proxy.maximumClients,
        seed: UInt64
    ) throws(IOError) {
        self.loop = loop
        self.server = server
        self.maximumClients = maximumClients
        source = server.family == .ipv4 ? .loopbackIPv4(port: 0) : .loopbackIPv6(port: 0)
        var generator = SeededGenerator(seed: seed)
        for direction in LinkDirection.allCases {
            ways[direction] = ProxyWay(loop: loop, rule: rules[direction] ?? LinkRule(), seed: generator.next())
        }
        front = try UDPSocket(loop: loop, address: address, batch: batch, owner: self)
    }

    /// The address that clients send to.
    package var localAddress: SocketAddress { front?.localAddress ?? .anyIPv4(port: 0) }

    /// How many clients there are.
    package var clientCount: Int { clients.count }

    /// What became of the datagrams that went `direction`.
    package func counts(_ direction: LinkDirection) -> LinkCounts { ways[direction]?.counts ?? LinkCounts() }

    // MARK: Control

    /// Changes what the link does to datagrams that go `direction` from now on.
    package func change(_ direction: LinkDirection, _ body: (inout LinkRule) -> Void) {
        ways[direction]?.change(body)
    }

    /// Lets everything vanish that goes `direction`, for `duration` or until ``heal(_:)``.
    package func blackhole(_ direction: LinkDirection, for duration: Duration? = nil) {
        ways[direction]?.blackhole(until: duration.map { loop.now + $0 })
    }

    /// Ends a blackhole.
    package func heal(_ direction: LinkDirection) { ways[direction]?.heal() }

    /// Gives every client another port towards the server, and with `source` another address too.
    ///
    /// What the server still sends to the old one vanishes.
    package func rebind(to source: SocketAddress? = nil) throws(IOError) {
        if let source { self.source = source.with(port: 0) }
        rebindings += 1
        for client in clients.values { try client.open(at: self.source) }
    }

    /// Ends the link.
    ///
    /// On the loop alone.
    package func close() {
        for client in clients.values { client.close() }
        clients = [:]
        for way in ways.values { way.close() }
        front?.close()
        front = nil
    }

    // MARK: Datagrams

    fileprivate func sendToClient(_ client: SocketAddress, _ datagram: ProxyWay.Datagram) -> UDPSocket? {
        guard let front, datagram.add(to: front, remote: client) else { return nil }
        return front
    }

    private func client(at address: SocketAddress) -> ProxyClient? {
        if let client = clients[address] { return client }
        guard clients.count < maximumClients else { return nil }
        let client = ProxyClient(loop: loop, address: address, server: server, batch: batch, proxy: self)
        guard (try? client.open(at: source)) != nil else { return nil }
        clients[address] = client
        return client
    }

    fileprivate func arrived(_ datagram: borrowing ReceivedDatagram, for client: ProxyClient) {
        ways[.down]?.arrived(datagram, for: client) { client, datagram in
            client.proxy?.sendToClient(client.address, datagram)
        }
    }
}

extension UDPProxy: UDPSocketOwner {
    /// A client's datagram, for the socket.
    package func received(_ datagram: borrowing ReceivedDatagram) {
        guard let client = client(at: datagram.remote) else {
            refused += 1
            return
        }
        ways[.up]?.arrived(datagram, for: client) { client, datagram in client.sendToServer(datagram) }
    }

    /// Nothing: what is due leaves at the end of the turn.
    package func receivedAll() {}

    /// Nothing: what found no room was lost, as on any link.
    package func sendingUnblocked() {}
}

/// One client: its address, and the socket that the server takes for it.
final class ProxyClient {
    let address: SocketAddress
    weak var proxy: UDPProxy?
    private let loop: EventLoop
    private let server: SocketAddress
    private let batch: ReceiveBatch
    private var socket: UDPSocket?

    init(loop: EventLoop, address: SocketAddress, server: SocketAddress, batch: ReceiveBatch, proxy: UDPProxy) {
        self.loop = loop
        self.address = address
        self.server = server
        self.batch = batch
        self.proxy = proxy
    }

    /// Takes a new socket at `source`; the one before is closed after it, so that its port is another.
    func open(at source: SocketAddress) throws(IOError) {
        let opened = try UDPSocket(loop: loop, address: source, batch: batch, owner: self)
        close()
        socket = opened
    }

    func close() {
        socket?.close()
        socket = nil
    }

    func sendToServer(_ datagram: ProxyWay.Datagram) -> UDPSocket? {
        guard let socket, datagram.add(to: socket, remote: server) else { return nil }
        return socket
    }
}

extension ProxyClient: UDPSocketOwner {
    func received(_ datagram: borrowing ReceivedDatagram) {
        guard datagram.remote == server else { return }
        proxy?.arrived(datagram, for: self)
    }

    func receivedAll() {}

    func sendingUnblocked() {}
}
