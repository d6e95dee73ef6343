package import MeshCore

/// What waking an actor came to.
package enum WakeOutcome: Hashable, Sendable {
    /// What was due has moved, or nothing was.
    case moved
    /// Its alarm stays where it was, or it could not be reached.
    case stillDue
    /// No alarm is due; it is awake for its effects, which are pending. Its next alarm is at that time.
    case effectsPending(nextAlarm: WallTime?)
}

/// Which of the actors that want to be awake are to be woken now.
///
/// Pure.
///
/// One that stays due is woken again after pauses that double, and reported once it has been woken
/// ``Limits/Alarms/maximumAttempts`` times in vain; from then on it is tried once in a long while.
///
/// One whose effects are pending performs them by itself while it lives, and is woken after the same pauses in case it
/// does so no more, which is nothing to report. An alarm of its own, or a change, ends such a pause.
package struct WakeSchedule: Sendable {
    private struct Attempts {
        var count = 0
        var next: Instant
        /// The last scan that listed it.
        var scan: UInt64
        /// With what it was listed when it was last woken: an append may change that.
        var mark: WakeMark
        /// Whether it is woken for its effects alone, and its next alarm if it is.
        var waitsForEffects = false
        var nextAlarm: WallTime?

        func isDue(_ mark: WakeMark, now: Instant, wallTime: WallTime) -> Bool {
            if next <= now { return true }
            return waitsForEffects && (mark != self.mark || nextAlarm.map { $0 <= wallTime } ?? false)
        }
    }

    private var attempts: [ActorAddress: Attempts] = [:]
    private var scan: UInt64 = 0
    private let backoff = Backoff(first: Limits.Alarms.firstPause, longest: Limits.Alarms.longestPause)

    /// A schedule that has woken nobody.
    package init() {}

    /// A look at all that are due begins; ``toWake(_:now:wallTime:)`` follows for each page of them.
    package mutating func scanBegan() { scan += 1 }

    /// The actors of `due` to wake at `now`, which the calendar calls `wallTime`.
    package mutating func toWake(_ due: [WakeMark], now: Instant, wallTime: WallTime) -> [ActorAddress] {
        due.filter { mark in
            var known = attempts[mark.address] ?? Attempts(next: now, scan: scan, mark: mark)
            known.scan = scan
            defer { attempts[mark.address] = known }
            guard known.isDue(mark, now: now, wallTime: wallTime) else { return false }
            // An append is progress, and an alarm has not been tried before: the pauses begin anew, and are never
            // longer than the last one is old.
            let rings = known.nextAlarm.map { $0 <= wallTime } ?? false
            if known.waitsForEffects, rings || known.mark != mark { known.count = 0 }
            known.mark = mark
            known.count += 1
            known.next = now + backoff.pause(after: known.count)
            return true
        }
        .map(\.address)
    }

    /// What was due of `address` when it was woken has moved.
    package mutating func succeeded(_ address: ActorAddress) { attempts[address] = nil }

    /// `address` was woken, and has effects pending but no alarm that is due.
    package mutating func effectsPending(_ address: ActorAddress, nextAlarm: WallTime?) {
        attempts[address]?.waitsForEffects = true
        attempts[address]?.nextAlarm = nextAlarm
    }

    /// All that are due have been seen: the others are forgotten.
    package mutating func scanEnded() { attempts = attempts.filter { $0.value.scan == scan } }

    /// What a vain attempt is worth telling.
    package enum FailedAction: Hashable, Sendable {
        /// There will be another try soon.
        case retry(attempt: Int)
        /// There will be one in a long while.
        case putAside
    }

    /// The alarm of `address` was not delivered, or did not move.
    package mutating func failed(_ address: ActorAddress) -> FailedAction {
        attempts[address]?.waitsForEffects = false
        let count = attempts[address]?.count ?? 1
        return count >= Limits.Alarms.maximumAttempts ? .putAside : .retry(attempt: count)
    }
}
