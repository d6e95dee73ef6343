internal import MeshCore
internal import MeshIO

/// Drives one ``ProxyStateMachine``: keeps the bytes, sets the timer, sends what is due.
///
/// Confined to its loop.
final class ProxyWay {
    /// A datagram that is held.
    struct Datagram {
        var bytes: [UInt8]
        let congestion: CongestionMark

        /// Puts it into what `socket` sends at the end of the turn; false where there is no room.
        func add(to socket: UDPSocket, remote: SocketAddress) -> Bool {
            guard !bytes.isEmpty, let memory = socket.reserve(bytes.count) else { return false }
            bytes.withUnsafeBytes { memory.copyMemory(from: $0) }
            let train = DatagramTrain(segmentBytes: bytes.count, to: remote, congestion: congestion)
            socket.append(train, count: bytes.count)
            return true
        }
    }

    /// Sends a datagram of a client on and returns the socket to be flushed; nil where there is none or it has no room.
    typealias Send = (ProxyClient, Datagram) -> UDPSocket?

    private struct Held {
        let datagram: Datagram
        let client: ProxyClient
        let send: Send
    }

    private let loop: EventLoop
    private var machine: ProxyStateMachine
    private var held: [UInt64: Held] = [:]
    private var toFlush: [ObjectIdentifier: UDPSocket] = [:]
    private lazy var timer = LoopTimer(handler: self)
    private lazy var hook = TurnHook(loop: loop, handler: self)

    init(loop: EventLoop, rule: LinkRule, seed: UInt64) {
        self.loop = loop
        machine = ProxyStateMachine(rule: rule, seed: seed)
    }

    var counts: LinkCounts { machine.counts }

    func change(_ body: (inout LinkRule) -> Void) { body(&machine.rule) }

    func blackhole(until end: Instant?) { machine.blackholed(until: end) }

    func heal() { machine.healed() }

    func arrived(_ datagram: borrowing ReceivedDatagram, for client: ProxyClient, send: @escaping Send) {
        let count = datagram.bytes.byteCount
        guard case .hold(let number) = machine.datagramArrived(byteCount: count, now: loop.now) else { return }
        let bytes = datagram.bytes.withUnsafeBytes { Array($0) }
        let kept = Datagram(bytes: bytes, congestion: datagram.congestion)
        held[number] = Held(datagram: kept, client: client, send: send)
        sendDue()
    }

    private func sendDue() {
        while true {
            switch machine.deadlineReached(now: loop.now) {
            case .none:
                if let deadline = machine.nextDeadline { loop.schedule(timer, at: deadline) }
                return
            case .send(let number, let flippedBit, let isLast):
                send(number, flippedBit)
                if isLast { held[number] = nil }
            case .forget(let number, let isLast):
                if isLast { held[number] = nil }
            }
        }
    }

    private func send(_ number: UInt64, _ flippedBit: Int?) {
        guard let held = held[number] else { return }
        var datagram = held.datagram
        if let bit = flippedBit { datagram.bytes[bit / 8] ^= 1 << UInt8(bit % 8) }
        guard let socket = held.send(held.client, datagram) else { return }
        machine.sent(byteCount: datagram.bytes.count)
        toFlush[ObjectIdentifier(socket)] = socket
        hook.mark()
    }

    func close() {
        loop.cancel(timer)
        held = [:]
        toFlush = [:]
    }
}

extension ProxyWay: TimerHandler {
    func timerFired(_ timer: LoopTimer) { sendDue() }
}

extension ProxyWay: TurnHandler {
    func prepareToWait() {
        for socket in toFlush.values { socket.flush() }
        toFlush.removeAll(keepingCapacity: true)
    }
}
