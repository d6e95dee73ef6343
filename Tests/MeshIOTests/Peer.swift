import MeshCore
import MeshIO
import MeshTestKit
import Testing

/// What a peer was told of a datagram.
struct Heard: Hashable, Sendable {
    let bytes: [UInt8]
    let remote: SocketAddress
    let local: SocketAddress
    let congestion: CongestionMark
}

/// A socket that remembers what it hears.
///
/// Sendable: `socket` is confined to its loop, the rest is in locks.
final class Peer: UDPSocketOwner, @unchecked Sendable {
    let heard = Watched<[Heard]>([])
    let unblocked = Watched(0)
    private(set) var turnsWithDatagrams = 0
    private let echoes: Bool
    private let closesAtFirst: Bool
    private var opened: UDPSocket?

    init(
        _ loop: EventLoop,
        at address: SocketAddress,
        _ configuration: UDPConfiguration = UDPConfiguration(),
        echoes: Bool = false,
        closesAtFirst: Bool = false,
        send: SendQueue.Send? = nil
    ) throws {
        self.echoes = echoes
        self.closesAtFirst = closesAtFirst
        opened = try UDPSocket(
            loop: loop,
            address: address,
            configuration: configuration,
            send: send,
            owner: self
        )
    }

    var address: SocketAddress { socket.localAddress }

    var socket: UDPSocket {
        guard let opened else { preconditionFailure("the peer has no socket") }
        return opened
    }

    func send(_ bytes: [UInt8], by segment: Int? = nil, to remote: SocketAddress, congestion: CongestionMark = .none)
        throws
    {
        try add(bytes, by: segment, to: remote, congestion: congestion)
        socket.flush()
    }

    func add(
        _ bytes: [UInt8],
        by segment: Int? = nil,
        to remote: SocketAddress,
        from local: SocketAddress? = nil,
        congestion: CongestionMark = .none
    ) throws {
        let memory = try #require(socket.reserve(bytes.count))
        memory.copyBytes(from: bytes)
        let train = DatagramTrain(
            segmentBytes: segment ?? bytes.count,
            to: remote,
            from: local,
            congestion: congestion
        )
        socket.append(train, count: bytes.count)
    }

    func close() { socket.close() }

    func received(_ datagram: borrowing ReceivedDatagram) {
        let heard = Heard(
            bytes: datagram.bytes.withUnsafeBytes { Array($0) },
            remote: datagram.remote,
            local: datagram.local,
            congestion: datagram.congestion
        )
        if echoes {
            do {
                try add(heard.bytes, to: heard.remote, from: heard.local, congestion: heard.congestion)
            } catch {
                Issue.record(error)
            }
        }
        if closesAtFirst { close() }
        self.heard.change { $0.append(heard) }
    }

    func receivedAll() {
        turnsWithDatagrams += 1
        if echoes { socket.flush() }
    }

    func sendingUnblocked() { unblocked.change { $0 += 1 } }
}

/// A reference that does not keep what it refers to.
///
/// Sendable: used on one loop.
final class Weak<Value: AnyObject>: @unchecked Sendable {
    private(set) weak var value: Value?

    init(_ value: Value?) { self.value = value }
}
