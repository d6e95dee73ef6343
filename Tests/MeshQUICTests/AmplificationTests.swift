import MeshActors
import MeshCore
import MeshIO
import MeshQUIC
import MeshTestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct `A server that has no proof of an address` {
    @Test func `sends there at most three times what came from there, whatever token came with it`() async throws {
        let loop = try EventLoop.start(name: "amplification")
        defer { loop.stop() }
        let scene = try EndpointScene(loop: loop)
        let packet = try await scene.firstPacketWithForeignToken()
        let taker = Taker()
        let victim = try await loop.run { LoopHeld(try Catcher(loop)) }
        // It repeats what is not acknowledged three times before it gives the handshake up.
        let server = try await scene.endpoint(.hub, "hub-2", handler: taker)
        try await loop.run {
            server.value.feed(packet, from: victim.value.address)
            #expect(server.value.counts.handshakes == 1)
        }
        let reason = try await taker.closed.wait()
        #expect(reason.kind == .handshakeTimeout)
        let caught = try await loop.run { victim.value.caught.reduce(0) { $0 + $1.count } }
        #expect(caught > 0)
        #expect(caught <= 3 * packet.count)
        try await loop.run {
            server.value.close()
            victim.value.close()
        }
    }
}

@Suite(.timeLimit(.minutes(1))) struct `A server that has closed` {
    @Test func `says so again only to where the peer is, and ever more rarely`() async throws {
        let loop = try EventLoop.start(name: "closing")
        defer { loop.stop() }
        let scene = try EndpointScene(loop: loop)
        let flights = try await FirstFlights.record(1, loop: loop, authority: scene.authority, clock: scene.clock)
        let taker = Taker()
        let server = try await scene.endpoint(.hub, "hub-1", handler: taker)
        let (peer, other) = try await loop.run { (LoopHeld(try Catcher(loop)), LoopHeld(try Catcher(loop))) }
        try await loop.run {
            server.value.feed(flights[0], from: peer.value.address)
            taker.accepted?.close(code: 0)
        }
        while try await loop.run({ peer.value.caught.isEmpty }) {}
        try await loop.run {
            for _ in 0..<100 {
                server.value.feed(flights[0], from: peer.value.address)
                server.value.feed(flights[0], from: other.value.address)
            }
        }
        // Whatever was sent is there when what is sent behind it is.
        try await scene.clock.sleep(for: .milliseconds(100))
        let (told, strangers) = try await loop.run { (peer.value.caught.count, other.value.caught.count) }
        #expect(strangers == 0)
        #expect((2...12).contains(told), "\(told)")
        try await loop.run {
            server.value.close()
            peer.value.close()
            other.value.close()
        }
    }
}

extension QUICEndpoint {
    /// As if `packet` had come from `remote`.
    fileprivate func feed(_ packet: [UInt8], from remote: SocketAddress) {
        let local = localAddress
        received(ReceivedDatagram(bytes: packet.span.bytes, remote: remote, local: local, congestion: .none))
    }
}

extension EndpointScene {
    /// The first packet of a client that shows a token of a server's earlier life.
    fileprivate func firstPacketWithForeignToken() async throws -> [UInt8] {
        let server = try await endpoint(.hub, "hub-1", handler: Taker())
        let client = try await endpoint(.edge, "laptop-7")
        let user = Taker()
        let address = try await loop.run {
            let address = server.value.localAddress
            _ = try client.value.connect(to: address, serverName: .dns("localhost"), handler: user)
            return address
        }
        _ = try await user.established.wait()
        let trap = try await loop.run {
            server.value.close()
            let trap = try Catcher(loop, at: address)
            _ = try client.value.connect(to: address, serverName: .dns("localhost"), handler: Taker())
            return LoopHeld(trap)
        }
        while try await loop.run({ trap.value.caught.isEmpty }) {}
        return try await loop.run {
            client.value.close()
            trap.value.close()
            let packet = try #require(trap.value.caught.first)
            // Behind both ids, each with its length before it (RFC 9000 section 17.2.2).
            let second = 6 + Int(packet[5])
            try #require(packet[second + 1 + Int(packet[second])] > 0, "the client has a token")
            return packet
        }
    }
}

/// A socket that keeps what it gets and answers nothing.
final class Catcher: UDPSocketOwner {
    private(set) var caught: [[UInt8]] = []
    private var socket: UDPSocket?

    init(_ loop: EventLoop, at address: SocketAddress = .loopbackIPv4(port: 0)) throws(IOError) {
        socket = try UDPSocket(loop: loop, address: address, owner: self)
    }

    var address: SocketAddress { socket?.localAddress ?? .anyIPv4(port: 0) }

    func received(_ datagram: borrowing ReceivedDatagram) {
        caught.append(datagram.bytes.withUnsafeBytes { Array($0) })
    }

    func receivedAll() {}
    func sendingUnblocked() {}
    func close() { socket?.close() }
}
