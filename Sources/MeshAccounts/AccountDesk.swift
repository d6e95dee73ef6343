package import MeshActors
package import MeshChat
package import MeshCore
package import MeshGateway
package import MeshLedger

/// Where accounts are asked and told by HTTP: the gateway's port to an office.
package struct AccountDesk: LedgerPort {
    /// What a call of the model costs on a day; nil where nobody knows, which is not for nothing.
    package typealias Prices = @Sendable (_ model: String, _ day: WallTime) -> ModelPrice?

    private let office: LedgerOffice
    private let prices: Prices
    private let clock: any Clock
    /// Who makes pages of payment; nil where nobody does.
    private let checkout: (any CheckoutPort)?
    /// Where people pay ahead otherwise; nil for nowhere.
    private let topUpPage: String?
    /// Who has customers made for accounts that begin to pay; nil where nobody bills.
    private let signUps: StripeSignUps?

    /// Asks `office`, and prices what is recorded by `prices`.
    package init(
        _ office: LedgerOffice,
        prices: @escaping Prices,
        checkout: (any CheckoutPort)? = nil,
        topUpPage: String? = nil,
        signUps: StripeSignUps? = nil,
        clock: any Clock
    ) {
        self.office = office
        self.prices = prices
        self.checkout = checkout
        self.topUpPage = topUpPage
        self.signUps = signUps
        self.clock = clock
    }

    /// The accounts behind `account` in which something stands.
    package func accounts(after account: TenantID?, atMost most: Int) async throws(LedgerProblem) -> [TenantID] {
        let last = account.map { LedgerAdmission.account(of: $0) }
        do {
            return try await office.accounts(after: last, atMost: most).map { try TenantID($0) }
        } catch {
            throw .unavailable("the accounts cannot be listed now")
        }
    }

    /// How the account stands; a new one as it will be from its first call on.
    package func balance(_ account: TenantID) async throws(LedgerProblem) -> Balance {
        try await ask(Ledger.ShowBalance(), of: account).expecting(office.terms)
    }

    /// What was used in `period`.
    package func usage(
        _ account: TenantID,
        in period: BillingPeriod
    ) async throws(LedgerProblem) -> PeriodUsage? {
        try await ask(Ledger.ShowUsage(period), of: account)
    }

    /// The month that it is now.
    package var period: BillingPeriod { BillingPeriod(of: clock.wallTime) }

    /// Charges what was used elsewhere, by the price of its day, which has begun.
    package func record(_ use: RecordedUse, to account: TenantID) async throws(LedgerProblem) -> RecordedCharge {
        let now = clock.wallTime
        let day = use.day ?? now
        guard day <= now, let price = prices(use.model, day) else { throw .noPrice }
        let call = LedgerCall(
            id: use.id,
            model: use.model,
            kind: use.kind,
            price: price,
            worst: use.usage,
            place: use.place
        )
        let receipt = try await ask(Ledger.Record(call, terms: office.terms), of: account)
        return RecordedCharge(receipt, priceVersion: price.version)
    }

    /// Makes an entry by hand.
    package func enter(_ entry: AccountEntry, into account: TenantID) async throws(LedgerProblem) -> EntryReceipt {
        switch entry.kind {
        case .credit(let fund, let amount):
            try await ask(Ledger.AddCredit(entry.id, fund, amount, note: entry.note), of: account)
        case .refund(let call, let amount):
            try await ask(Ledger.Refund(entry.id, of: call, amount, note: entry.note), of: account)
        case .correction(let fund, let amount):
            try await ask(Ledger.Correct(entry.id, fund, by: amount, note: entry.note), of: account)
        case .payment(let amount):
            try await ask(Ledger.NotePayment(entry.id, amount, note: entry.note), of: account)
        }
    }

    /// Puts the account in `tier`; whoever bills hears of one that pays, later.
    package func set(_ tier: LedgerTier, of account: TenantID) async throws(LedgerProblem) {
        _ = try await ask(Ledger.SetTier(tier, terms: office.terms), of: account)
        if tier != .free { signUps?.note(LedgerAdmission.account(of: account)) }
    }

    /// Forbids the account what costs money.
    package func suspend(_ account: TenantID, for reason: Suspension) async throws(LedgerProblem) {
        _ = try await ask(Ledger.Suspend(reason), of: account)
    }

    /// Ends a suspension for `reason`.
    package func resume(_ account: TenantID, from reason: Suspension) async throws(LedgerProblem) {
        _ = try await ask(Ledger.Resume(reason), of: account)
    }

    /// Has whoever bills told of what is unflushed.
    package func flush(_ account: TenantID) async throws(LedgerProblem) -> MeterEvent? {
        try await ask(Ledger.Flush(), of: account)
    }

    /// What whoever bills is still to be told of.
    package func outbox(_ account: TenantID) async throws(LedgerProblem) -> [OutboxEntry] {
        try await ask(Ledger.ShowOutbox(), of: account)
    }

    /// Has whoever bills told again of what it refused.
    package func retry(
        event identifier: String,
        isMissing: Bool,
        of account: TenantID
    ) async throws(LedgerProblem) -> MeterEvent {
        let event = try await ask(Ledger.RetryFlush(identifier, isMissing: isMissing), of: account)
        office.meters.retried(event, of: LedgerAdmission.account(of: account), isMissing: isMissing)
        return event
    }

    /// Ends by hand what whoever bills refused.
    package func close(
        event identifier: String,
        isCounted: Bool,
        note: String,
        of account: TenantID
    ) async throws(LedgerProblem) -> MeterEvent {
        let command = Ledger.CloseFlush(identifier, isCounted: isCounted, note: note)
        let event = try await ask(command, of: account)
        office.meters.closed(event, of: LedgerAdmission.account(of: account), isCounted: isCounted)
        return event
    }

    /// What of the account's figures does not agree.
    package func verify(_ account: TenantID) async throws(LedgerProblem) -> [String] {
        try await ask(Ledger.Verify(), of: account)
    }

    /// Where somebody pays `amount` ahead: a page for it, or the one that the operator has named.
    package func topUp(_ account: TenantID, by amount: Money) async throws(LedgerProblem) -> TopUpPlace {
        if let checkout {
            do {
                return .checkout(try await checkout.checkout(LedgerAdmission.account(of: account), amount))
            } catch {
                throw .checkoutFailed
            }
        }
        guard let topUpPage else { throw .noTopUp }
        return .page(topUpPage)
    }

    // MARK: Actors

    private func ask<C: Command>(_ command: C, of account: TenantID) async throws(LedgerProblem) -> C.Reply
    where C.Target == Ledger, C.Refusal == LedgerRefusal {
        do throws(CallFailure<LedgerRefusal>) {
            return try await office.ask(command, of: LedgerAdmission.account(of: account))
        } catch {
            switch error {
            case .refused(let refusal): throw .refused(refusal)
            case .overloaded(let pause): throw .busy(retryAfter: pause)
            case .failed(let error): throw LedgerProblem(error.code)
            }
        }
    }

    private func ask<C: Command>(_ command: C, of account: TenantID) async throws(LedgerProblem) -> C.Reply
    where C.Target == Ledger, C.Refusal == NoRefusal {
        do throws(CallFailure<NoRefusal>) {
            return try await office.ask(command, of: LedgerAdmission.account(of: account))
        } catch {
            switch error {
            case .overloaded(let pause): throw .busy(retryAfter: pause)
            case .failed(let error): throw LedgerProblem(error.code)
            }
        }
    }
}

extension LedgerProblem {
    /// What a failure of the runtime means to whoever asked: whether it may have been done.
    package init(_ code: ActorErrorCode) {
        switch code {
        case .outcomeUnknown, .deadlineExceeded, .cancelled: self = .lost
        case .unknownCommand, .noHost, .moved, .tooManyRedirects, .unavailable, .corrupt, .commandMismatch, .tooLarge,
            .malformed, .stopping, .notAllowed:
            self = .unavailable("the account cannot be reached now")
        }
    }
}
