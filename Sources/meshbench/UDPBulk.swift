internal import MeshCore
internal import MeshIO

/// Counts what arrives and says so, once a turn.
///
/// Sendable: confined to its loop but for its address.
final class UDPBulkReceiver: UDPSocketOwner, @unchecked Sendable {
    private let socket: UDPSocket
    private var arrived: UInt64 = 0

    init(loop: EventLoop, _ configuration: UDPConfiguration) throws {
        socket = try UDPSocket(loop: loop, address: .loopbackIPv4(port: 0), configuration: configuration)
        socket.owner = self
    }

    var address: SocketAddress { socket.localAddress }

    /// How far a sender may be ahead: a datagram costs the kernel up to twice its bytes.
    var window: Int { socket.receiveBufferBytes / 2 }

    func close() { socket.close() }

    func received(_ datagram: borrowing ReceivedDatagram) {
        arrived += UInt64(datagram.bytes.byteCount)
        lastSender = datagram.remote
    }

    func receivedAll() {
        guard let lastSender, let memory = socket.reserve(MemoryLayout<UInt64>.size) else { return }
        memory.storeBytes(of: arrived, as: UInt64.self)
        socket.append(DatagramTrain(segmentBytes: memory.count, to: lastSender), count: memory.count)
        socket.flush()
    }

    func sendingUnblocked() {}

    private var lastSender: SocketAddress?
}

/// Sends as fast as the receiver counts.
///
/// Sendable: confined to its loop.
final class UDPBulkSender: UDPSocketOwner, TurnHandler, TimerHandler, @unchecked Sendable {
    typealias Done = CheckedContinuation<UInt64, any Error>

    private let loop: EventLoop
    private let socket: UDPSocket
    private let receiver: SocketAddress
    private let window: Int
    private var hook: TurnHook?
    private lazy var patience = LoopTimer(handler: self)
    private var wanted = 0
    private var sent = 0
    private var arrived = 0
    private var lost = 0
    private var done: Done?

    init(loop: EventLoop, receiver: SocketAddress, window: Int, _ configuration: UDPConfiguration) throws {
        self.loop = loop
        self.receiver = receiver
        self.window = max(window, Self.trainBytes)
        socket = try UDPSocket(loop: loop, address: .loopbackIPv4(port: 0), configuration: configuration)
        hook = TurnHook(loop: loop, handler: self)
        socket.owner = self
    }

    func begin(bytes: Int, _ done: Done) {
        wanted = bytes
        self.done = done
        hook?.mark()
    }

    func close() {
        loop.cancel(patience)
        socket.close()
    }

    func received(_ datagram: borrowing ReceivedDatagram) {
        guard datagram.bytes.byteCount == MemoryLayout<UInt64>.size else { return }
        arrived = datagram.bytes.withUnsafeBytes { Int(truncatingIfNeeded: $0.loadUnaligned(as: UInt64.self)) }
    }

    func receivedAll() {
        if arrived + lost >= wanted { finish() } else { hook?.mark() }
    }

    func sendingUnblocked() { hook?.mark() }

    func prepareToWait() {
        while sent - arrived - lost + Self.trainBytes <= window, sent < wanted,
            let memory = socket.reserve(Self.trainBytes)
        {
            memory.initializeMemory(as: UInt8.self, repeating: UInt8(truncatingIfNeeded: sent))
            socket.append(DatagramTrain(segmentBytes: Self.datagramBytes, to: receiver), count: memory.count)
            sent += memory.count
        }
        socket.flush()
        loop.schedule(patience, at: loop.now + .milliseconds(50))
    }

    /// Nothing has come for so long that what is missing is lost.
    func timerFired(_ timer: LoopTimer) {
        lost = sent - arrived
        if arrived + lost >= wanted { finish() } else { hook?.mark() }
    }

    private func finish() {
        guard let done = done.take() else { return }
        loop.cancel(patience)
        if lost * 100 > wanted {
            done.resume(throwing: UDPBaselineFailure("\(lost) of \(wanted) bytes were lost"))
        } else {
            done.resume(returning: UInt64(arrived))
        }
    }

    private static let datagramBytes = 1_444
    private static let trainBytes = 44 * datagramBytes
}
