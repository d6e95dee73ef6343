internal import MeshCore

/// Which pending effects of one actor are being performed, and which come next.
///
/// Pure.
package struct EffectSchedule<Effect: Sendable>: Sendable {
    private var known: [EventPosition: Effect] = [:]
    private var running: Set<EventPosition> = []
    private var over: Set<EventPosition> = []

    /// An actor without effects.
    package init() {}

    /// What the value lists now, in place of what it listed before.
    package mutating func listed(_ pending: [PendingEffect<Effect>]) {
        known = [:]
        for one in pending { known[one.position] = one.effect }
        over = over.filter { known[$0] != nil }
    }

    /// Effects to begin, oldest first, within ``Limits/Effects/maximumConcurrent``.
    package mutating func begin() -> [PendingEffect<Effect>] {
        let room = Limits.Effects.maximumConcurrent - running.count
        guard room > 0, !known.isEmpty else { return [] }
        let waiting = known.keys.filter { !running.contains($0) && !over.contains($0) }.sorted()
        return waiting.prefix(room).compactMap { position in
            guard let effect = known[position] else { return nil }
            running.insert(position)
            return PendingEffect(at: position, effect)
        }
    }

    /// The effect at `position` has been completed or given up; it is not begun again in this activation.
    package mutating func ended(_ position: EventPosition) {
        running.remove(position)
        if known[position] != nil { over.insert(position) }
    }

    /// Whether something is being performed, or waits for it.
    package var isBusy: Bool { !running.isEmpty || known.count > over.count }
}
