internal import MeshActors
internal import MeshCore

/// The states of a tunnel, from the one it has now on: `for await state in tunnel.states`.
///
/// Any number of tasks may go through it, each at its own pace: one that is slower than the tunnel misses the oldest
/// states, never the newest. It ends when the tunnel's task has ended, or the watching task is cancelled; at once for a
/// task that would be one too many to wait (``Limits/Tunnel/maximumWatchers``).
package struct TunnelStates: AsyncSequence, Sendable {
    /// What it is made of.
    package typealias Element = TunnelState
    /// It never fails; it ends.
    package typealias Failure = Never

    private let board: StateBoard

    init(_ board: StateBoard) { self.board = board }

    /// A place in the sequence, of its own.
    package struct AsyncIterator: AsyncIteratorProtocol {
        private let board: StateBoard
        private var position: UInt64?

        init(_ board: StateBoard) { self.board = board }

        /// The next state, once there is one.
        package mutating func next() async -> TunnelState? {
            guard let (state, position) = await board.state(after: position) else { return nil }
            self.position = position
            return state
        }

        /// The next state, once there is one.
        package mutating func next(isolation: isolated (any Actor)?) async -> TunnelState? { await next() }
    }

    package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(board) }
}

/// The latest states of a tunnel, and those who wait for the next one.
final class StateBoard: Sendable {
    private struct State {
        var kept: BoundedQueue<TunnelState>
        /// The position of the newest.
        var newest: UInt64 = 0
        var latest: TunnelState
        var isOver = false
        var arrivals: UInt64 = 0
        var waiting: [UInt64: CheckedContinuation<Void, Never>] = [:]

        mutating func wakeAll() -> [CheckedContinuation<Void, Never>] {
            defer { waiting = [:] }
            return waiting.sorted { $0.key < $1.key }.map(\.value)
        }
    }

    private enum Look {
        case found(TunnelState, UInt64)
        case over
        case nothingNew
    }

    private let state: Lock<State>

    init(_ first: TunnelState) {
        var kept = BoundedQueue<TunnelState>(capacity: Limits.Tunnel.statesKept)
        _ = kept.append(first)
        state = Lock(State(kept: kept, latest: first))
    }

    var latest: TunnelState { state.withLock { $0.latest } }

    func publish(_ next: TunnelState) {
        let waiting = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            guard !state.isOver else { return [] }
            if state.kept.isFull { _ = state.kept.popFirst() }
            _ = state.kept.append(next)
            state.newest += 1
            state.latest = next
            return state.wakeAll()
        }
        for waiter in waiting { waiter.resume() }
    }

    func finish() {
        let waiting = state.withLock { state in
            state.isOver = true
            return state.wakeAll()
        }
        for waiter in waiting { waiter.resume() }
    }

    /// The state that follows `position`, or the newest for who comes anew.
    func state(after position: UInt64?) async -> (TunnelState, UInt64)? {
        while !Task.isCancelled {
            switch look(after: position) {
            case .found(let state, let position): return (state, position)
            case .over: return nil
            case .nothingNew: guard await wait(after: position) else { return nil }
            }
        }
        return nil
    }

    private func look(after position: UInt64?) -> Look {
        state.withLock { state in
            guard let position else { return .found(state.latest, state.newest) }
            guard position < state.newest else { return state.isOver ? .over : .nothingNew }
            let oldest = state.newest - UInt64(state.kept.count - 1)
            let next = max(oldest, position + 1)
            var queue = state.kept
            var found: TunnelState?
            for _ in oldest...next { found = queue.popFirst() }
            return found.map { .found($0, next) } ?? .found(state.latest, state.newest)
        }
    }

    /// Returns once there may be something new; false for one too many.
    private func wait(after position: UInt64?) async -> Bool {
        let arrival = state.withLock { state -> UInt64? in
            guard state.waiting.count < Limits.Tunnel.maximumWatchers else { return nil }
            state.arrivals += 1
            return state.arrivals
        }
        guard let arrival else { return false }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let goesOn = state.withLock { state in
                    let isNew = position.map { $0 < state.newest } ?? true
                    let goesOn = state.isOver || isNew || Task.isCancelled
                    if !goesOn { state.waiting[arrival] = continuation }
                    return goesOn
                }
                if goesOn { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: arrival) }?.resume()
        }
        return true
    }
}
