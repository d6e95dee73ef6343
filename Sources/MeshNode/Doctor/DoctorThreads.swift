internal import MeshActors
internal import MeshCore
internal import MeshIO

/// Threads for what may hang, and how many of them do: nobody waits for them any more, and they have not ended.
package final class DoctorThreads: Sendable {
    private struct State {
        var left = 0
        /// Opens when none is left.
        var end: OneShot<Bool>?
    }

    private enum Fate: Hashable, Sendable {
        case awaited, left, ended
    }

    /// Those of this process: a disk that hangs hangs for all who look at it.
    package static let ofThisProcess = DoctorThreads()

    private let state = Lock(State())

    /// None yet.
    package init() {}

    /// How many have been left behind and have not ended.
    package var leftCount: Int { state.withLock { $0.left } }

    /// What `work` returns, which may block, or nil where the machine has no thread or the calling task is cancelled
    /// first; then the thread is left behind, and ends when it can.
    package func run<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value? {
        let answer = OneShot<Value>()
        let fate = Shared(Fate.awaited)
        let isRunning = WorkThread.start { [self] in
            let value = work()
            if fate.exchange(.ended, unless: .ended) == .left { returned() }
            answer.open(value)
        }
        guard isRunning else { return nil }
        if let value = try? await answer.wait() { return value }
        leave(fate)
        return nil
    }

    /// Returns once none is left behind, or throws when the calling task is cancelled first.
    package func allEnded() async throws(CancellationError) {
        let end = state.withLock { state -> OneShot<Bool>? in
            guard state.left > 0 else { return nil }
            let end = state.end ?? OneShot()
            state.end = end
            return end
        }
        if let end { _ = try await end.wait() }
    }

    private func leave(_ fate: Shared<Fate>) {
        // Counted first, so that a thread that ends meanwhile finds itself counted.
        state.withLock { $0.left += 1 }
        if fate.exchange(.left, unless: .ended) == .ended { returned() }
    }

    private func returned() {
        let end = state.withLock { state -> OneShot<Bool>? in
            state.left -= 1
            guard state.left == 0 else { return nil }
            defer { state.end = nil }
            return state.end
        }
        end?.open(true)
    }
}

/// A value that a thread and its caller look at and change in one step.
private final class Shared<Value: Hashable & Sendable>: Sendable {
    private let value: Lock<Value>

    init(_ value: Value) { self.value = Lock(value) }

    /// What it was before it became `next`; it stays what it is where that is `end`.
    func exchange(_ next: Value, unless end: Value) -> Value {
        value.withLock { value in
            defer { if value != end { value = next } }
            return value
        }
    }
}
