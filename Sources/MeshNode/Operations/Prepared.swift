package import MeshCore
internal import MeshHTTP

/// What was gathered for metrics, so that all of one answer are of one moment.
///
/// It is gathered by whoever asks, one at a time and not more often than ``Limits/Operations/readingAge``, so that
/// however many ask, gathering costs no more; those who come meanwhile are told what was gathered before.
package final class Prepared<Reading: Sendable>: Sendable {
    private struct State {
        var latest: Reading?
        var at: Instant?
        var isUnderWay = false
    }

    private let state = Lock(State())
    private let clock: any Clock
    private let gather: @Sendable () async -> Reading?

    /// Readings that `gather` makes.
    package init(clock: any Clock, _ gather: @escaping @Sendable () async -> Reading?) {
        self.clock = clock
        self.gather = gather
    }

    /// What was gathered last.
    package var latest: Reading? { state.withLock { $0.latest } }

    /// Gathers, where it is time.
    package func refresh() async {
        let now = clock.now
        let isDue = state.withLock { state in
            guard !state.isUnderWay else { return false }
            if let at = state.at, now - at < Limits.Operations.readingAge { return false }
            state.isUnderWay = true
            return true
        }
        guard isDue else { return }
        let found = await gather()
        state.withLock { state in
            state.isUnderWay = false
            guard let found else { return }
            (state.latest, state.at) = (found, now)
        }
    }
}
