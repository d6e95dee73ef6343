package import MeshCore

/// A clock on which time passes only when the driver says so.
///
/// Wall time starts at a fixed moment and can be made to jump, as operators' clocks do.
package final class VirtualClock: Clock {
    private struct Sleeper {
        let deadline: Instant
        let arrival: Int
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var now = Instant.origin
        var wallOffsetMilliseconds: Int64
        var arrivals = 0
        var sleepers: [Sleeper] = []
    }

    private let state: Lock<State>

    /// A clock at its origin, when people's calendars show `wallTime`.
    package init(wallTime: WallTime = VirtualClock.firstWallTime) {
        state = Lock(State(wallOffsetMilliseconds: wallTime.millisecondsSince1970))
    }

    /// 2026-01-01T00:00:00Z.
    package static let firstWallTime = WallTime(millisecondsSince1970: 1_767_225_600_000)

    package var now: Instant { state.withLock { $0.now } }

    package var wallTime: WallTime {
        state.withLock { state in
            WallTime(millisecondsSince1970: state.wallOffsetMilliseconds + state.now.nanoseconds / 1_000_000)
        }
    }

    /// How many tasks sleep.
    package var sleeperCount: Int { state.withLock { $0.sleepers.count } }

    package func sleep(until deadline: Instant) async throws(CancellationError) {
        let arrival = state.withLock { state in
            state.arrivals += 1
            return state.arrivals
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                add(Sleeper(deadline: deadline, arrival: arrival, continuation: continuation))
            }
        } onCancel: {
            wake(arrival)
        }
        if Task.isCancelled { throw CancellationError() }
    }

    /// Moves to the earliest deadline and wakes who waited for it; false when nobody sleeps.
    package func advanceToNextDeadline() -> Bool {
        let sleeper = state.withLock { state -> Sleeper? in
            let earliest = state.sleepers.indices.min { left, right in
                let (left, right) = (state.sleepers[left], state.sleepers[right])
                return (left.deadline, left.arrival) < (right.deadline, right.arrival)
            }
            guard let earliest else { return nil }
            let sleeper = state.sleepers.remove(at: earliest)
            state.now = max(state.now, sleeper.deadline)
            return sleeper
        }
        sleeper?.continuation.resume()
        return sleeper != nil
    }

    /// Shifts wall time; the monotonic clock and sleepers do not notice.
    package func jumpWallTime(by duration: Duration) {
        state.withLock { $0.wallOffsetMilliseconds += duration.wholeNanoseconds / 1_000_000 }
    }

    private func add(_ sleeper: Sleeper) {
        let isDue = state.withLock { state in
            let isDue = sleeper.deadline <= state.now || Task.isCancelled
            if !isDue { state.sleepers.append(sleeper) }
            return isDue
        }
        if isDue { sleeper.continuation.resume() }
    }

    private func wake(_ arrival: Int) {
        let sleeper = state.withLock { state -> Sleeper? in
            guard let index = state.sleepers.firstIndex(where: { $0.arrival == arrival }) else { return nil }
            return state.sleepers.remove(at: index)
        }
        sleeper?.continuation.resume()
    }
}
