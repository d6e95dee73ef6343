internal import MeshActors
internal import MeshCore

/// Has what concerns one account be done one after another: whoever looks at something and then acts on it is not
/// overtaken by somebody who has looked later.
///
/// First come, first served. Whoever is cancelled while waiting leaves, and is nobody's turn.
package final class AccountLanes: Sendable {
    /// There is no room to wait in.
    package struct Full: Error {}

    private struct State {
        /// Who waits for each account that is busy.
        var lanes: [String: [OneShot<Bool>]] = [:]
        var waiting = 0
    }

    private let state = Lock(State())

    /// Nobody is busy.
    package init() {}

    /// How many wait.
    package var waiting: Int { state.withLock { $0.waiting } }

    /// What `body` brings, which runs alone for `account`.
    ///
    /// Throws ``Full`` where too many wait, and `CancellationError` where whoever asks does not wait any more.
    package func run<Value>(for account: String, _ body: () async throws -> Value) async throws -> Value {
        try await enter(account)
        defer { leave(account) }
        return try await body()
    }

    private func enter(_ account: String) async throws {
        let turn = OneShot<Bool>()
        let isMine = try state.withLock { state throws(Full) -> Bool in
            guard state.lanes[account] != nil else {
                state.lanes[account] = []
                return true
            }
            guard state.waiting < Limits.Accounts.maximumWaiting else { throw Full() }
            state.lanes[account, default: []].append(turn)
            state.waiting += 1
            return false
        }
        if isMine { return }
        do { _ = try await turn.wait() } catch {
            let hasLeft = state.withLock { state -> Bool in
                guard let place = state.lanes[account]?.firstIndex(where: { $0 === turn }) else { return false }
                state.lanes[account]?.remove(at: place)
                state.waiting -= 1
                return true
            }
            // It was given its turn in the same moment: the next one has it.
            if !hasLeft { leave(account) }
            throw error
        }
    }

    private func leave(_ account: String) {
        let next = state.withLock { state -> OneShot<Bool>? in
            guard let first = state.lanes[account]?.first else {
                state.lanes[account] = nil
                return nil
            }
            state.lanes[account]?.removeFirst()
            state.waiting -= 1
            return first
        }
        next?.open(true)
    }
}
