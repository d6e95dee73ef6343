internal import MeshActors
package import MeshCore
internal import MeshHTTP

/// What was gathered for metrics, so that all of one answer are of one moment.
///
/// It is gathered when somebody asks, one at a time and not more often than ``Limits/Operations/readingAge``, so that
/// however many ask, gathering costs no more; those who come meanwhile wait for the same. All wait no longer than
/// ``Limits/Operations/readingPatience`` and are told then what is there, and nothing that is older than
/// ``Limits/Operations/oldestReading``: numbers that stand still look as if all were well.
package final class Prepared<Reading: Sendable>: Sendable {
    private struct State {
        var latest: Reading?
        var at: Instant?
        /// Opens when what is under way has come to an end.
        var underWay: OneShot<Bool>?
    }

    private let state = Lock(State())
    private let clock: any Clock
    private let gather: @Sendable () async -> Reading?

    /// Readings that `gather` makes.
    package init(clock: any Clock, _ gather: @escaping @Sendable () async -> Reading?) {
        self.clock = clock
        self.gather = gather
    }

    /// What was gathered last; nil where that is too old.
    package var latest: Reading? {
        let now = clock.now
        return state.withLock { state in
            guard let at = state.at, now - at <= Limits.Operations.oldestReading else { return nil }
            return state.latest
        }
    }

    /// Gathers, where it is time, or waits for what is being gathered.
    package func refresh() async {
        let now = clock.now
        let (round, isOwn) = state.withLock { state -> (OneShot<Bool>?, Bool) in
            if let round = state.underWay { return (round, false) }
            if let at = state.at, now - at < Limits.Operations.readingAge { return (nil, false) }
            let round = OneShot<Bool>()
            state.underWay = round
            return (round, true)
        }
        guard let round else { return }
        // Of nobody who asks: one who leaves does not take it from the others.
        if isOwn { Task { await self.run(round, now) } }
        await withTaskGroup(of: Void.self) { [clock] group in
            group.addTask { _ = try? await round.wait() }
            group.addTask { try? await clock.sleep(for: Limits.Operations.readingPatience) }
            await group.next()
            group.cancelAll()
        }
    }

    private func run(_ round: OneShot<Bool>, _ now: Instant) async {
        let found = await gather()
        state.withLock { state in
            state.underWay = nil
            if let found { (state.latest, state.at) = (found, now) }
        }
        round.open(true)
    }
}
