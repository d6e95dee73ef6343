internal import CMeshSockets
internal import CMeshTLS
internal import MeshCore

/// What the TLS streams of one listener share: their identity, room to read to, and the queue of their handshakes.
///
/// Confined to the listener's loop. The queue is served after everything else that a turn has brought, for a bounded
/// time, so that a crowd of new peers holds up those who are served already by that much and no more. Those whose
/// answer was signed come first: the rest of their handshake is cheap, and their first request is on its way behind it.
/// The queue is as long as there are streams at most.
final class TLSDesk: TimerHandler {
    let identity: TLSIdentity
    let room: cmesh_tls_room

    private let loop: EventLoop
    private var answered = StreamQueue()
    private var new = StreamQueue()
    private lazy var timer = LoopTimer(handler: self)

    init(loop: EventLoop, identity: TLSIdentity) {
        self.loop = loop
        self.identity = identity
        let count = Limits.TLS.maximumBytesAhead
        room = cmesh_tls_room(bytes: .allocate(capacity: count), count: count)
    }

    deinit { room.bytes.deallocate() }

    /// Has `socket`, which is not queued yet, take a step of its handshake.
    func queue(_ socket: StreamSocket, wasAnswered: Bool) {
        if wasAnswered { answered.append(socket) } else { new.append(socket) }
        scheduleTurn()
    }

    /// A timer that is due fires once a turn, behind descriptors and work.
    private func scheduleTurn() {
        if !timer.isScheduled { loop.schedule(timer, at: loop.now) }
    }

    func timerFired(_ timer: LoopTimer) {
        let end = cmesh_monotonic_nanoseconds() + Limits.TLS.handshakeTimePerTurn.wholeNanoseconds
        repeat {
            guard let socket = answered.popFirst() ?? new.popFirst() else { return }
            socket.takeHandshakeStep()
        } while cmesh_monotonic_nanoseconds() < end
        if !answered.isEmpty || !new.isEmpty { scheduleTurn() }
    }
}

/// Streams in the order in which they came.
struct StreamQueue {
    private var streams: [StreamSocket] = []
    private var head = 0

    var isEmpty: Bool { head == streams.count }

    mutating func append(_ stream: StreamSocket) { streams.append(stream) }

    mutating func popFirst() -> StreamSocket? {
        guard head < streams.count else { return nil }
        let stream = streams[head]
        head += 1
        if head == streams.count {
            streams.removeAll(keepingCapacity: streams.capacity <= Self.capacityKept)
            head = 0
        } else if head >= Self.capacityKept {
            streams.removeFirst(head)
            head = 0
        }
        return stream
    }

    private static let capacityKept = 256
}
