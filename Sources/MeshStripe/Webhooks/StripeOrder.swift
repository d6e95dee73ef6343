package import MeshCore
package import MeshJSON
package import MeshLedger

/// What one event of Stripe's means for an account.
///
/// Ids are made of Stripe's own, so that the account's journal remembers what was done: the same event again changes
/// nothing, for as long as the account knows entries (40 days, and Stripe repeats for 3).
package enum StripeOrder: Hashable, Sendable {
    /// It may not use what costs money: for an invoice that is not paid, or until an operator has looked.
    case stop(UniqueID, invoice: String?)
    /// An invoice is not to be paid any more; whether something was paid for it.
    case endInvoice(String, isPaid: Bool)
    /// An invoice was paid.
    case pay(UniqueID, Money, note: String)
    /// Something was paid ahead.
    case credit(UniqueID, Money, note: String)
    /// What was paid ahead was given back, or taken back; it was paid by the payment of this name.
    case takeBack(UniqueID, Money, note: String, payment: String?)
    /// Something was paid or given back that the account's books cannot have by themselves: people look.
    case look(String)
    /// It has agreed to something else.
    case tier(LedgerTier)
    /// What this customer had agreed to has ended: what else it has agreed to counts, or nothing.
    case endTier(customer: String)

    /// Whose account it is, as far as the event says.
    package enum Owner: Hashable, Sendable {
        /// This one's.
        case account(String)
        /// Of whom Stripe calls so.
        case customer(String)
        /// Of whoever was charged so.
        case charge(String)
    }

    /// What `event` means, whose object stands like `object` now; nil where it means nothing to us.
    package static func all(
        for event: StripeEvent,
        object: JSONValue
    ) -> (owner: Owner, orders: [StripeOrder])? {
        switch Subject(event.type) {
        case .invoice: invoice(object)
        case .checkout: checkout(object)
        case .subscription: subscription(event.type, object)
        case .refund: refund(event)
        case .dispute: dispute(event)
        case nil: nil
        }
    }

    /// Whose account `event` is about, as it says itself; nil where it means nothing to us, whatever became of it.
    package static func owner(for event: StripeEvent) -> Owner? {
        switch Subject(event.type) {
        case .invoice, .checkout, .subscription, .refund: owner(of: event.object)
        case .dispute: event.object["charge"]?.text.map { .charge($0) }
        case nil: nil
        }
    }

    /// What people should know of `event`, which is about no account; nil where it is nothing of that kind.
    ///
    /// Stripe takes meter events at once and judges them later: this is how it says that what it has taken counts for
    /// nothing. It names no event and no customer here, so nobody but people can find out whose usage is missing.
    package static func report(of event: StripeEvent) -> String? {
        guard isReport(event.type) else { return nil }
        let meter = event.related.map { " of the meter \($0)" } ?? ""
        let advice = "see what is wrong at Stripe, and which accounts lack what with 'meshnode ledger reconcile'"
        return event.type == noMeter
            ? "Stripe has no meter for usage that it has taken: \(advice)"
            : "Stripe does not bill usage\(meter) that it has taken: \(advice)"
    }

    /// Whether an event of `type` says that what Stripe has taken counts for nothing.
    static func isReport(_ type: String) -> Bool {
        type == noMeter || type == "v1.billing.meter.error_report_triggered"
    }

    private static let noMeter = "v1.billing.meter.no_meter_found"

    /// What an event that means something to us is about.
    private enum Subject {
        case invoice, checkout, subscription, refund, dispute

        init?(_ type: String) {
            switch type {
            case "invoice.payment_failed", "invoice.payment_action_required", "invoice.marked_uncollectible",
                "invoice.paid", "invoice.payment_succeeded", "invoice.voided":
                self = .invoice
            case "checkout.session.completed", "checkout.session.async_payment_succeeded": self = .checkout
            case "customer.subscription.created", "customer.subscription.updated", "customer.subscription.deleted",
                "customer.subscription.paused", "customer.subscription.resumed":
                self = .subscription
            case "charge.refunded": self = .refund
            case "charge.dispute.created", "charge.dispute.funds_withdrawn", "charge.dispute.closed": self = .dispute
            default: return nil
            }
        }
    }

    // MARK: Objects

    /// How an invoice stands now says what to do, whatever the event was.
    ///
    /// One that was written off is not paid: the account stays stopped until an operator starts it. One that was voided
    /// is asked of nobody.
    private static func invoice(_ invoice: JSONValue) -> (owner: Owner, orders: [StripeOrder])? {
        guard let owner = owner(of: invoice), let id = invoice["id"]?.text else { return nil }
        switch invoice["status"]?.text {
        case "paid":
            // All of it is settled, whether by a card or by what the customer has with Stripe; taxes are Stripe's, and
            // are no usage of ours.
            let paid = cents(invoice["total_excluding_tax"]) ?? cents(invoice["amount_paid"]) ?? 0
            var orders = [StripeOrder.endInvoice(id, isPaid: paid > 0)]
            guard paid > 0 else { return (owner, orders) }
            let entry = StripeOrder.pay(UniqueID(named: "stripe|invoice|\(id)"), money(paid), note: "stripe \(id)")
            // Nobody here knows what other money is worth: what it was for is owed until people book it.
            let words = "the invoice \(id) was paid in another currency than dollars: nothing is booked"
            orders.insert(isDollars(invoice) ? entry : .look(words), at: 0)
            return (owner, orders)
        case "void": return (owner, [.endInvoice(id, isPaid: false)])
        case let status? where status == "open" || status == "uncollectible":
            // Each try to be paid stops it once: whoever an operator lets go on meanwhile goes on until the next one.
            let name = "stripe|unpaid|\(id)|\(status)|\(invoice["attempt_count"]?.integer ?? 0)"
            return (owner, [.stop(UniqueID(named: name), invoice: id)])
        default: return nil
        }
    }

    /// What is paid ahead on the page `session`, once it is paid.
    package static func checkout(_ session: JSONValue) -> (owner: Owner, orders: [StripeOrder])? {
        guard isTopUp(session), session["mode"]?.text == "payment", session["payment_status"]?.text == "paid",
            isDollars(session), let id = session["id"]?.text, let total = cents(session["amount_total"]),
            let owner = owner(of: session)
        else { return nil }
        let paid = total - (cents(session["total_details"]?["amount_tax"]) ?? 0)
        guard paid > 0 else { return nil }
        return (owner, [.credit(UniqueID(named: "stripe|checkout|\(id)"), money(paid), note: "stripe \(id)")])
    }

    private static func subscription(_ type: String, _ value: JSONValue) -> (owner: Owner, orders: [StripeOrder])? {
        guard let owner = owner(of: value), let tier = namedTier(of: value) else { return nil }
        if runningTier(of: value) != nil { return (owner, [.tier(tier)]) }
        let status = value["status"]?.text ?? ""
        guard !unbegunStatuses.contains(status) else { return nil }
        guard endedStatuses.contains(status) || type == "customer.subscription.deleted" else { return nil }
        return (owner, [customer(of: value).map { .endTier(customer: $0) } ?? .tier(.free)])
    }

    /// Those in which a subscription asks for no money (any more), so that nobody would pay for what is used.
    ///
    /// `unpaid`: Stripe has given up, and makes drafts of its invoices. `paused`: its trial ended without a way to pay.
    /// Either may go on later, and then brings its tier again.
    private static let endedStatuses: Set = ["canceled", "unpaid", "paused"]

    /// Those of one that has not begun: it has brought nothing that could end, also where it is given up.
    private static let unbegunStatuses: Set = ["incomplete", "incomplete_expired"]

    /// The tier that `subscription` brings now; nil where it brings none.
    ///
    /// One that is `past_due` still does: the invoice that failed stops the account by itself.
    static func runningTier(of subscription: JSONValue) -> LedgerTier? {
        let isRunning = ["active", "trialing", "past_due"].contains(subscription["status"]?.text)
        return isRunning ? namedTier(of: subscription) : nil
    }

    private static func namedTier(of subscription: JSONValue) -> LedgerTier? {
        (subscription["metadata"]?[StripeClient.tierKey]?.text).flatMap { LedgerTier(name: $0) }
    }

    /// Of a top-up so much was given back by this event: each says how much was given back in all, now and before.
    ///
    /// What was paid for an invoice and is given back is owed again or is not: that people say.
    private static func refund(_ event: StripeEvent) -> (owner: Owner, orders: [StripeOrder])? {
        let charge = event.object
        guard let owner = owner(of: charge), let id = charge["id"]?.text else { return nil }
        guard isTopUp(charge) else { return (owner, [.look("what was paid by \(id) for no top-up was given back")]) }
        guard isDollars(charge), let refunded = cents(charge["amount_refunded"])
        else { return nil }
        let back = refunded - (cents(event.previous["amount_refunded"]) ?? 0)
        guard back > 0 else { return nil }
        let name = UniqueID(named: "stripe|refund|\(id)|\(refunded)")
        let payment = charge["payment_intent"]
        let paidBy = payment?.text ?? payment?["id"]?.text
        return (owner, [.takeBack(name, money(back), note: "stripe \(id)", payment: paidBy)])
    }

    /// Somebody says that a charge was not theirs: people look at it once, and once more where it was lost.
    private static func dispute(_ event: StripeEvent) -> (owner: Owner, orders: [StripeOrder])? {
        guard let charge = event.object["charge"]?.text, let id = event.object["id"]?.text else { return nil }
        let isClosed = event.type == "charge.dispute.closed"
        if isClosed, event.object["status"]?.text != "lost" { return nil }
        let name = UniqueID(named: "stripe|dispute|\(id)\(isClosed ? "|lost" : "")")
        return (.charge(charge), [.stop(name, invoice: nil)])
    }

    // MARK: Parts

    /// Ours say whose they are; of others the customer tells.
    private static func owner(of object: JSONValue) -> Owner? {
        if let account = object["metadata"]?[StripeClient.accountKey]?.text, !account.isEmpty {
            return .account(account)
        }
        return customer(of: object).map { .customer($0) }
    }

    /// Its name alone, or an object where somebody has asked for more of it.
    private static func customer(of object: JSONValue) -> String? {
        object["customer"]?.text ?? object["customer"]?["id"]?.text
    }

    private static func isTopUp(_ object: JSONValue) -> Bool {
        object["metadata"]?[StripeClient.purposeKey]?.text == "topup"
    }

    private static func isDollars(_ object: JSONValue) -> Bool { object["currency"]?.text?.lowercased() == "usd" }

    private static func cents(_ value: JSONValue?) -> Int64? { value?.integer.flatMap { $0 < 0 ? nil : $0 } }

    /// Nano-dollars of so many cents; it stops at the end.
    private static func money(_ cents: Int64) -> Money { Money(clamping: Int128(cents) * 10_000_000) }
}
