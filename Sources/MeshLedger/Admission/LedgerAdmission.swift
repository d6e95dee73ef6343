package import MeshChat
package import MeshCore

/// What the port of calls says, in the commands of a ledger, and back: the one way from a call to money.
package enum LedgerAdmission {
    /// What the port does not say of a call.
    package struct Circumstances: Hashable, Sendable {
        /// What kind of use it is.
        package var kind: UseKind
        /// The guest who asks.
        package var guest: GuestPass?

        /// A call of `kind`.
        package init(kind: UseKind, guest: GuestPass? = nil) {
            self.kind = kind
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

    /// What a client is told.
    package static func error(for refusal: LedgerRefusal) -> ChatError {
        switch refusal {
        case .ceilingExceeded(let needed, let available):
            let amounts = "\(needed.costText) are needed, \(available.balanceText) are available"
            return ChatError(.paymentRequired, "the credit does not suffice: \(amounts)", cause: refusal)
        case .suspended: return ChatError(.paymentRequired, "the account is suspended", cause: refusal)
        case .guestQuotaSpent: return ChatError(.paymentRequired, "the quota of the invite is spent", cause: refusal)
        case .conflict: return ChatError(.conflict, "the id was another call", cause: refusal)
        case .callEnded: return ChatError(.conflict, "the call has ended", cause: refusal)
        case .tooManyHolds, .tooManyGuests, .tooManyEntries:
            return ChatError(.overloaded, "the account has too much under way", cause: refusal)
        case .unknownCall, .badAmount, .insufficient, .unknownFlush, .periodOpen:
            return ChatError(.malformed, "the ledger knows no such call", cause: refusal)
        }
    }
}
