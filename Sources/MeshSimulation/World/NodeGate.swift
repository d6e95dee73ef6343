internal import MeshCore

/// The way in and out of one life of one node: every port of that life passes through it.
///
/// Swift cannot kill a task, so a crash closes the gate instead: what the old life still does reaches nobody. A pause
/// holds everything up, as a stopped process or a long collection of garbage would.
package final class NodeGate: Sendable {
    fileprivate struct State {
        var isDead = false
        var isPaused = false
        var nextTicket = 0
        var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
        var mourning: [Int: CheckedContinuation<Void, Never>] = [:]
    }

    private let state = Lock(State())

    /// The gate of a life that begins.
    package init() {}

    /// Whether this life has ended.
    package var isDead: Bool { state.withLock { $0.isDead } }

    /// Holds everything up, or lets it go on.
    package func setPaused(_ isPaused: Bool) {
        release { state in
            state.isPaused = isPaused
            return isPaused ? [] : state.takeWaiting()
        }
    }

    /// Ends this life; it cannot come back.
    package func kill() {
        release { state in
            state.isDead = true
            return state.takeWaiting() + state.takeMourning()
        }
    }

    /// Returns true as soon as something may pass, and false when this life has ended or the task is cancelled.
    package func pass() async -> Bool {
        while true {
            guard !isDead, !Task.isCancelled else { return false }
            guard state.withLock({ $0.isPaused }) else { return true }
            await wait(in: \.waiting) { $0.isPaused && !$0.isDead }
        }
    }

    /// Returns when this life has ended, or the task is cancelled.
    package func untilDead() async {
        await wait(in: \.mourning) { !$0.isDead }
    }

    private func wait(
        in line: any WritableKeyPath<State, [Int: CheckedContinuation<Void, Never>]> & Sendable,
        while condition: @escaping @Sendable (State) -> Bool
    ) async {
        let ticket = state.withLock { state in
            state.nextTicket += 1
            return state.nextTicket
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let mustWait = state.withLock { state in
                    let mustWait = condition(state) && !Task.isCancelled
                    if mustWait { state[keyPath: line][ticket] = continuation }
                    return mustWait
                }
                if !mustWait { continuation.resume() }
            }
        } onCancel: {
            release { state in
                guard let continuation = state[keyPath: line].removeValue(forKey: ticket) else { return [] }
                return [continuation]
            }
        }
    }

    private func release(_ change: (inout State) -> [CheckedContinuation<Void, Never>]) {
        let released = state.withLock { state in change(&state) }
        for continuation in released { continuation.resume() }
    }
}

extension NodeGate.State {
    /// In the order of arrival: a dictionary's own order would differ between processes.
    fileprivate mutating func takeWaiting() -> [CheckedContinuation<Void, Never>] {
        defer { waiting = [:] }
        return waiting.sorted { $0.key < $1.key }.map(\.value)
    }

    fileprivate mutating func takeMourning() -> [CheckedContinuation<Void, Never>] {
        defer { mourning = [:] }
        return mourning.sorted { $0.key < $1.key }.map(\.value)
    }
}
