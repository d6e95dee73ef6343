package import MeshCore

/// Wakes the one task that works off what others leave for it.
///
/// Raising it twice wakes it once.
package final class Signal: Sendable {
    private struct State {
        var isRaised = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Lock(State())

    /// A signal that has not been raised.
    package init() {}

    /// Lets the waiting task go on, or the next one that waits.
    package func raise() {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard let waiter = state.waiter.take() else {
                state.isRaised = true
                return nil
            }
            return waiter
        }
        waiter?.resume()
    }

    /// Returns once the signal has been raised, or the calling task is cancelled.
    ///
    /// One task at a time may wait.
    package func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in add(continuation) }
        } onCancel: {
            raise()
        }
    }

    /// Returns at `deadline`, or when the signal has been raised before; without a deadline only then.
    ///
    /// A machine's driver rests so until its next deadline, or until an earlier one has been set.
    package func wait(
        until deadline: Instant?,
        on clock: any Clock,
        isolation: isolated (any Actor)? = #isolation
    ) async {
        guard let deadline else { return await wait() }
        await withDiscardingTaskGroup { group in
            let woken = Signal()
            group.addTask {
                try? await clock.sleep(until: deadline)
                woken.raise()
            }
            group.addTask {
                await self.wait()
                woken.raise()
            }
            await woken.wait()
            group.cancelAll()
        }
    }

    private func add(_ continuation: CheckedContinuation<Void, Never>) {
        let goesOn = state.withLock { state in
            let goesOn = state.isRaised || Task.isCancelled
            state.isRaised = false
            if !goesOn { state.waiter = continuation }
            return goesOn
        }
        if goesOn { continuation.resume() }
    }
}
