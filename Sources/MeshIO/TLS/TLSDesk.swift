internal import CMeshTLS
internal import MeshCore

/// What the TLS streams of one listener share: their identity, room to read to, and the queue of their handshakes.
///
/// Confined to the listener's loop. The queue is served after everything else that a turn has brought, a few steps of
/// it: whoever is served already waits for no more than these. It is as long as there are streams at most.
final class TLSDesk: TimerHandler {
    let identity: TLSIdentity
    let room: cmesh_tls_room

    private let loop: EventLoop
    private var waiting: [StreamSocket] = []
    private var next = 0
    private lazy var timer = LoopTimer(handler: self)

    init(loop: EventLoop, identity: TLSIdentity) {
        self.loop = loop
        self.identity = identity
        let count = Limits.TLS.maximumBytesAhead
        room = cmesh_tls_room(bytes: .allocate(capacity: count), count: count)
    }

    deinit { room.bytes.deallocate() }

    /// Has `socket` take a step of its handshake, which it must not ask for twice before.
    func queue(_ socket: StreamSocket) {
        waiting.append(socket)
        // A timer that is due fires once a turn, behind descriptors and work.
        if !timer.isScheduled { loop.schedule(timer, at: loop.now) }
    }

    func timerFired(_ timer: LoopTimer) {
        var steps = 0
        while next < waiting.count, steps < Limits.TLS.handshakeStepsPerTurn {
            let socket = waiting[next]
            next += 1
            if socket.takeHandshakeStep() { steps += 1 }
        }
        if next == waiting.count {
            waiting.removeAll(keepingCapacity: waiting.capacity <= Self.capacityKept)
            next = 0
            return
        }
        if next >= Self.capacityKept {
            waiting.removeFirst(next)
            next = 0
        }
        if !timer.isScheduled { loop.schedule(timer, at: loop.now) }
    }

    private static let capacityKept = 256
}
