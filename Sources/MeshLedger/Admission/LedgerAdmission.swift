package import MeshChat
package import MeshCore

/// What the port of calls says, in the commands of a ledger, and back: the one way from a call to money.
package enum LedgerAdmission {
    /// What the port does not say of a call.
    package struct Circumstances: Hashable, Sendable {
        /// What kind of use it is.
        package var kind: UseKind
        /// What kind it is where others answer in place of whoever is asked first; nil for no other one.
        package var otherKind: UseKind?
        /// The guest who asks.
        package var guest: GuestPass?

        /// A call of `kind`.
        package init(kind: UseKind, otherKind: UseKind? = nil, guest: GuestPass? = nil) {
            self.kind = kind
            self.otherKind = otherKind
            self.guest = guest
        }
    }

    /// The account that pays for a tenant: the key of its ledger.
    package static func account(of tenant: TenantID) -> String { tenant.text }

    /// Sets the worst case aside.
    package static func reserve(
        _ ask: AdmissionAsk,
        _ circumstances: Circumstances,
        terms: LedgerTerms,
        life: Duration = .seconds(900)
    ) -> Ledger.Reserve {
        let call = LedgerCall(
            id: ask.id,
            model: ask.model,
            kind: circumstances.kind,
            price: ask.price,
            worst: ask.worst,
            dearestCost: ask.worstCost,
            otherKind: circumstances.otherKind,
            place: ask.place,
            guest: circumstances.guest
        )
        return Ledger.Reserve(call, terms: terms, life: life)
    }

    /// Books what was used; `substituteKind` is the kind of use of whoever answered in another one's place.
    package static func settle(
        _ hold: AdmissionHold,
        as outcome: AdmissionOutcome,
        substituteKind: UseKind
    ) -> Ledger.Settle {
        let end: CallEnd =
            switch outcome.end {
            case .complete: .complete
            case .clientLeft: .clientLeft
            case .brokenOff: .brokenOff
            }
        let substitute = outcome.substitute.map {
            Substitute(model: $0.model, kind: substituteKind, price: $0.price)
        }
        return Ledger.Settle(hold.id, usage: outcome.usage, end: end, substitute: substitute)
    }

    /// Gives all of it back.
    package static func void(_ hold: AdmissionHold) -> Ledger.VoidHold { Ledger.VoidHold(hold.id) }

    /// Whether `refusal` of a settlement or a voiding says that the call had ended already, so that nothing is amiss
    /// for whoever asked: the port says that the same again changes nothing.
    package static func isHarmless(_ refusal: LedgerRefusal) -> Bool { refusal == .callEnded }

    /// What was charged, as the port says it.
    package static func charge(_ receipt: ChargeReceipt) -> CallCharge {
        CallCharge(
            upstream: receipt.charge.upstream,
            total: receipt.charge.total,
            knowledge: receipt.funding.knowledge,
            granted: receipt.funding.granted,
            paid: receipt.funding.paid,
            metered: receipt.funding.metered
        )
    }

    /// What a client is told, who may top the account up at `topUpURL`.
    package static func error(for refusal: LedgerRefusal, topUpURL: String? = nil) -> ChatError {
        switch refusal {
        case .ceilingExceeded(let needed, let available):
            let amounts = "\(needed.costText) are needed, \(available.balanceText) are available"
            let credit = CreditRefusal(.ceiling, needed: needed, available: available, topUpURL: topUpURL)
            return unpaid("the credit does not suffice: \(amounts)", credit)
        case .suspended(let reason):
            let words = reason == .paymentFailed ? "a payment has failed" : "whoever runs it has stopped it"
            return unpaid("the account is suspended: \(words)", CreditRefusal(.suspended, topUpURL: topUpURL))
        case .guestQuotaSpent(let needed, let available):
            let credit = CreditRefusal(.guestQuota, needed: needed, available: available)
            return unpaid("the quota of the invite is spent", credit)
        case .conflict: return ChatError(.conflict, "the id was another call", cause: refusal)
        case .callEnded: return ChatError(.conflict, "the call has ended", cause: refusal)
        case .tooManyHolds, .tooManyGuests, .tooManyEntries:
            return ChatError(.overloaded, "the account has too much under way", cause: refusal)
        case .unknownCall, .badAmount, .insufficient, .unknownFlush, .periodOpen, .flushOnItsWay:
            return ChatError(.malformed, "the ledger knows no such call", cause: refusal)
        }
    }

    private static func unpaid(_ words: String, _ credit: CreditRefusal) -> ChatError {
        ChatError(.paymentRequired, words, cause: ChatFailure(credit: credit))
    }
}
