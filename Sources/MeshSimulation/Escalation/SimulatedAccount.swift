internal import MeshChat
internal import MeshCore

/// A test double of the ledger that keeps account by the ids of calls, over all lives of a hub.
final class SimulatedAccount: Sendable {
    private enum Fate: Hashable {
        case held
        case ended(AdmissionOutcome?)
    }

    private struct Call {
        let ask: AdmissionAsk
        var fate = Fate.held
        var faults = 0
    }

    private struct Life: Hashable {
        let number: Int
        let id: UniqueID
    }

    private struct State {
        var calls: [UniqueID: Call] = [:]
        /// What each life has set aside, and whether it has ended it for sure, or maybe.
        var lives: [Life: (ended: Int, maybe: Int)] = [:]
        var generator: SeededGenerator
        var settled = 0
        var voided = 0
    }

    private let plan: EscalationPlan
    private let history: EscalationHistory
    private let clock: any Clock
    private let state: Lock<State>

    init(plan: EscalationPlan, history: EscalationHistory, clock: any Clock, generator: SeededGenerator) {
        (self.plan, self.history, self.clock) = (plan, history, clock)
        state = Lock(State(generator: generator))
    }

    var counts: (settled: Int, voided: Int) { state.withLock { ($0.settled, $0.voided) } }

    /// Whether the call has been booked as complete.
    func isComplete(_ id: UniqueID) -> Bool {
        guard case .ended(let outcome?) = state.withLock({ $0.calls[id]?.fate }) else { return false }
        return outcome.end == .complete
    }

    /// A life has ended in good order: nothing that it has set aside is left.
    func checkLife(_ number: Int) {
        let open = state.withLock { state in
            state.lives.filter { $0.key.number == number && $0.value.ended + $0.value.maybe == 0 }.map(\.key.id.low)
        }
        guard let first = open.min() else { return }
        history.fail("settled", "life \(number) has ended, and run \(first) is neither settled nor voided")
    }

    fileprivate func pass() async {
        let pause = state.withLock { $0.generator.integer(in: 0...20) }
        // An account that has been asked answers, whoever has left.
        let woken = clock.now + .milliseconds(pause)
        while clock.now < woken, (try? await clock.sleep(until: woken)) != nil {}
    }

    fileprivate func reserve(_ ask: AdmissionAsk, _ life: Int) throws(ChatError) -> AdmissionHold {
        try state.withLock { (state) throws(ChatError) in
            if plan.faults.contains(.account), state.generator.chance(1, in: 8) {
                throw ChatError(state.generator.chance(1, in: 2) ? .paymentRequired : .unavailable, "as a seed decided")
            }
            if let known = state.calls[ask.id] {
                // Asked again, a call may have more time.
                var same = ask
                same.deadline = known.ask.deadline
                guard known.ask == same else { throw ChatError(.conflict, "the id was another call") }
                guard known.fate == .held else { throw ChatError(.conflict, "the call has ended") }
            } else {
                state.calls[ask.id] = Call(ask: ask)
            }
            state.lives[Life(number: life, id: ask.id), default: (0, 0)].ended += 0
        }
        history.note("life \(life) reserves for run \(ask.id.low)")
        return AdmissionHold(id: ask.id, tenant: ask.tenant, price: ask.price)
    }

    fileprivate func end(
        _ hold: AdmissionHold,
        _ outcome: AdmissionOutcome?,
        _ life: Int,
        isCalm: Bool
    ) throws(ChatError) {
        let name =
            "life \(life) \(outcome.map { "settles run \(hold.id.low) as \($0.end)" } ?? "voids run \(hold.id.low)")"
        let broken = try state.withLock { (state) throws(ChatError) -> String? in
            let key = Life(number: life, id: hold.id)
            guard var standing = state.lives[key], var call = state.calls[hold.id] else { return "never reserved" }
            defer { (state.lives[key], state.calls[hold.id]) = (standing, call) }
            guard standing.ended == 0 else { return "settled or voided before" }
            let fails = !isCalm && plan.faults.contains(.account) && call.faults < 3 && state.generator.chance(1, in: 4)
            let isLost = fails && state.generator.chance(1, in: 2)
            if fails { call.faults += 1 }
            if !fails || isLost {
                if call.fate == .held {
                    call.fate = .ended(outcome)
                    if outcome == nil { state.voided += 1 } else { state.settled += 1 }
                } else if call.fate != .ended(outcome), standing.maybe == 0 {
                    return "settled otherwise by another life"
                }
            }
            guard !fails else {
                if isLost { standing.maybe += 1 }
                throw ChatError(.unavailable, "as a seed decided")
            }
            standing.ended += 1
            return nil
        }
        history.note(name)
        if let broken { history.fail("once", "\(name): \(broken)") }
    }
}

/// The account as one life of a hub sees it; when that is over, nothing it says counts.
final class SimulatedAdmission: AdmissionPort {
    private let account: SimulatedAccount
    private let life: Int
    private let state = Lock((isDead: false, isCalm: false))

    init(_ account: SimulatedAccount, life: Int) { (self.account, self.life) = (account, life) }

    func die() { state.withLock { $0.isDead = true } }

    /// From now on the account answers.
    func calm() { state.withLock { $0.isCalm = true } }

    func reserve(_ ask: AdmissionAsk) async throws(ChatError) -> AdmissionHold {
        await account.pass()
        try checkAlive()
        return try account.reserve(ask, life)
    }

    func settle(_ hold: AdmissionHold, as outcome: AdmissionOutcome) async throws(ChatError) -> CallCharge? {
        try await end(hold, outcome)
        return nil
    }

    func void(_ hold: AdmissionHold) async throws(ChatError) { try await end(hold, nil) }

    private func end(_ hold: AdmissionHold, _ outcome: AdmissionOutcome?) async throws(ChatError) {
        await account.pass()
        try checkAlive()
        try account.end(hold, outcome, life, isCalm: state.withLock { $0.isCalm })
    }

    private func checkAlive() throws(ChatError) {
        if state.withLock({ $0.isDead }) { throw ChatError(.unavailable, "the process has ended") }
    }
}
