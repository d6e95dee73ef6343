internal import MeshCommandLine
internal import MeshCore
internal import MeshIO
internal import MeshProxy
internal import MeshQUIC
internal import MeshTestKit

/// An attacker who needs no certificate: bogus first packets.
enum FloodCommand {
    private static let to = Option<String>("to", "The address of the hub.")
    private static let rate = Option<Int>("rate", as: .within(1...1_000_000), default: 10_000, "Packets a second.")
    private static let seconds = Option<Int>("seconds", as: .within(1...100_000), default: 10, "How long.")
    private static let kind = Option<String>(
        "kind",
        as: .oneOf(["mixed"] + BogusInitials.Kind.allCases.map(\.rawValue)),
        default: "mixed",
        "Which packets; mixed takes all in turn."
    )

    static let command = Command(
        "flood",
        summary: "Send bogus first packets.",
        parameters: [AuthorityCommand.folder, to, rate, seconds, kind]
    ) { invocation in
        guard let address = ProxyCommand.address(invocation[to]) else {
            throw invocation.usageError("an address is four numbers and a port")
        }
        let loop = try EventLoop.start(name: "flood")
        let clock = MachineClock(loop: loop)
        let authority = try AuthorityCommand.open(invocation[AuthorityCommand.folder], clock: clock)
        let real = try await FirstFlights.record(256, loop: loop, authority: authority, clock: clock)
        let kinds = BogusInitials.Kind(rawValue: invocation[kind]).map { [$0] } ?? BogusInitials.Kind.allCases
        let packets = BogusInitials(real: real, kinds: kinds, seed: 1)
        let rate = invocation[rate]
        let end = clock.now + .seconds(invocation[seconds])
        let flood = try await loop.run { LoopHeld(try Flood(loop: loop, to: address, rate: rate, packets: packets)) }
        try await clock.sleep(until: end)
        let sent = try await loop.run { flood.value.stop() }
        try invocation.terminal.writeLine(JSONLine([("sent", sent)]).text)
        loop.stop()
        return .success
    }
}

/// Sends packets at a rate, from a few sockets in turn.
final class Flood {
    private let loop: EventLoop
    private let to: SocketAddress
    private let rate: Int
    private var packets: BogusInitials
    private var sockets: [UDPSocket] = []
    private let start: Instant
    private var sent = 0
    private lazy var timer = LoopTimer(handler: self)

    init(loop: EventLoop, to: SocketAddress, rate: Int, packets: BogusInitials) throws(IOError) {
        self.loop = loop
        self.to = to
        self.rate = rate
        self.packets = packets
        start = loop.now
        for _ in 0..<8 {
            sockets.append(try UDPSocket(loop: loop, address: .loopbackIPv4(port: 0), owner: self))
        }
        loop.schedule(timer, at: loop.now)
    }

    /// Ends it; how many packets were sent.
    func stop() -> Int {
        loop.cancel(timer)
        for socket in sockets { socket.close() }
        return sent
    }
}

extension Flood: TimerHandler {
    func timerFired(_ timer: LoopTimer) {
        let due = Int((loop.now - start).wholeNanoseconds / 1_000 * Int64(rate) / 1_000_000)
        for _ in 0..<min(max(0, due - sent), rate / 50 + 1) {
            let packet = packets.next()
            let socket = sockets[sent % sockets.count]
            sent += 1
            guard let memory = socket.reserve(packet.count) else { continue }
            packet.withUnsafeBytes { memory.copyMemory(from: $0) }
            socket.append(DatagramTrain(segmentBytes: packet.count, to: to), count: packet.count)
        }
        for socket in sockets { socket.flush() }
        loop.schedule(timer, at: loop.now + .milliseconds(1))
    }
}

extension Flood: UDPSocketOwner {
    func received(_ datagram: borrowing ReceivedDatagram) {}
    func receivedAll() {}
    func sendingUnblocked() {}
}
