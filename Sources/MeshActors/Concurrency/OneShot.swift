internal import MeshCore

/// A value that comes once, and those who wait for it.
///
/// Cancelling one of them ends its wait alone.
package final class OneShot<Value: Sendable>: Sendable {
    private struct State {
        var value: Value?
        var arrivals = 0
        var waiting: [(arrival: Int, continuation: CheckedContinuation<Value?, Never>)] = []
    }

    private let state = Lock(State())

    /// Nothing has come yet.
    package init() {}

    /// The value, if it has come.
    package var value: Value? { state.withLock { $0.value } }

    /// Lets everybody go on with `value`; only the first value counts.
    package func open(_ value: Value) {
        let waiting = state.withLock { state -> [(arrival: Int, continuation: CheckedContinuation<Value?, Never>)] in
            guard state.value == nil else { return [] }
            state.value = value
            defer { state.waiting = [] }
            return state.waiting
        }
        for waiter in waiting { waiter.continuation.resume(returning: value) }
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
            if !isOver { state.waiting.append((arrival, continuation)) }
            return (isOver, state.value)
        }
        if isOver { continuation.resume(returning: value) }
    }

    private func leave(_ arrival: Int) {
        let waiter = state.withLock { state -> CheckedContinuation<Value?, Never>? in
            guard let index = state.waiting.firstIndex(where: { $0.arrival == arrival }) else { return nil }
            return state.waiting.remove(at: index).continuation
        }
        waiter?.resume(returning: nil)
    }
}
