internal import MeshCore
package import MeshHTTP

/// A test double: keeps what is written in memory, and can be told to have no room or to be gone.
package final class VolatileResponseSink: ResponseSink {
    private struct State {
        var writes: [[UInt8]] = []
        var isFull = false
        var isGone = false
        var waiters: [CheckedContinuation<Void, Never>] = []
        var watchers: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Lock(State())

    /// A sink with room for everything.
    package init() {}

    /// What was written, each call for itself.
    package var writes: [[UInt8]] { state.withLock { $0.writes } }

    /// What was written, as text.
    package var text: String { String(decoding: writes.joined(), as: UTF8.self) }

    /// How many writes wait for room.
    package var waiting: Int { state.withLock { $0.waiters.count } }

    package func write(_ bytes: [UInt8]) async throws(HTTPError) {
        await withCheckedContinuation { continuation in
            let (isFree, watchers) = state.withLock { state in
                state.writes.append(bytes)
                let seen = state.writes.count
                let due = state.watchers.filter { $0.count <= seen }.map(\.continuation)
                state.watchers.removeAll { $0.count <= seen }
                if state.isFull && !state.isGone { state.waiters.append(continuation) }
                return (!state.isFull || state.isGone, due)
            }
            for watcher in watchers { watcher.resume() }
            if isFree { continuation.resume() }
        }
        if state.withLock({ $0.isGone }) { throw HTTPError(.closed, "the client has gone") }
    }

    /// Returns once there were `count` writes.
    package func written(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isDue = state.withLock { state in
                if state.writes.count < count { state.watchers.append((count, continuation)) }
                return state.writes.count >= count
            }
            if isDue { continuation.resume() }
        }
    }

    /// Has room for nothing from now on, or for everything again.
    package func setFull(_ isFull: Bool) {
        let waiters = state.withLock { state in
            state.isFull = isFull
            let waiters = isFull ? [] : state.waiters
            if !isFull { state.waiters = [] }
            return waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Is gone: every write fails, also those that wait.
    package func leave() {
        state.withLock { $0.isGone = true }
        setFull(false)
    }
}
