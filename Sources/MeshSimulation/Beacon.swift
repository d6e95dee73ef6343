internal import MeshCore

/// Lit by any, awaited by one task, dark again once seen; cancelling that task ends its wait.
final class Beacon: Sendable {
    private struct State {
        var isLit = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Lock(State())

    func light() {
        let waiter = state.withLock { state in
            let waiter = state.waiter.take()
            state.isLit = waiter == nil
            return waiter
        }
        waiter?.resume()
    }

    func wait() async {
        await withTaskCancellationHandler {
            await waitToTheEnd()
        } onCancel: {
            light()
        }
    }

    /// The same, but cancelling the task does not end the wait.
    func waitToTheEnd() async {
        await withCheckedContinuation { continuation in
            let isLit = state.withLock { state in
                let isLit = state.isLit
                state.isLit = false
                if !isLit { state.waiter = continuation }
                return isLit
            }
            if isLit { continuation.resume() }
        }
    }
}
