internal import CMeshSockets
internal import Glibc
internal import MeshCore

/// The part of a loop that only its own thread touches.
final class LoopTurns {
    var local = WorkQueue()
    var timers = TimerHeap()
    var marked: [TurnHook] = []
    let sleepers = SleeperList()

    private(set) var now: Instant
    private(set) var isStopped = false

    private let epoll: Int32
    private let wakeDescriptor: Int32
    private let events: UnsafeMutablePointer<epoll_event>
    private var registrations = LoopRegistrations()
    private var spareHooks: [TurnHook] = []
    private var patience = LoopPatience()

    init() throws(IOError) {
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard epoll >= 0 else { throw .system(errno, "making an epoll") }
        wakeDescriptor = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        let number = errno
        events = .allocate(capacity: Limits.IO.maximumEventsPerTurn)
        now = Instant(nanoseconds: cmesh_monotonic_nanoseconds())
        guard wakeDescriptor >= 0 else { throw .system(number, "making an eventfd") }
        // Told of each write and not of its level, so that nobody has to read it: it would take 2^64 writes to fill.
        let watched = EPOLLIN.rawValue | EPOLLET.rawValue
        let status = cmesh_epoll_change(epoll, EPOLL_CTL_ADD, wakeDescriptor, watched, Self.wakeToken)
        guard status == 0 else { throw .system(status, "watching an eventfd") }
    }

    deinit {
        close(epoll)
        if wakeDescriptor >= 0 { close(wakeDescriptor) }
        events.deallocate()
    }

    private static let wakeToken: UInt64 = 0
    private static let hasSeveralProcessors = cmesh_available_processors() > 1
}

// MARK: - A turn

extension LoopTurns {
    /// Ends the wait, or the next one; from any thread.
    func wake() {
        var one: UInt64 = 1
        // Cannot fail: the counter does not overflow, and the descriptor lives as long as the loop.
        _ = write(wakeDescriptor, &one, MemoryLayout<UInt64>.size)
    }

    /// Calls the hooks that were marked, each once.
    func runHooks() {
        guard !marked.isEmpty else { return }
        swap(&marked, &spareHooks)
        for hook in spareHooks { hook.run() }
        spareHooks.removeAll(keepingCapacity: true)
    }

    /// Nanoseconds until something is due; 0 where something is, negative where nothing ever will be.
    func timeToWait() -> Int64 {
        guard marked.isEmpty, local.isEmpty else { return 0 }
        guard let deadline = timers.nextDeadline else { return -1 }
        let present = Instant(nanoseconds: cmesh_monotonic_nanoseconds())
        return max(0, (deadline - present).wholeNanoseconds)
    }

    /// Waits for events and returns how many there are.
    func wait(nanoseconds: Int64) -> Int {
        let start = nanoseconds == 0 ? 0 : cmesh_monotonic_nanoseconds()
        var count = nanoseconds == 0 ? 0 : look(nanoseconds)
        if count == 0 {
            let left = nanoseconds <= 0 ? nanoseconds : max(0, nanoseconds - (cmesh_monotonic_nanoseconds() - start))
            count = cmesh_epoll_wait(epoll, events, Int32(Limits.IO.maximumEventsPerTurn), left)
        }
        precondition(count >= 0 || count == -EINTR, "epoll failed with \(count): a descriptor was closed too early")
        let end = cmesh_monotonic_nanoseconds()
        if nanoseconds != 0 { patience.waited(end - start) }
        now = Instant(nanoseconds: end)
        return max(0, Int(count))
    }

    /// Looks for events without sleeping where they are likely to come soon; returns how many there are.
    private func look(_ nanoseconds: Int64) -> Int32 {
        let looking = nanoseconds < 0 ? patience.looking : min(nanoseconds, patience.looking)
        guard looking > 0, Self.hasSeveralProcessors else { return 0 }
        var isInTheWay: Int32 = 0
        let count = cmesh_epoll_look(
            epoll,
            events,
            Int32(Limits.IO.maximumEventsPerTurn),
            looking,
            &isInTheWay
        )
        if isInTheWay != 0 { patience.wasInTheWay() }
        return count
    }

    func deliverEvents(_ count: Int) {
        for index in 0..<count {
            let token = cmesh_event_token(events + index)
            guard token != Self.wakeToken else { continue }
            // Nobody: the handler left in this very batch.
            let handler = registrations.handler(of: LoopRegistration(token: token))
            handler?.ready(Readiness(events: events[index].events))
        }
    }

    /// Tells the timers that are due, in their order; what they schedule for the past waits for the next turn.
    func fireTimers() {
        guard var budget = timers.nextDeadline.map({ $0 <= now }) == true ? timers.count : nil else { return }
        while budget > 0, let timer = timers.popDue(at: now) {
            timer.fire()
            budget -= 1
        }
    }

    /// Lets everything go that waits for this loop.
    func end() {
        isStopped = true
        sleepers.endAll()
        timers.removeAll()
        registrations.removeAll()
        marked.removeAll()
    }
}

// MARK: - Descriptors

extension LoopTurns {
    func register(
        _ descriptor: Int32,
        for readiness: Readiness,
        handler: any LoopHandler
    ) throws(IOError) -> LoopRegistration {
        guard !isStopped else { throw IOError(.stopped, "the loop has been stopped") }
        let registration = registrations.add(descriptor, handler)
        let status = cmesh_epoll_change(epoll, EPOLL_CTL_ADD, descriptor, readiness.events, registration.token)
        guard status == 0 else {
            registrations.remove(registration)
            throw .system(status, "watching descriptor \(descriptor)")
        }
        return registration
    }

    func update(_ registration: LoopRegistration, for readiness: Readiness) throws(IOError) {
        guard let descriptor = registrations.descriptor(of: registration) else { return }
        let status = cmesh_epoll_change(epoll, EPOLL_CTL_MOD, descriptor, readiness.events, registration.token)
        guard status == 0 else { throw .system(status, "watching descriptor \(descriptor)") }
    }

    func deregister(_ registration: LoopRegistration) {
        guard let descriptor = registrations.descriptor(of: registration) else { return }
        registrations.remove(registration)
        _ = cmesh_epoll_change(epoll, EPOLL_CTL_DEL, descriptor, 0, 0)
    }
}
