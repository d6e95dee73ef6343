internal import MeshActors
package import MeshCore
package import MeshGateway
internal import MeshJSON
internal import MeshLedger
package import MeshStripe

/// Takes in what Stripe tells, and has the accounts do what follows from it.
///
///     webhook ──signed?──▶ whose is it? ──▶ ask Stripe how it stands now ──▶ orders ──▶ accounts ──▶ taken
///                                           └──────── one at a time for each account ────────┘
///
/// Between looking and acting nobody else does either for the account: what was seen first is done first.
///
/// Nothing is kept here: what was done, each account's journal remembers under an id made of Stripe's. What cannot be
/// done now is told again by Stripe, for three days.
package final class StripeDesk: BillingPort {
    private let office: LedgerOffice
    private let client: StripeClient
    private let till: StripeTill?
    private let secrets: [StripeSecret]
    private let clock: any Clock
    private let logger: Logger
    private let lanes = AccountLanes()

    /// A desk that believes what is signed by one of `secrets`; without any it believes nothing.
    ///
    /// Without `till` it has no pages.
    package init(
        office: LedgerOffice,
        client: StripeClient,
        till: StripeTill?,
        secrets: [StripeSecret],
        clock: any Clock,
        logger: Logger
    ) {
        self.office = office
        self.client = client
        self.till = till
        self.secrets = secrets
        self.clock = clock
        self.logger = logger
    }

    /// Has a page made for it.
    package func portal(of account: TenantID) async throws(BillingProblem) -> String {
        guard let till else { throw .nobody }
        do { return try await till.portal(of: LedgerAdmission.account(of: account)) } catch {
            log(.warning, .stripeFailed, [], error)
            throw .failed
        }
    }

    /// Looks at the signature, at what it is about, and has the account do what follows.
    package func take(_ body: [UInt8], signature: String?) async -> WebhookOutcome {
        let event: StripeEvent
        do throws(StripeError) {
            try StripeSignature.verify(signature, of: body, secrets: secrets, now: clock.wallTime)
            event = try StripeEvent(body)
        } catch {
            logger.log(.warning, .webhookRefused, error: error)
            return error.code == .badSignature ? .notSigned(error.message) : .malformed
        }
        let fields = [LogField(.stripeEvent, .text(event.id)), LogField(.stripeType, .text(event.type))]
        if let words = StripeOrder.report(of: event) {
            office.meters.reported()
            logger.log(.error, .meterReported, fields + [LogField(.reason, .text(words))])
            return .taken
        }
        do {
            guard let owner = StripeOrder.owner(for: event), let account = try await account(of: owner) else {
                logger.log(.debug, .webhookIgnored, fields)
                return .taken
            }
            try await lanes.run(for: account) { try await take(event, of: owner, account, fields) }
            return .taken
        } catch {
            log(.warning, .webhookDeferred, fields, error)
            return .notNow
        }
    }

    /// Looks at how it stands, and has the account do what follows.
    private func take(
        _ event: StripeEvent,
        of teller: StripeOrder.Owner,
        _ account: String,
        _ fields: [LogField]
    ) async throws {
        var account = account
        guard let (owner, orders) = StripeOrder.all(for: event, object: try await object(of: event)) else {
            logger.log(.debug, .webhookIgnored, fields)
            return
        }
        if owner != teller {
            // Somebody has written another account on it since.
            guard let other = try await self.account(of: owner) else {
                logger.log(.debug, .webhookIgnored, fields)
                return
            }
            account = other
        }
        for order in orders { try await carryOut(order, account, fields) }
        logger.log(.info, .webhookTaken, fields + [LogField(.account, .text(account))])
    }

    // MARK: What it is about

    /// How the event's object stands now; as the event says where Stripe has it no more, or nothing changes it.
    private func object(of event: StripeEvent) async throws(StripeError) -> JSONValue {
        guard let source = event.source else { return event.object }
        return try await client.object(at: source) ?? event.object
    }

    /// Nil where it is none of ours.
    private func account(of owner: StripeOrder.Owner) async throws(StripeError) -> String? {
        switch owner {
        case .account(let account): return account
        case .customer(let customer): return try await client.account(ofCustomer: customer)
        case .charge(let id):
            let charge = try await client.object(at: "/v1/charges/\(try StripeClient.checked(id: id))")
            if let account = charge?["metadata"]?[StripeClient.accountKey]?.text { return account }
            guard let customer = charge?["customer"]?.text else { return nil }
            return try await client.account(ofCustomer: customer)
        }
    }

    // MARK: What follows

    private func carryOut(_ order: StripeOrder, _ account: String, _ fields: [LogField]) async throws {
        switch order {
        case .stop(let id, let invoice): _ = try await office.ask(Ledger.StopFor(id, invoice: invoice), of: account)
        case .endInvoice(let invoice, let isPaid):
            _ = try await office.ask(Ledger.EndInvoice(invoice, isPaid: isPaid), of: account)
        case .tier(let tier): _ = try await office.ask(Ledger.SetTier(tier, terms: office.terms), of: account)
        case .endTier(let customer):
            let tier = try await client.tier(ofCustomer: customer) ?? .free
            _ = try await office.ask(Ledger.SetTier(tier, terms: office.terms), of: account)
        case .pay(let id, let amount, let note):
            try await enter(account, fields) {
                _ = try await self.office.ask(Ledger.NotePayment(id, amount, note: note), of: account)
            }
        case .credit(let id, let amount, let note):
            try await enter(account, fields) {
                _ = try await self.office.ask(Ledger.AddCredit(id, .paid, amount, note: note), of: account)
            }
        case .look(let words):
            let reason = LogField(.reason, .text(words))
            logger.log(.error, .webhookUndone, fields + [LogField(.account, .text(account)), reason])
        case .takeBack(let id, let amount, let note, let payment):
            try await takeBack((id, amount, note, payment), account, fields)
        }
    }

    /// Makes an entry; what the account will never take is told to people, for Stripe would repeat it in vain.
    private func enter(
        _ account: String,
        _ fields: [LogField],
        _ body: () async throws -> Void
    ) async throws {
        do { try await body() } catch let CallFailure<LedgerRefusal>.refused(refusal) {
            if refusal == .tooManyEntries { throw CallFailure<LedgerRefusal>.refused(refusal) }
            let reason = LogField(.reason, .text("the account says \(refusal)"))
            logger.log(.error, .webhookUndone, fields + [LogField(.account, .text(account)), reason])
        }
    }

    /// Takes back what was paid ahead.
    ///
    /// Stripe may tell this before it tells of the payment: then the credit is made first. Where some of it is spent,
    /// what is left is taken, and people look at the rest. All of it goes by one id: when the event comes again, what
    /// was taken is a conflict, and the stop is known.
    private func takeBack(
        _ back: (id: UniqueID, amount: Money, note: String, payment: String?),
        _ account: String,
        _ fields: [LogField]
    ) async throws {
        var refusal = try await correct(back.id, -back.amount, back.note, account)
        if case .insufficient? = refusal, let payment = back.payment, try await credit(of: payment, account, fields) {
            refusal = try await correct(back.id, -back.amount, back.note, account)
        }
        switch refusal {
        case nil: return
        case .conflict?: break
        case .insufficient(let left)?:
            if left > .zero { _ = try await correct(back.id, -left, back.note, account) }
        case let other?: throw CallFailure<LedgerRefusal>.refused(other)
        }
        guard try await office.ask(Ledger.StopFor(back.id), of: account) else { return }
        let reason = LogField(.reason, .text("what was given back is not all there any more: the account is stopped"))
        logger.log(.error, .webhookUndone, fields + [LogField(.account, .text(account)), reason])
    }

    /// Puts what was paid ahead right by `amount`; why not, where the account says no.
    private func correct(
        _ id: UniqueID,
        _ amount: Money,
        _ note: String,
        _ account: String
    ) async throws -> LedgerRefusal? {
        do {
            _ = try await office.ask(Ledger.Correct(id, .paid, by: amount, note: note), of: account)
            return nil
        } catch let CallFailure<LedgerRefusal>.refused(refusal) { return refusal }
    }

    /// Makes the credit of `payment`, unless the account has it; whether there is one.
    private func credit(of payment: String, _ account: String, _ fields: [LogField]) async throws -> Bool {
        guard let session = try await client.checkout(ofPayment: payment, now: clock.wallTime),
            let (owner, orders) = StripeOrder.checkout(session), owner == .account(account)
        else { return false }
        for order in orders { try await carryOut(order, account, fields) }
        return !orders.isEmpty
    }

    private func log(_ level: LogLevel, _ event: LogEvent, _ fields: [LogField], _ error: any Error) {
        logger.log(level, event, fields + [LogField(.reason, .text(Self.words(error)))])
    }

    /// What a log says of a failure: nothing that Stripe or an account has said.
    static func words(_ error: any Error) -> String {
        switch error {
        case let error as StripeError: "\(error.identity): \(error.message)"
        default: "the account does not answer"
        }
    }
}

extension LogEvent {
    static let meterReported = LogEvent("stripe.meter-reported")
    static let stripeFailed = LogEvent("stripe.failed")
    static let webhookDeferred = LogEvent("stripe.webhook-deferred")
    static let webhookIgnored = LogEvent("stripe.webhook-ignored")
    static let webhookRefused = LogEvent("stripe.webhook-refused")
    static let webhookTaken = LogEvent("stripe.webhook-taken")
    static let webhookUndone = LogEvent("stripe.webhook-undone")
}

extension LogKey {
    static let account = LogKey("account")
    static let stripeEvent = LogKey("stripe_event")
    static let stripeType = LogKey("stripe_type")
}
