internal import MeshActors
package import MeshCore
package import MeshGateway
internal import MeshJSON
internal import MeshLedger
package import MeshStripe

/// Takes in what Stripe tells, and has the accounts do what follows from it.
///
///     webhook ──signed?──▶ what is it about? ──ask Stripe how that stands now──▶ orders ──▶ accounts ──▶ taken
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
        do {
            guard let (owner, orders) = StripeOrder.all(for: event, object: try await object(of: event)),
                let account = try await account(of: owner)
            else {
                logger.log(.debug, .webhookIgnored, fields)
                return .taken
            }
            for order in orders { try await carryOut(order, account, fields) }
            logger.log(.info, .webhookTaken, fields + [LogField(.account, .text(account))])
            return .taken
        } catch {
            log(.warning, .webhookDeferred, fields, error)
            return .notNow
        }
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
        case .suspend(let reason): _ = try await office.ask(Ledger.Suspend(reason), of: account)
        case .resume(let reason): _ = try await office.ask(Ledger.Resume(reason), of: account)
        case .tier(let tier): _ = try await office.ask(Ledger.SetTier(tier, terms: office.terms), of: account)
        case .pay(let id, let amount, let note):
            try await enter(account, fields) {
                _ = try await self.office.ask(Ledger.NotePayment(id, amount, note: note), of: account)
            }
        case .credit(let id, let amount, let note):
            try await enter(account, fields) {
                _ = try await self.office.ask(Ledger.AddCredit(id, .paid, amount, note: note), of: account)
            }
        case .takeBack(let id, let amount, let note):
            try await takeBack(id, amount, note, account, fields)
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
    /// Where some of it is spent, what is left is taken, and people look at the rest. Both go by one id: the second of
    /// them is a conflict when the event comes again, and nothing happens.
    private func takeBack(
        _ id: UniqueID,
        _ amount: Money,
        _ note: String,
        _ account: String,
        _ fields: [LogField]
    ) async throws {
        do throws(CallFailure<LedgerRefusal>) {
            _ = try await office.ask(Ledger.Correct(id, .paid, by: -amount, note: note), of: account)
        } catch {
            guard case .refused(let refusal) = error else { throw error }
            switch refusal {
            case .conflict: break
            case .insufficient(let left):
                if left > .zero {
                    _ = try await office.ask(Ledger.Correct(id, .paid, by: -left, note: note), of: account)
                }
            default: throw error
            }
            _ = try await office.ask(Ledger.Suspend(.operatorStop), of: account)
            let reason = LogField(.reason, .text("what was given back had been spent: the account is stopped"))
            logger.log(.error, .webhookUndone, fields + [LogField(.account, .text(account)), reason])
        }
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
