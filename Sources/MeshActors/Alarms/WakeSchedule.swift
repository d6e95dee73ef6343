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
    }

    private var attempts: [ActorAddress: Attempts] = [:]
    private let backoff = Backoff(first: Limits.Alarms.firstPause, longest: Limits.Alarms.longestPause)

    /// A schedule that has woken nobody.
    package init() {}

    /// The actors of `due` to wake at `now`; those that are no longer due are forgotten.
    package mutating func toWake(_ due: [ActorAddress], now: Instant) -> [ActorAddress] {
        let listed = Set(due)
        attempts = attempts.filter { listed.contains($0.key) }
        return due.filter { address in
            let known = attempts[address] ?? Attempts(next: now)
            guard known.next <= now else { return false }
            let count = known.count + 1
            attempts[address] = Attempts(count: count, next: now + backoff.pause(after: count))
            return true
        }
    }

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
