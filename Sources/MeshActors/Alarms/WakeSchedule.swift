package import MeshCore

/// Which of the actors that want to be awake are to be woken now.
///
/// Pure.
///
/// One that stays due is woken again after pauses that double, and reported once it has been woken
/// ``Limits/Alarms/maximumAttempts`` times in vain; from then on it is tried once in a long while.
package struct WakeSchedule: Sendable {
    private struct Attempts {
        var count = 0
        var next: Instant
        /// The last scan that listed it.
        var scan: UInt64
    }

    private var attempts: [ActorAddress: Attempts] = [:]
    private var scan: UInt64 = 0
    private let backoff = Backoff(first: Limits.Alarms.firstPause, longest: Limits.Alarms.longestPause)

    /// A schedule that has woken nobody.
    package init() {}

    /// A look at all that are due begins; ``toWake(_:now:)`` follows for each page of them.
    package mutating func scanBegan() { scan += 1 }

    /// The actors of `due` to wake at `now`.
    package mutating func toWake(_ due: [ActorAddress], now: Instant) -> [ActorAddress] {
        due.filter { address in
            var known = attempts[address] ?? Attempts(next: now, scan: scan)
            known.scan = scan
            defer { attempts[address] = known }
            guard known.next <= now else { return false }
            known.count += 1
            known.next = now + backoff.pause(after: known.count)
            return true
        }
    }

    /// These were woken and are no longer due.
    package mutating func succeeded(_ addresses: Set<ActorAddress>) {
        for address in addresses { attempts[address] = nil }
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
    package func failed(_ address: ActorAddress) -> FailedAction {
        let count = attempts[address]?.count ?? 1
        return count >= Limits.Alarms.maximumAttempts ? .putAside : .retry(attempt: count)
    }
}
