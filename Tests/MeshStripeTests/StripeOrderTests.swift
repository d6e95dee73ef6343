import MeshCore
import MeshJSON
import MeshLedger
import MeshStripe
import Testing

@Suite struct `What Stripe tells` {
    private static func event(
        _ type: String,
        _ object: JSONValue,
        previous: JSONValue? = nil
    ) throws(StripeError) -> StripeEvent {
        var data: JSONValue = ["object": object]
        if let previous, var object = data.object {
            object["previous_attributes"] = previous
            data = .object(object)
        }
        return try StripeEvent(JSONWriter.bytes(of: ["id": "evt_1", "type": .string(type), "data": data]))
    }

    /// What follows where Stripe has the object as the event has it, or `now` another.
    private static func orders(
        _ type: String,
        _ object: JSONValue,
        now: JSONValue? = nil,
        previous: JSONValue? = nil
    ) throws -> [StripeOrder]? {
        let event = try event(type, object, previous: previous)
        return StripeOrder.all(for: event, object: now ?? event.object)?.orders
    }

    private static func invoice(_ status: String, paid: Int64 = 0, net: JSONValue? = nil, tries: Int64 = 1)
        -> JSONValue
    {
        let fields: JSONValue = [
            "id": "in_1", "customer": "cus_1", "status": .string(status), "amount_paid": .integer(paid),
            "currency": "usd", "attempt_count": .integer(tries),
        ]
        guard let net, var object = fields.object else { return fields }
        object["total_excluding_tax"] = net
        return .object(object)
    }

    private static func subscription(_ status: String, _ tier: String?) -> JSONValue {
        let metadata: JSONValue = tier.map { ["mesh_tier": .string($0)] } ?? [:]
        return ["id": "sub_1", "customer": "cus_1", "status": .string(status), "metadata": metadata]
    }

    private static func session(_ status: String, cents: Int64 = 2_000, tax: Int64 = 0, currency: String = "usd")
        -> JSONValue
    {
        [
            "id": "cs_1", "mode": "payment", "payment_status": .string(status), "amount_total": .integer(cents),
            "currency": .string(currency), "total_details": ["amount_tax": .integer(tax)],
            "metadata": ["mesh_account": "acme", "mesh_purpose": "topup"],
        ]
    }

    private static func dollars(_ cents: Int64) -> Money { Money(nanodollars: cents * 10_000_000) }

    private static let payment = StripeOrder.pay(
        UniqueID(named: "stripe|invoice|in_1"),
        dollars(1_234),
        note: "stripe in_1"
    )

    private static let credit = StripeOrder.credit(
        UniqueID(named: "stripe|checkout|cs_1"),
        dollars(2_000),
        note: "stripe cs_1"
    )

    private static func stop(_ name: String, _ invoice: String?) -> [StripeOrder] {
        [.stop(UniqueID(named: "stripe|\(name)"), invoice: invoice)]
    }

    @Test func `of an invoice that is not paid stops the account for it, once for each try`() throws {
        for type in ["invoice.payment_failed", "invoice.payment_action_required"] {
            #expect(try Self.orders(type, Self.invoice("open")) == Self.stop("unpaid|in_1|open|1", "in_1"))
        }
        let second = try Self.orders("invoice.payment_failed", Self.invoice("open", tries: 2))
        #expect(second == Self.stop("unpaid|in_1|open|2", "in_1"))
        let lost = try Self.orders("invoice.marked_uncollectible", Self.invoice("uncollectible"))
        #expect(lost == Self.stop("unpaid|in_1|uncollectible|1", "in_1"))
    }

    @Test func `of an invoice that is paid, or voided, ends what it stopped, and names it`() throws {
        let paid = try Self.orders("invoice.paid", Self.invoice("paid", paid: 1_234))
        #expect(paid == [Self.payment, .endInvoice("in_1", isPaid: true)])
        #expect(try Self.orders("invoice.paid", Self.invoice("paid")) == [.endInvoice("in_1", isPaid: false)])
        #expect(try Self.orders("invoice.voided", Self.invoice("void")) == [.endInvoice("in_1", isPaid: false)])
    }

    @Test func `in another order follows how things are now`() throws {
        let late = try Self.orders(
            "invoice.payment_failed",
            Self.invoice("open"),
            now: Self.invoice("paid", paid: 1_234)
        )
        #expect(late == [Self.payment, .endInvoice("in_1", isPaid: true)])
        let voided = try Self.orders("invoice.payment_failed", Self.invoice("open"), now: Self.invoice("void"))
        #expect(voided == [.endInvoice("in_1", isPaid: false)])
        #expect(try Self.orders("invoice.payment_failed", Self.invoice("open"), now: Self.invoice("draft")) == nil)
    }

    @Test func `of a paid invoice settles all that it was for, whatever it was paid with`() throws {
        // What the customer has with Stripe has paid for a part, or for all.
        for paid in [0, 1_000, 1_234] as [Int64] {
            let orders = try Self.orders("invoice.paid", Self.invoice("paid", paid: paid, net: 1_234))
            #expect(orders == [Self.payment, .endInvoice("in_1", isPaid: true)])
        }
        let nothing = try Self.orders("invoice.paid", Self.invoice("paid", paid: 0, net: 0))
        #expect(nothing == [.endInvoice("in_1", isPaid: false)])
        let odd = try Self.orders("invoice.paid", Self.invoice("paid", paid: 5, net: -7))
        #expect(
            odd == [
                .pay(UniqueID(named: "stripe|invoice|in_1"), Self.dollars(5), note: "stripe in_1"),
                .endInvoice("in_1", isPaid: true),
            ]
        )
    }

    @Test func `of an invoice that is paid in other money ends the stop, and people book it`() throws {
        var invoice = try #require(Self.invoice("paid", paid: 1_234).object)
        invoice["currency"] = "eur"
        let words = "the invoice in_1 was paid in another currency than dollars: nothing is booked"
        let orders = try Self.orders("invoice.paid", .object(invoice))
        #expect(orders == [.look(words), .endInvoice("in_1", isPaid: true)])
        invoice["amount_paid"] = 0
        let nothing = try Self.orders("invoice.paid", .object(invoice))
        #expect(nothing == [.endInvoice("in_1", isPaid: false)])
    }

    @Test func `of taxes and other currencies is no usage of ours`() throws {
        let taxed = try Self.orders("invoice.paid", Self.invoice("paid", paid: 1_400, net: 1_234))
        #expect(taxed == [Self.payment, .endInvoice("in_1", isPaid: true)])
        let session = try Self.orders("checkout.session.completed", Self.session("paid", cents: 2_380, tax: 380))
        #expect(session == [Self.credit])
        #expect(try Self.orders("checkout.session.completed", Self.session("paid", currency: "eur")) == nil)
    }

    @Test func `of a top-up is credit by one id, once it is paid`() throws {
        #expect(try Self.orders("checkout.session.completed", Self.session("unpaid")) == nil)
        for type in ["checkout.session.completed", "checkout.session.async_payment_succeeded"] {
            #expect(try Self.orders(type, Self.session("paid")) == [Self.credit])
        }
        var foreign = try #require(Self.session("paid").object)
        foreign["metadata"] = ["mesh_account": "acme"]
        #expect(try Self.orders("checkout.session.completed", .object(foreign)) == nil)
    }

    @Test func `of refunds takes back what each of them gave back`() throws {
        func charge(_ refunded: Int64, purpose: String = "topup") -> JSONValue {
            [
                "id": "ch_1", "customer": "cus_1", "amount_refunded": .integer(refunded), "currency": "usd",
                "metadata": ["mesh_account": "acme", "mesh_purpose": .string(purpose)], "payment_intent": "pi_1",
            ]
        }
        let first = try Self.orders("charge.refunded", charge(500), previous: ["amount_refunded": 0])
        let second = try Self.orders("charge.refunded", charge(700), previous: ["amount_refunded": 500])
        let (one, two) = (UniqueID(named: "stripe|refund|ch_1|500"), UniqueID(named: "stripe|refund|ch_1|700"))
        #expect(first == [.takeBack(one, Self.dollars(500), note: "stripe ch_1", payment: "pi_1")])
        #expect(second == [.takeBack(two, Self.dollars(200), note: "stripe ch_1", payment: "pi_1")])
        let other = try Self.orders("charge.refunded", charge(500, purpose: "x"))
        #expect(other == [.look("what was paid by ch_1 for no top-up was given back")])
    }

    @Test func `of a dispute stops the account for people to look, once, and once more where it is lost`() throws {
        let dispute: JSONValue = ["id": "dp_1", "charge": "ch_1", "status": "needs_response"]
        for type in ["charge.dispute.created", "charge.dispute.funds_withdrawn"] {
            let found = StripeOrder.all(for: try Self.event(type, dispute), object: dispute)
            #expect(found?.owner == .charge("ch_1"))
            #expect(found?.orders == Self.stop("dispute|dp_1", nil))
        }
        #expect(try Self.orders("charge.dispute.closed", ["id": "dp_1", "charge": "ch_1", "status": "won"]) == nil)
        let lost = try Self.orders("charge.dispute.closed", ["id": "dp_1", "charge": "ch_1", "status": "lost"])
        #expect(lost == Self.stop("dispute|dp_1|lost", nil))
    }

    @Test func `of subscriptions says the tier, where their metadata does`() throws {
        let type = "customer.subscription.updated"
        #expect(try Self.orders(type, Self.subscription("active", "managed")) == [.tier(.managed)])
        let begun = try Self.orders("customer.subscription.created", Self.subscription("active", "managed"))
        #expect(begun == [.tier(.managed)])
        #expect(try Self.orders(type, Self.subscription("active", "byok")) == [.tier(.byok)])
        #expect(try Self.orders(type, Self.subscription("active", "gold")) == nil)
        #expect(try Self.orders(type, Self.subscription("active", nil)) == nil)
        #expect(try Self.orders(type, Self.subscription("incomplete", "managed")) == nil)
        let ended = try Self.orders("customer.subscription.deleted", Self.subscription("canceled", "managed"))
        #expect(ended == [.endTier(customer: "cus_1")])
        let late = try Self.orders(
            type,
            Self.subscription("active", "managed"),
            now: Self.subscription("canceled", "managed")
        )
        #expect(late == [.endTier(customer: "cus_1")])
        var alone = try #require(Self.subscription("canceled", "managed").object)
        alone["customer"] = nil
        alone["metadata"] = ["mesh_account": "acme", "mesh_tier": "managed"]
        #expect(try Self.orders(type, .object(alone)) == [.tier(.free)])
    }

    /// Each status that Stripe knows, told by each event, for the state counts and not what is told.
    @Test func `of a subscription goes by its status, whatever is told`() throws {
        let rows: [(String, [StripeOrder]?)] = [
            ("active", [.tier(.managed)]), ("trialing", [.tier(.managed)]), ("past_due", [.tier(.managed)]),
            // Nobody pays any more, or nobody can: what is used would be on no invoice.
            ("unpaid", [.endTier(customer: "cus_1")]), ("paused", [.endTier(customer: "cus_1")]),
            ("canceled", [.endTier(customer: "cus_1")]),
            // It has not begun, so nothing of it ends: neither now nor where it is given up.
            ("incomplete", nil), ("incomplete_expired", nil), ("", nil), ("of tomorrow", nil),
        ]
        for type in ["created", "updated", "paused", "resumed"] {
            for (status, orders) in rows {
                let now = Self.subscription(status, "managed")
                let found = try Self.orders("customer.subscription.\(type)", Self.subscription("", "managed"), now: now)
                #expect(found == orders, "\(type) \(status)")
                let other = Self.subscription(status, nil)
                #expect(try Self.orders("customer.subscription.\(type)", other) == nil, "\(type) \(status)")
            }
        }
        for status in ["incomplete", "incomplete_expired"] {
            let unbegun = Self.subscription(status, "managed")
            #expect(try Self.orders("customer.subscription.deleted", unbegun) == nil, "\(status)")
        }
    }

    @Test func `says whose it is before Stripe is asked how it stands`() throws {
        let rows: [(String, JSONValue, StripeOrder.Owner?)] = [
            ("invoice.paid", ["id": "in_1", "customer": "cus_1"], .customer("cus_1")),
            ("invoice.paid", ["id": "in_1", "customer": ["id": "cus_1"]], .customer("cus_1")),
            ("checkout.session.completed", Self.session("unpaid"), .account("acme")),
            ("charge.dispute.created", ["id": "dp_1", "charge": "ch_1"], .charge("ch_1")),
            ("invoice.paid", ["id": "in_1"], nil), ("customer.created", ["id": "cus_1", "customer": "cus_1"], nil),
        ]
        for (type, object, owner) in rows { #expect(StripeOrder.owner(for: try Self.event(type, object)) == owner) }
    }

    @Test func `is asked about where it may have changed since`() throws {
        let rows: [(String, JSONValue, String?)] = [
            ("invoice.paid", ["id": "in_1"], "/v1/invoices/in_1"),
            ("checkout.session.completed", ["id": "cs_1"], "/v1/checkout/sessions/cs_1"),
            ("customer.subscription.updated", ["id": "sub_1"], "/v1/subscriptions/sub_1"),
            ("customer.updated", ["id": "cus_1"], nil), ("charge.refunded", ["id": "ch_1"], nil),
            ("invoice.paid", ["id": "../customers"], nil), ("invoice.paid", [:], nil),
        ]
        for (type, object, source) in rows { #expect(try Self.event(type, object).source == source, "\(type)") }
    }

    @Test func `without an object is taken where Stripe says that it has none, and is for people where usage is lost`()
        throws
    {
        func thin(_ type: String, _ rest: String = "") throws(StripeError) -> StripeEvent {
            let text = ##"{"id":"evt_test_65R9Ij","object":"v2.core.event","type":"\##(type)"\##(rest)}"##
            return try StripeEvent(Array(text.utf8))
        }
        let meter =
            ##","related_object":{"id":"mtr_test_61R9Ie","type":"billing.meter","url":"/v1/billing/meters/mtr"}"##
        let report = try thin("v1.billing.meter.error_report_triggered", meter)
        #expect(report.related == "mtr_test_61R9Ie" && report.object == .null)
        #expect(
            StripeOrder.report(of: report)?.hasPrefix("Stripe does not bill usage of the meter mtr_test_61R9Ie") == true
        )
        let lost = try thin("v1.billing.meter.no_meter_found")
        #expect(StripeOrder.report(of: lost)?.hasPrefix("Stripe has no meter for usage") == true)
        // What else comes so means nothing here, even under a name that would have an object.
        for type in ["v2.core.event_destination.ping", "invoice.paid", "charge.dispute.created", "charge.refunded"] {
            let event = try thin(type, ##","related_object":{"id":"../x"}"##)
            #expect(event.related == nil && event.source == nil && StripeOrder.report(of: event) == nil)
            #expect(StripeOrder.owner(for: event) == nil)
        }
        let snapshot = try Self.event("v1.billing.meter.no_meter_found", ["id": "mtr_1"])
        #expect(StripeOrder.report(of: snapshot) != nil)
    }

    @Test func `that means nothing to us, or nothing at all, does nothing`() throws {
        #expect(try Self.orders("customer.created", ["id": "cus_1"]) == nil)
        #expect(try Self.orders("invoice.paid", [:]) == nil)
        for text in [
            "", "[]", "{}", ##"{"id":"evt_1","type":"a"}"##, ##"{"id":"evt_1","type":"a","data":{"object":1}}"##,
            ##"{"id":"a/b","type":"a","data":{"object":{}}}"##, ##"{"id":"a/b","type":"a","object":"v2.core.event"}"##,
            ##"{"id":"evt_1","type":"v1.billing.meter.created","object":"event"}"##,
        ] {
            #expect(throws: StripeError(.malformed, "")) { try StripeEvent(Array(text.utf8)) }
        }
    }
}
