internal import MeshCore
internal import MeshHTTP
internal import MeshLedger

extension HTTPRefusal {
    /// What a client is told of an account that does not do as it is told.
    init(_ problem: LedgerProblem) {
        switch problem {
        case .refused(let refusal): self.init(refusal)
        case .noPrice:
            // The routes name the field; whoever gets here has asked otherwise.
            self.init(.badRequest, "bad_request", "the model has no price")
        case .noTopUp:
            let words = "this hub takes no money by itself: its operator adds credit (synesis ledger add-credit)"
            self.init(.conflict, "no_top_up", words)
        case .checkoutFailed:
            self.init(.badGateway, "checkout_failed", "the page of payment could not be made; nothing was paid")
        case .busy(let pause):
            var fields = HTTPFields()
            fields.append(retryAfter: pause)
            self.init(.serviceUnavailable, "overloaded", "the account has too much to do", fields: fields)
        case .unavailable(let words):
            var fields = HTTPFields()
            fields.append(retryAfter: Limits.Gateway.retryAfter)
            self.init(.serviceUnavailable, "not_now", words, fields: fields)
        case .lost:
            let words = "the journal did not answer: it may be done all the same, and the same id again finds out"
            self.init(.badGateway, "outcome_unknown", words)
        }
    }

    private init(_ refusal: LedgerRefusal) {
        switch refusal {
        case .conflict, .callEnded:
            self.init(.conflict, "conflict", "this id was used for something else")
        case .unknownCall:
            self.init(.notFound, "unknown_call", "no call of this id was charged, or it has been forgotten")
        case .unknownFlush:
            let words = "no meter event of this name waits: it was delivered, or closed, or never was"
            self.init(.notFound, "unknown_event", words)
        case .flushOnItsWay:
            self.init(.conflict, "event_on_its_way", "the meter event was not refused: it is being told")
        case .badAmount:
            self.init(.badRequest, "bad_amount", "the amount is nothing, below nothing, or beyond reason")
        case .insufficient(let left):
            self.init(.conflict, "insufficient", "there is only \(left.decimalText) to take or to give back")
        case .tooManyEntries:
            let words =
                "as many entries were made in \(Limits.Ledger.entryMemory.components.seconds / 86_400) days as "
                + "can be known (\(Limits.Ledger.maximumEntries))"
            self.init(.conflict, "too_many_entries", words)
        case .ceilingExceeded, .suspended, .guestQuotaSpent, .tooManyHolds, .tooManyGuests, .periodOpen:
            self.init(.conflict, "refused", "the account does not allow this now")
        }
    }

    /// What is asked of a node that keeps no accounts.
    static let noAccounts = HTTPRefusal(.notFound, "not_a_hub", "this node keeps no accounts: ask its hub")
}
