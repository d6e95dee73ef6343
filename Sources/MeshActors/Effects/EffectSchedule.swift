package import MeshCore

/// Which pending effects of one actor are being performed, which come next, and which rest.
///
/// Pure.
///
/// One that fails is tried again after pauses that double. After ``Limits/Effects/maximumAttempts`` vain tries it is
/// put aside: it makes room for others, and is tried once in ``Limits/Effects/restPause``.
package struct EffectSchedule<Effect: Sendable>: Sendable {
    private var known: [EventPosition: Effect] = [:]
    private var running: Set<EventPosition> = []
    private var over: Set<EventPosition> = []
    private var failures: [EventPosition: Int] = [:]
    private var resting: [EventPosition: Instant] = [:]
    private var traces: [EventPosition: TraceContext] = [:]
    private let backoff = Backoff(first: Limits.Effects.firstPause, longest: Limits.Effects.longestPause)

    /// An actor without effects.
    package init() {}

    /// What the value lists now, in place of what it listed before; `newTraces` are those of entries just appended.
    ///
    /// Traces of effects are kept here and nowhere else, at most ``Limits/Effects/maximumTraces``: the journal is not
    /// to grow for the log.
    package mutating func listed(_ pending: [PendingEffect<Effect>], _ newTraces: [Head: TraceContext] = [:]) {
        if known.isEmpty, pending.isEmpty { return }
        known = [:]
        for one in pending { known[one.position] = one.effect }
        if !traces.isEmpty { traces = traces.filter { known[$0.key] != nil } }
        if !newTraces.isEmpty {
            for one in pending where traces.count < Limits.Effects.maximumTraces {
                if let trace = newTraces[one.position.head] { traces[one.position] = trace }
            }
        }
        over = over.filter { known[$0] != nil }
        failures = failures.filter { known[$0.key] != nil || running.contains($0.key) }
        resting = resting.filter { known[$0.key] != nil }
    }

    /// Effects to begin, oldest first, within ``Limits/Effects/maximumConcurrent``.
    package mutating func begin(now: @autoclosure () -> Instant) -> [PendingEffect<Effect>] {
        let room = Limits.Effects.maximumConcurrent - running.count
        guard room > 0, !known.isEmpty else { return [] }
        if !resting.isEmpty {
            let now = now()
            resting = resting.filter { $0.value > now }
        }
        let waiting = known.keys.filter { !running.contains($0) && !over.contains($0) && resting[$0] == nil }.sorted()
        return waiting.prefix(room).compactMap { position in
            guard let effect = known[position] else { return nil }
            running.insert(position)
            return PendingEffect(at: position, effect)
        }
    }

    /// The trace of the command that asked for the effect at `position`, where it was asked in this activation.
    package func trace(of position: EventPosition) -> TraceContext? { traces[position] }

    /// The number of the next try of the effect at `position`, from 1.
    package func attempt(of position: EventPosition) -> Int { failures[position, default: 0] + 1 }

    /// What comes after a vain try.
    package enum FailedAction: Hashable, Sendable {
        /// Another one after a pause, without beginning anew.
        case retry(after: Duration)
        /// It has been put aside just now, which is worth telling.
        case putAside
        /// It rests again.
        case rest
    }

    /// The effect at `position`, which has been begun, has failed.
    package mutating func failed(_ position: EventPosition, now: Instant) -> FailedAction {
        let count = attempt(of: position)
        failures[position] = count
        guard count >= Limits.Effects.maximumAttempts else { return .retry(after: backoff.pause(after: count)) }
        running.remove(position)
        if known[position] != nil { resting[position] = now + Limits.Effects.restPause }
        return count == Limits.Effects.maximumAttempts ? .putAside : .rest
    }

    /// When the next effect has rested; nil when none rests.
    package var nextDue: Instant? { resting.values.min() }

    /// The effect at `position` has been performed; it is not begun again in this activation.
    ///
    /// True if the value lists it still.
    package mutating func ended(_ position: EventPosition) -> Bool {
        running.remove(position)
        failures[position] = nil
        guard known[position] != nil else { return false }
        over.insert(position)
        return true
    }

    /// Whether something is being performed, or waits for it; what rests may as well rest elsewhere.
    package var isBusy: Bool { !running.isEmpty || known.count > over.count + resting.count }
}
