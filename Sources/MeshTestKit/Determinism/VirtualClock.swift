package import MeshCore

/// A clock on which time passes only when the driver says so.
///
/// Wall time starts at a fixed moment and can be made to jump, as operators' clocks do.
package final class VirtualClock: Clock {
    private struct Alarm: Comparable {
        let deadline: Instant
        let arrival: Int

        static func < (left: Alarm, right: Alarm) -> Bool {
            (left.deadline, left.arrival) < (right.deadline, right.arrival)
        }
    }

    private struct State {
        var now = Instant.origin
        var wallOffsetMilliseconds: Int64
        var arrivals = 0
        /// By their arrivals.
        var sleepers: [Int: CheckedContinuation<Void, Never>] = [:]
        /// When to wake whom, those included who were cancelled since.
        var alarms = Heap<Alarm>()
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
                add(continuation, Alarm(deadline: deadline, arrival: arrival))
            }
        } onCancel: {
            wake(arrival)
        }
        if Task.isCancelled { throw CancellationError() }
    }

    /// Moves to the earliest deadline and wakes who waited for it; false when nobody sleeps.
    package func advanceToNextDeadline() -> Bool {
        let sleeper = state.withLock { state -> CheckedContinuation<Void, Never>? in
            while let alarm = state.alarms.popMin() {
                guard let sleeper = state.sleepers.removeValue(forKey: alarm.arrival) else { continue }
                state.now = max(state.now, alarm.deadline)
                return sleeper
            }
            return nil
        }
        sleeper?.resume()
        return sleeper != nil
    }

    /// Shifts wall time; the monotonic clock and sleepers do not notice.
    package func jumpWallTime(by duration: Duration) {
        state.withLock { $0.wallOffsetMilliseconds += duration.wholeNanoseconds / 1_000_000 }
    }

    private func add(_ continuation: CheckedContinuation<Void, Never>, _ alarm: Alarm) {
        let isDue = state.withLock { state in
            let isDue = alarm.deadline <= state.now || Task.isCancelled
            if !isDue {
                state.sleepers[alarm.arrival] = continuation
                state.alarms.insert(alarm)
            }
            return isDue
        }
        if isDue { continuation.resume() }
    }

    private func wake(_ arrival: Int) {
        state.withLock { $0.sleepers.removeValue(forKey: arrival) }?.resume()
    }
}

/// The least of its elements first.
private struct Heap<Element: Comparable> {
    private var elements: [Element] = []

    mutating func insert(_ element: Element) {
        elements.append(element)
        var index = elements.count - 1
        while index > 0, elements[index] < elements[(index - 1) / 2] {
            elements.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    mutating func popMin() -> Element? {
        guard let least = elements.first, let last = elements.popLast() else { return nil }
        guard !elements.isEmpty else { return least }
        elements[0] = last
        var index = 0
        while true {
            var child = 2 * index + 1
            guard child < elements.count else { return least }
            if child + 1 < elements.count, elements[child + 1] < elements[child] { child += 1 }
            guard elements[child] < elements[index] else { return least }
            elements.swapAt(index, child)
            index = child
        }
    }
}
