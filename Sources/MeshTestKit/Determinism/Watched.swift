internal import MeshCore

/// A value that tests wait for: it changes until it satisfies somebody.
///
/// Sendable: everything is in a lock.
package final class Watched<Value: Sendable>: Sendable {
    private struct State {
        var value: Value
        var waiters: [(isWanted: @Sendable (Value) -> Bool, continuation: CheckedContinuation<Value, Never>)] = []
    }

    private let state: Lock<State>

    /// A value to begin with.
    package init(_ value: Value) { state = Lock(State(value: value)) }

    /// What it is now.
    package var value: Value { state.withLock { $0.value } }

    /// Changes it, and lets go whoever waited for what it is then.
    package func change(_ body: @Sendable (inout Value) -> Void) {
        let (value, ready) = state.withLock { state in
            body(&state.value)
            let value = state.value
            let ready = state.waiters.filter { $0.isWanted(value) }.map(\.continuation)
            state.waiters.removeAll { $0.isWanted(value) }
            return (value, ready)
        }
        for continuation in ready { continuation.resume(returning: value) }
    }

    /// Returns it once it is as wanted.
    @discardableResult
    package func wait(for isWanted: @escaping @Sendable (Value) -> Bool) async -> Value {
        await withCheckedContinuation { continuation in
            let value = state.withLock { state -> Value? in
                if isWanted(state.value) { return state.value }
                state.waiters.append((isWanted, continuation))
                return nil
            }
            if let value { continuation.resume(returning: value) }
        }
    }
}
