package import MeshCore

/// Who is told that a timer is due, on the loop's thread.
package protocol TimerHandler: AnyObject {
    /// The timer is due and no longer scheduled; it may be scheduled again at once.
    func timerFired(_ timer: LoopTimer)
}

/// A place for one deadline, made once and scheduled as often as one likes, without allocating.
///
/// Confined to the loop on which it is scheduled. The loop keeps a scheduled timer, the timer does not keep its
/// handler: a handler that is gone is not told.
package final class LoopTimer {
    private weak var handler: (any TimerHandler)?

    /// When it is due; the last deadline where it is not scheduled.
    package fileprivate(set) var deadline = Instant.origin

    fileprivate var arrival: UInt64 = 0
    fileprivate var position = -1

    /// A timer that tells `handler`.
    package init(handler: any TimerHandler) { self.handler = handler }

    /// Whether a loop holds it.
    package var isScheduled: Bool { position >= 0 }

    func fire() { handler?.timerFired(self) }
}

/// Timers by deadline, those with the same deadline in the order in which they were scheduled.
///
/// A binary heap whose nodes know their position, so that moving and removing one needs no search.
package struct TimerHeap {
    private var timers: [LoopTimer] = []
    private var arrivals: UInt64 = 0

    /// No timers.
    package init() {}

    /// How many timers wait.
    package var count: Int { timers.count }

    /// The deadline of the first timer.
    package var nextDeadline: Instant? { timers.first?.deadline }

    /// Puts `timer` at `deadline`, wherever it was before.
    package mutating func schedule(_ timer: LoopTimer, at deadline: Instant) {
        preconditionHere(timer)
        arrivals += 1
        timer.arrival = arrivals
        timer.deadline = deadline
        if !timer.isScheduled {
            timer.position = timers.count
            timers.append(timer)
        }
        settle(timer)
    }

    /// Takes `timer` out, if it is in.
    package mutating func cancel(_ timer: LoopTimer) {
        guard timer.isScheduled else { return }
        preconditionHere(timer)
        let position = timer.position
        timer.position = -1
        let last = timers.removeLast()
        guard position < timers.count else { return }
        put(last, at: position)
        settle(last)
    }

    /// Takes the first timer out, if it is due at `now`.
    package mutating func popDue(at now: Instant) -> LoopTimer? {
        guard let first = timers.first, first.deadline <= now else { return nil }
        cancel(first)
        return first
    }

    /// Takes all timers out.
    package mutating func removeAll() {
        for timer in timers { timer.position = -1 }
        timers.removeAll()
    }

    private func preconditionHere(_ timer: LoopTimer) {
        let isHere = !timer.isScheduled || timer.position < timers.count && timers[timer.position] === timer
        precondition(isHere, "the timer is scheduled on another loop")
    }

    private mutating func settle(_ timer: LoopTimer) {
        moveUp(timer)
        moveDown(timer)
    }

    private mutating func moveUp(_ timer: LoopTimer) {
        var position = timer.position
        while position > 0 {
            let parent = (position - 1) / 2
            guard Self.isEarlier(timer, timers[parent]) else { break }
            put(timers[parent], at: position)
            position = parent
        }
        put(timer, at: position)
    }

    private mutating func moveDown(_ timer: LoopTimer) {
        var position = timer.position
        while true {
            var child = position * 2 + 1
            guard child < timers.count else { break }
            if child + 1 < timers.count, Self.isEarlier(timers[child + 1], timers[child]) { child += 1 }
            guard Self.isEarlier(timers[child], timer) else { break }
            put(timers[child], at: position)
            position = child
        }
        put(timer, at: position)
    }

    private mutating func put(_ timer: LoopTimer, at position: Int) {
        timers[position] = timer
        timer.position = position
    }

    private static func isEarlier(_ left: LoopTimer, _ right: LoopTimer) -> Bool {
        left.deadline == right.deadline ? left.arrival < right.arrival : left.deadline < right.deadline
    }
}
