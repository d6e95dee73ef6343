package import MeshChat
package import MeshCore

/// A test double of the ledger: one credit in memory, holds that are settled or voided once.
package final class VolatileAdmission: AdmissionPort {
    /// What became of a call.
    package enum Fate: Hashable, Sendable {
        /// It is set aside for.
        case held
        /// It was booked.
        case settled(AdmissionOutcome)
        /// Nothing was used.
        case voided
    }

    private struct Call {
        let ask: AdmissionAsk
        var fate = Fate.held
    }

    private struct State {
        var credit: Int64
        var calls: [UniqueID: Call] = [:]
        var settlements = 0

        var held: Int64 {
            calls.values.reduce(0) { $1.fate == .held ? $0 + $1.ask.worstCost.nanodollars : $0 }
        }
    }

    private let state: Lock<State>

    /// A ledger in which so much is left.
    package init(credit: Money) { state = Lock(State(credit: credit.nanodollars)) }

    /// What is left, without what is set aside; below nothing where more was used than set aside.
    package var available: Money { state.withLock { Money(nanodollars: $0.credit - $0.held) } }

    /// What became of the call `id`; nil where there was none.
    package func fate(of id: UniqueID) -> Fate? { state.withLock { $0.calls[id]?.fate } }

    /// How often anybody has settled or voided, in vain or not: whoever does so twice relies on it being forgiven.
    package var settlements: Int { state.withLock { $0.settlements } }

    /// Sets the worst case aside.
    package func reserve(_ ask: AdmissionAsk) async throws(ChatError) -> AdmissionHold {
        try state.withLock { (state) throws(ChatError) in
            if let call = state.calls[ask.id] {
                // Asked again, a call may have more time.
                var same = ask
                same.deadline = call.ask.deadline
                guard call.ask == same else { throw ChatError(.conflict, "the id was another call") }
            } else {
                guard ask.worstCost.nanodollars <= state.credit - state.held else {
                    throw ChatError(.paymentRequired, "the credit is used up")
                }
                state.calls[ask.id] = Call(ask: ask)
            }
        }
        return AdmissionHold(id: ask.id, tenant: ask.tenant, price: ask.price)
    }

    /// Books what was used.
    @discardableResult
    package func settle(_ hold: AdmissionHold, as outcome: AdmissionOutcome) async throws(ChatError) -> CallCharge? {
        state.withLock { state in
            state.settlements += 1
            guard state.calls[hold.id]?.fate == .held else { return }
            state.calls[hold.id]?.fate = .settled(outcome)
            state.credit -= outcome.cost.nanodollars
        }
        return CallCharge(upstream: outcome.cost, total: outcome.cost, paid: outcome.cost)
    }

    /// Gives all of it back.
    package func void(_ hold: AdmissionHold) async throws(ChatError) {
        state.withLock { state in
            state.settlements += 1
            guard state.calls[hold.id]?.fate == .held else { return }
            state.calls[hold.id]?.fate = .voided
        }
    }
}
