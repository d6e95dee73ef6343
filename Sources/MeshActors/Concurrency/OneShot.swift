internal import MeshCore

/// A value that comes once, and those who wait for it.
///
/// Cancelling one of them ends its wait alone.
package final class OneShot<Value: Sendable>: Sendable {
    private struct State {
        var value: Value?
        var arrivals = 0
        /// By arrival, so that one of many who is cancelled finds itself at once.
        var waiting: [Int: CheckedContinuation<Value?, Never>] = [:]
    }

    private let state = Lock(State())

    /// Nothing has come yet.
    package init() {}

    /// Lets everybody go on with `value`; only the first value counts.
    package func open(_ value: Value) {
        let waiting = state.withLock { state -> [Int: CheckedContinuation<Value?, Never>] in
            guard state.value == nil else { return [:] }
            state.value = value
            defer { state.waiting = [:] }
            return state.waiting
        }
        for (_, waiter) in waiting.sorted(by: { $0.key < $1.key }) { waiter.resume(returning: value) }
    }

    /// Returns the value once it is there, or throws when the calling task is cancelled first.
    package func wait() async throws(CancellationError) -> Value {
        let arrival = state.withLock { state in
            state.arrivals += 1
            return state.arrivals
        }
        let value = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in add(arrival, continuation) }
        } onCancel: {
            leave(arrival)
        }
        guard let value else { throw CancellationError() }
        return value
    }

    private func add(_ arrival: Int, _ continuation: CheckedContinuation<Value?, Never>) {
        let (isOver, value) = state.withLock { state -> (Bool, Value?) in
            // Asked under the lock: a cancellation after it finds the waiter in the list.
            let isOver = state.value != nil || Task.isCancelled
            if !isOver { state.waiting[arrival] = continuation }
            return (isOver, state.value)
        }
        if isOver { continuation.resume(returning: value) }
    }

    private func leave(_ arrival: Int) {
        state.withLock { $0.waiting.removeValue(forKey: arrival) }?.resume(returning: nil)
    }
}
