package import MeshActors
package import MeshCheck
package import MeshCore
internal import MeshTestKit

/// Where payments are made: it knows each key for ever, so that asking twice pays once.
package final class OutsideWorld: Sendable {
    private struct State {
        var generator: SeededGenerator
        var isSlow = false
        var paid: [String: Int64] = [:]
    }

    /// The outside could not be asked, or did not answer; it may have paid.
    package struct Silence: Error {}

    private let clock: any Clock
    private let history: History
    private let state: Lock<State>

    /// An outside whose moods are drawn from `generator`.
    package init(clock: any Clock, history: History, generator: SeededGenerator) {
        self.clock = clock
        self.history = history
        state = Lock(State(generator: generator))
    }

    /// Lets it fail and dawdle, or not.
    package func setSlow(_ isSlow: Bool) { state.withLock { $0.isSlow = isSlow } }

    /// How many payments were made.
    package var paymentCount: Int { state.withLock { $0.paid.count } }

    /// Pays `amount` once for `key`.
    package func pay(_ amount: Int64, for key: String, of address: ActorAddress, behind gate: NodeGate) async throws {
        guard await gate.pass() else { throw Silence() }
        history.record(.effectAsked(address, key: key, amount: amount))
        let (delay, fails) = state.withLock { state in
            let delay = state.isSlow ? state.generator.integer(in: 1...3_000) : state.generator.integer(in: 1...50)
            let fails = state.isSlow && state.generator.chance(1, in: 3)
            if !fails || state.generator.chance(1, in: 2) { state.paid[key] = amount }
            return (Duration.milliseconds(delay), fails)
        }
        try await clock.sleep(for: delay)
        guard !fails, await gate.pass() else { throw Silence() }
    }
}

/// Makes the transfers of accounts as payments in the world outside.
package struct PaymentPerformer: EffectPerformer {
    private let outside: OutsideWorld
    private let gate: NodeGate

    /// The performer of the life behind `gate`.
    package init(outside: OutsideWorld, gate: NodeGate) {
        self.outside = outside
        self.gate = gate
    }

    package func perform(
        _ transfer: SampleAccount.OpenTransfer,
        _ context: EffectContext
    ) async throws -> SampleAccount.TransferDone {
        try await outside.pay(transfer.amount, for: context.idempotencyKey, of: context.address, behind: gate)
        return SampleAccount.TransferDone(position: context.position)
    }
}
