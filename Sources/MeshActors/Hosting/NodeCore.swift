internal import MeshCore

/// What all hosts of one node share.
final class NodeCore: Sendable {
    let owner: Owner
    let environment: ActorEnvironment
    let transport: (any Transport)?
    /// Activations to begin, taken up by the node's `run()`.
    let starts = Intake<Activation>(capacity: Limits.Hosting.maximumStartsWaiting)

    /// What residents weigh.
    let memory: MemoryUse

    /// The node's `run()` ends: what only a plain actor could end is cancelled.
    let stopping = OneShot<Done>()

    private let state: Lock<State>

    private struct State {
        var membership: Membership
        var generator: SeededGenerator
    }

    /// One stay to be lived in a task of its own.
    struct Activation: Sendable {
        let run: @Sendable () async -> Void
        /// In place of `run`, when the node has stopped.
        let abandon: @Sendable () -> Void
    }

    init(
        owner: Owner,
        environment: ActorEnvironment,
        transport: (any Transport)?,
        membership: Membership,
        generator: SeededGenerator,
        memoryBudget: Int
    ) {
        self.owner = owner
        self.environment = environment
        self.transport = transport
        memory = MemoryUse(budget: memoryBudget)
        state = Lock(State(membership: membership, generator: generator))
        report(membership)
    }

    private func report(_ membership: Membership) {
        guard membership.omittedCount > 0 else { return }
        let fields = [LogField(.count, .integer(Int64(membership.omittedCount)))]
        environment.logger.log(.error, .membersOmitted, fields)
    }

    var membership: Membership { state.withLock { $0.membership } }

    /// Takes a newer membership in; false for one that is not newer.
    func adopt(_ membership: Membership) -> Bool {
        let isNewer = state.withLock { state in
            guard membership.epoch > state.membership.epoch else { return false }
            state.membership = membership
            return true
        }
        if isNewer { report(membership) }
        return isNewer
    }

    func splitGenerator() -> SeededGenerator { state.withLock { $0.generator.split() } }

    func drawCommandID() -> CommandID {
        let wallTime = environment.clock.wallTime
        return state.withLock { CommandID(at: wallTime, using: &$0.generator) }
    }

    func entries(of address: ActorAddress, after head: Head) async throws(ActorError) -> [PlacedEntry] {
        do throws(JournalError) {
            return try await environment.journal.entries(of: address, after: head)
        } catch {
            let code: ActorErrorCode = error.code == .corrupt ? .corrupt : .unavailable
            throw ActorError(code, "the journal of \(address) cannot be read", cause: error)
        }
    }
}
