internal import MeshCore
internal import MeshIO

/// Sends every datagram back, once a turn.
///
/// Sendable: confined to its loop but for its address.
final class UDPEchoServer: UDPSocketOwner, TurnHandler, @unchecked Sendable {
    private let socket: UDPSocket
    private var hook: TurnHook?

    init(loop: EventLoop) throws {
        socket = try UDPSocket(loop: loop, address: .loopbackIPv4(port: 0))
        hook = TurnHook(loop: loop, handler: self)
        socket.owner = self
    }

    var address: SocketAddress { socket.localAddress }

    func close() { socket.close() }

    func received(_ datagram: borrowing ReceivedDatagram) {
        let count = datagram.bytes.byteCount
        guard count > 0, let memory = socket.reserve(count) else { return }
        datagram.bytes.withUnsafeBytes { memory.copyMemory(from: $0) }
        socket.append(DatagramTrain(segmentBytes: count, to: datagram.remote), count: count)
    }

    func receivedAll() { hook?.mark() }

    func sendingUnblocked() {}

    func prepareToWait() { socket.flush() }
}

/// Sends requests and awaits their echo, some of them at a time.
///
/// Sendable: confined to its loop.
final class UDPEchoClient: UDPSocketOwner, TurnHandler, TimerHandler, @unchecked Sendable {
    typealias Done = CheckedContinuation<[Duration], any Error>

    private let loop: EventLoop
    private let socket: UDPSocket
    private let server: SocketAddress
    private let bytes: Int
    private let clock: MachineClock
    private var hook: TurnHook?
    private lazy var patience = LoopTimer(handler: self)
    private var sentAt: [Instant] = []
    private var waits: [Duration] = []
    private var count = 0
    private var begun = 0
    private var done: Done?

    init(loop: EventLoop, server: SocketAddress, bytes: Int) throws {
        precondition(bytes >= MemoryLayout<UInt64>.size, "a request carries its number")
        self.loop = loop
        self.server = server
        self.bytes = bytes
        clock = MachineClock(loop: loop)
        socket = try UDPSocket(loop: loop, address: .loopbackIPv4(port: 0))
        hook = TurnHook(loop: loop, handler: self)
        socket.owner = self
    }

    func begin(count: Int, inFlight: Int, _ done: Done) {
        self.count = count
        self.done = done
        sentAt = Array(repeating: .origin, count: inFlight)
        waits.reserveCapacity(count)
        for place in 0..<min(inFlight, count) { send(place) }
        loop.schedule(patience, at: loop.now + .seconds(60))
    }

    func close() { socket.close() }

    func received(_ datagram: borrowing ReceivedDatagram) {
        guard datagram.bytes.byteCount == bytes else { return }
        let place = datagram.bytes.withUnsafeBytes { Int(truncatingIfNeeded: $0.loadUnaligned(as: UInt64.self)) }
        guard sentAt.indices.contains(place) else { return }
        waits.append(clock.now - sentAt[place])
        if begun < count {
            send(place)
        } else if waits.count == count {
            loop.cancel(patience)
            done.take()?.resume(returning: waits)
        }
    }

    func receivedAll() {}

    func sendingUnblocked() {}

    func prepareToWait() { socket.flush() }

    func timerFired(_ timer: LoopTimer) {
        done.take()?.resume(throwing: UDPBaselineFailure("\(count - waits.count) echoes are missing after a minute"))
    }

    private func send(_ place: Int) {
        guard let memory = socket.reserve(bytes) else { return }
        memory.initializeMemory(as: UInt8.self, repeating: 0)
        memory.storeBytes(of: UInt64(place), as: UInt64.self)
        socket.append(DatagramTrain(segmentBytes: bytes, to: server), count: bytes)
        begun += 1
        sentAt[place] = clock.now
        hook?.mark()
    }
}
