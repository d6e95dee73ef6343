package import MeshActors
package import MeshChat
package import MeshCore
internal import MeshWire

extension Ledger {
    /// Sets aside what a call can cost at most; replies how much that is.
    ///
    /// The same call again has the same answer as long as it is held, and is refused once it has ended; one that has
    /// used nothing may be made after all, as it or as another one, and is set aside for anew.
    package struct Reserve: Command {
        package typealias Target = Ledger
        package typealias Reply = HoldReceipt
        package typealias Refusal = LedgerRefusal

        package static let tag: UInt32 = 1
        /// The call.
        package let call: LedgerCall
        /// What holds today, for all tiers.
        package let terms: LedgerTerms
        /// How long it counts.
        package let life: Duration

        /// Sets aside for `call` by `terms`, for `life`, at most ``Limits/Ledger/longestHold``.
        package init(_ call: LedgerCall, terms: LedgerTerms, life: Duration = .seconds(900)) {
            self.call = call
            self.terms = terms
            self.life = min(max(.milliseconds(1), life), Limits.Ledger.longestHold)
        }

        package func decide(_ state: Ledger, _ turn: inout Turn<Ledger>) throws(LedgerRefusal) -> HoldReceipt {
            if let hold = state.holds[call.id] {
                guard hold.call.fingerprint == call.fingerprint else { throw .conflict }
                return hold.receipt
            }
            if let known = state.ended[call.id], known.fate != .voided {
                throw known.fingerprint == call.fingerprint ? .callEnded : .conflict
            }
            var decision = LedgerDecision(state, now: turn.wallTime)
            decision.plan(terms, &turn)
            decision.look(&turn)
            decision.expireHolds(&turn)
            let tierTerms = terms[decision.core.tier]
            let amount = call.worstCharge(by: tierTerms)
            try admit(amount, state, decision)
            let hold = Hold(
                call: call,
                tier: decision.core.tier,
                terms: tierTerms,
                policyVersion: terms.version,
                amount: amount,
                available: decision.available - amount,
                reservedAt: decision.now,
                expiresAt: decision.now.moved(by: life)
            )
            decision.emit(.reserved(hold), &turn)
            return hold.receipt
        }

        private func admit(_ amount: Money, _ state: Ledger, _ decision: LedgerDecision) throws(LedgerRefusal) {
            let core = decision.core
            if !call.isFree {
                if let suspension = core.suspension, suspension != .ceiling { throw .suspended(suspension) }
                guard core.available > 0, Int128(amount.nanodollars) <= core.available else {
                    throw .ceilingExceeded(needed: amount, available: decision.available)
                }
            }
            guard decision.holdCount < Limits.Ledger.maximumHolds else { throw .tooManyHolds }
            guard let guest = call.guest else { return }
            guard (1...Limits.Ledger.maximumEntry).contains(guest.quota.nanodollars) else { throw .badAmount }
            let guests = decision.guests
            let known = guests[guest.invite]
            guard known != nil || guests.count < Limits.Ledger.maximumGuests else { throw .tooManyGuests }
            let use = known ?? Ledger.GuestUse()
            let left = use.isEnded ? .zero : guest.quota - use.spent - use.held
            guard amount <= left, !use.isEnded else { throw .guestQuotaSpent(needed: amount, available: left) }
        }
    }

    /// Charges what a call used and gives the rest of what was set aside back; replies what was charged.
    ///
    /// More than was set aside is charged all the same, and what a hold that has expired was for. The same again has
    /// the same answer; another outcome is a conflict.
    package struct Settle: Command {
        package typealias Target = Ledger
        package typealias Reply = ChargeReceipt
        package typealias Refusal = LedgerRefusal

        package static let tag: UInt32 = 2
        /// The call.
        package let id: UniqueID
        /// What was used.
        package let used: SettledUsage

        /// The call `id` has used `usage` and ended so, answered by `substitute` in place of the model that was asked.
        package init(_ id: UniqueID, usage: ChatUsage, end: CallEnd, substitute: Substitute? = nil) {
            self.id = id
            used = SettledUsage(usage: usage, end: end, substitute: substitute)
        }

        package func decide(_ state: Ledger, _ turn: inout Turn<Ledger>) throws(LedgerRefusal) -> ChargeReceipt {
            if let hold = state.holds[id] {
                var decision = LedgerDecision(state, now: turn.wallTime)
                return decision.charge(UsedCall(hold, used, isLate: false), &turn)
            }
            switch state.ended[id]?.fate {
            case nil: throw .unknownCall
            case .voided: throw .callEnded
            case .settled(let settled):
                guard settled.outcome == used.fingerprint else { throw .conflict }
                return settled.receipt
            case .expired(let hold):
                var decision = LedgerDecision(state, now: turn.wallTime)
                return decision.charge(UsedCall(hold, used, isLate: true), &turn)
            }
        }
    }

    /// Gives what was set aside for a call back: it used nothing.
    ///
    /// The same again changes nothing.
    package struct VoidHold: Command {
        package typealias Target = Ledger
        package typealias Reply = Done
        package typealias Refusal = LedgerRefusal

        package static let tag: UInt32 = 3
        /// The call.
        package let id: UniqueID

        /// The call `id` used nothing.
        package init(_ id: UniqueID) { self.id = id }

        package func decide(_ state: Ledger, _ turn: inout Turn<Ledger>) throws(LedgerRefusal) -> Done {
            if let hold = state.holds[id] {
                turn.emit(.voided(id, released: hold.amount))
                return Done()
            }
            switch state.ended[id]?.fate {
            case nil: throw .unknownCall
            case .voided: return Done()
            case .settled: throw .callEnded
            case .expired:
                turn.emit(.voided(id, released: .zero))
                return Done()
            }
        }
    }

    /// Charges a call after the fact, without a hold; replies what was charged.
    ///
    /// What was used is never refused.
    package struct Record: Command {
        package typealias Target = Ledger
        package typealias Reply = ChargeReceipt
        package typealias Refusal = LedgerRefusal

        package static let tag: UInt32 = 4
        /// The call, of which `worst` is what it used.
        package let call: LedgerCall
        /// What holds today.
        package let terms: LedgerTerms

        /// `call` has used what it says by ``LedgerCall/worst``.
        package init(_ call: LedgerCall, terms: LedgerTerms) {
            self.call = call
            self.terms = terms
        }

        package func decide(_ state: Ledger, _ turn: inout Turn<Ledger>) throws(LedgerRefusal) -> ChargeReceipt {
            let used = SettledUsage(usage: call.worst, end: .recorded)
            guard state.holds[call.id] == nil else { throw .conflict }
            if let known = state.ended[call.id] {
                guard known.fingerprint == call.fingerprint, case .settled(let settled) = known.fate,
                    settled.outcome == used.fingerprint
                else { throw .conflict }
                return settled.receipt
            }
            if let guest = call.guest, state.guests[guest.invite] == nil {
                guard state.guests.count < Limits.Ledger.maximumGuests else { throw .tooManyGuests }
            }
            var decision = LedgerDecision(state, now: turn.wallTime)
            decision.plan(terms, &turn)
            return decision.charge(UsedCall(call, used, by: terms, decision.core.tier), &turn)
        }
    }
}
