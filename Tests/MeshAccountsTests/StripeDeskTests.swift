import MeshAccounts
import MeshActors
import MeshCore
import MeshGateway
import MeshLedger
import MeshStripe
import MeshTestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct `What follows from what Stripe tells` {
    /// A test double of Stripe's objects, by path; where it is down, it answers nothing but failures.
    private final class Objects: Sendable {
        let known = Lock<[String: String]>([:])
        let isDown = Lock(false)
        private let meter = ScriptedMeter()

        init(_ known: [String: String] = [:]) { self.known.withLock { $0 = known } }

        func put(_ path: String, _ object: String) { known.withLock { $0[path] = object } }

        func reply(to asked: ScriptedStripe.Asked) -> ScriptedStripe.Reply {
            if isDown.withLock({ $0 }) { return .answer(500, ##"{"error":{"message":"An error occurred"}}"##) }
            if let object = known.withLock({ $0[asked.path] }) { return .answer(200, object) }
            return meter.reply(to: asked) ?? .answer(404, ##"{"error":{"code":"resource_missing"}}"##)
        }

        static let ours = ##"{"id":"cus_acme","metadata":{"mesh_account":"acme"}}"##
    }

    private static func with(_ objects: Objects, _ body: (BillingGround) async throws -> Void) async throws {
        try await BillingGround.with({ asked, _ in objects.reply(to: asked) }, body)
    }

    private static func invoice(_ status: String, paid: Int64 = 0) -> String {
        ##"{"id":"in_1","customer":"cus_acme","status":"\##(status)","amount_paid":\##(paid),"currency":"usd"}"##
    }

    private static func session(cents: Int64) -> String {
        ##"{"id":"cs_1","mode":"payment","payment_status":"paid","amount_total":\##(cents),"currency":"usd","##
            + ##""metadata":{"mesh_account":"acme","mesh_purpose":"topup"}}"##
    }

    private static func charge(refunded cents: Int64) -> String {
        ##"{"id":"ch_1","amount_refunded":\##(cents),"currency":"usd","##
            + ##""metadata":{"mesh_account":"acme","mesh_purpose":"topup"}}"##
    }

    private static func dollars(_ number: Int64) -> Money { Money(nanodollars: number * 1_000_000_000) }

    @Test func `believes nothing that Stripe has not signed, and asks nobody about it`() async throws {
        try await Self.with(Objects(["/v1/invoices/in_1": Self.invoice("open")])) { ground in
            let desk = ground.desk()
            let body = Array(##"{"id":"evt_1","type":"invoice.paid","data":{"object":{"id":"in_1"}}}"##.utf8)
            let now = ground.stripe.clock.wallTime
            let stranger = try StripeGround.secret("whsec_of_somebody_else")
            let old = WallTime(millisecondsSince1970: now.millisecondsSince1970 - 301_000)
            for signature in [
                nil, "", "t=1,v1=00", StripeSignature.field(for: body, secret: stranger, at: now),
                StripeSignature.field(for: body, secret: ground.secret, at: old),
                StripeSignature.field(for: body + [0x20], secret: ground.secret, at: now),
            ] {
                guard case .notSigned = await desk.take(body, signature: signature) else {
                    Issue.record("\(signature ?? "nothing") was believed")
                    return
                }
            }
            #expect(ground.stripe.site.all.isEmpty)
            #expect(ground.logged == Array(repeating: "stripe.webhook-refused", count: 6))
            let balance = try await ground.balance()
            #expect(balance.suspension == nil)
        }
    }

    @Test func `takes what is signed and tells of nothing for malformed`() async throws {
        try await Self.with(Objects()) { ground in
            for body in ["", "{}", "no JSON", ##"{"id":"../x","type":"a","data":{"object":{}}}"##] {
                let outcome = await ground.take(body)
                #expect(outcome == .malformed, "\(body)")
            }
            #expect(ground.logged == Array(repeating: "stripe.webhook-refused", count: 4))
        }
    }

    @Test func `lets go what is nobody's of ours, and makes no account for it`() async throws {
        let objects = Objects([
            "/v1/customers/cus_stranger": ##"{"id":"cus_stranger","metadata":{}}"##,
            "/v1/charges/ch_stranger": ##"{"id":"ch_stranger","customer":"cus_stranger"}"##,
            "/v1/charges/ch_cash": ##"{"id":"ch_cash"}"##,
        ])
        try await Self.with(objects) { ground in
            for (type, object) in [
                ("customer.created", ##"{"id":"cus_5"}"##),
                ("invoice.paid", ##"{"id":"in_2","customer":"cus_stranger","status":"paid","amount_paid":5}"##),
                ("invoice.paid", ##"{"id":"in_3","customer":"cus_gone","status":"paid","amount_paid":5}"##),
                ("charge.dispute.created", ##"{"id":"dp_1","charge":"ch_stranger"}"##),
                ("charge.dispute.created", ##"{"id":"dp_2","charge":"ch_cash"}"##),
                ("charge.dispute.created", ##"{"id":"dp_3","charge":"ch_gone"}"##),
            ] {
                let outcome = await ground.tell(type, object)
                #expect(outcome == .taken, "\(object)")
            }
            #expect(ground.logged == Array(repeating: "stripe.webhook-ignored", count: 6))
            let balance = try await ground.balance("cus_stranger")
            #expect(balance.postings == 0)
        }
    }

    @Test func `is deferred where Stripe does not answer, and done when it is told again`() async throws {
        let objects = Objects([
            "/v1/invoices/in_1": Self.invoice("open"), "/v1/customers/cus_acme": Objects.ours,
        ])
        try await Self.with(objects) { ground in
            objects.isDown.withLock { $0 = true }
            let first = await ground.tell("invoice.payment_failed", Self.invoice("open"))
            #expect(first == .notNow)
            let before = try await ground.balance()
            #expect(before.suspension == nil)
            objects.isDown.withLock { $0 = false }
            let second = await ground.tell("invoice.payment_failed", Self.invoice("open"))
            #expect(second == .taken)
            let after = try await ground.balance()
            #expect(after.suspension == .paymentFailed)
            #expect(ground.logged == ["stripe.webhook-deferred", "stripe.webhook-taken"])
        }
    }

    @Test func `is deferred where the account does not answer, or knows no further entry`() async throws {
        try await Self.with(Objects(["/v1/checkout/sessions/cs_1": Self.session(cents: 500)])) { ground in
            let closed = ground.desk(of: try ground.closedOffice())
            let first = await ground.tell("checkout.session.completed", Self.session(cents: 500), to: closed)
            #expect(first == .notNow)
            for number in 0..<UInt64(Limits.Ledger.maximumEntries) {
                let paid = Ledger.NotePayment(Sample.id(number), Sample.money(1), note: "")
                _ = try await ground.office.ask(paid, of: BillingGround.acme)
            }
            let second = await ground.tell("checkout.session.completed", Self.session(cents: 500))
            #expect(second == .notNow)
            #expect(ground.logged == ["stripe.webhook-deferred", "stripe.webhook-deferred"])
            let balance = try await ground.balance()
            #expect(balance.paid == .zero)
            ground.stripe.clock.turn(by: Limits.Ledger.entryMemory + .seconds(1))
            let third = await ground.tell("checkout.session.completed", Self.session(cents: 500))
            #expect(third == .taken)
            let later = try await ground.balance()
            #expect(later.paid == Self.dollars(5))
        }
    }

    @Test func `goes by how an invoice stands now, and counts what was paid once`() async throws {
        let objects = Objects([
            "/v1/invoices/in_1": Self.invoice("open"), "/v1/customers/cus_acme": Objects.ours,
        ])
        try await Self.with(objects) { ground in
            try await ground.use(1, 6_000)
            let owed = try await ground.balance().owed
            for _ in 1...2 {
                let failed = await ground.tell("invoice.payment_failed", Self.invoice("open"))
                #expect(failed == .taken)
            }
            let stopped = try await ground.balance()
            #expect(stopped.suspension == .paymentFailed)
            objects.put("/v1/invoices/in_1", Self.invoice("paid", paid: 600))
            // The failure comes once more, behind the payment: the invoice is paid all the same.
            for type in ["invoice.paid", "invoice.payment_succeeded", "invoice.payment_failed"] {
                let outcome = await ground.tell(type, Self.invoice("open"))
                #expect(outcome == .taken)
                let balance = try await ground.balance()
                #expect(balance.suspension == nil)
                #expect(balance.owed.nanodollars == owed.nanodollars - Self.dollars(6).nanodollars)
            }
        }
    }

    @Test func `tells people of what an account will never take, and Stripe not to repeat it`() async throws {
        let beyond = Limits.Ledger.maximumEntry / 10_000_000 + 1
        try await Self.with(Objects(["/v1/checkout/sessions/cs_1": Self.session(cents: beyond)])) { ground in
            let outcome = await ground.tell("checkout.session.completed", Self.session(cents: beyond))
            #expect(outcome == .taken)
            #expect(ground.logged == ["stripe.webhook-undone", "stripe.webhook-taken"])
            let balance = try await ground.balance()
            #expect(balance.paid == .zero && balance.postings == 0)
        }
    }

    @Test func `takes back what was given back of a top-up, once, and leaves who can pay alone`() async throws {
        try await Self.with(Objects(["/v1/checkout/sessions/cs_1": Self.session(cents: 2_000)])) { ground in
            for _ in 1...2 {
                let paid = await ground.tell("checkout.session.completed", Self.session(cents: 2_000))
                #expect(paid == .taken)
            }
            for _ in 1...2 {
                let refund = Self.charge(refunded: 500)
                let back = await ground.tell("charge.refunded", refund, previous: ##"{"amount_refunded":0}"##)
                #expect(back == .taken)
                let balance = try await ground.balance()
                #expect(balance.paid == Self.dollars(15) && balance.suspension == nil)
            }
            #expect(!ground.logged.contains("stripe.webhook-undone"))
        }
    }

    @Test func `stops an account whose refund had been spent, with all that is left of it taken`() async throws {
        try await Self.with(Objects(["/v1/checkout/sessions/cs_1": Self.session(cents: 2_000)])) { ground in
            let paid = await ground.tell("checkout.session.completed", Self.session(cents: 2_000))
            #expect(paid == .taken)
            try await ground.use(1, 10_000)
            let left = try await ground.balance().paid
            #expect(left > .zero && left < Self.dollars(20))
            for _ in 1...2 {
                let back = await ground.tell("charge.refunded", Self.charge(refunded: 2_000))
                #expect(back == .taken)
                let balance = try await ground.balance()
                #expect(balance.paid == .zero && balance.suspension == .operatorStop)
            }
            let undone = ground.log.records.filter { $0.event.name == "stripe.webhook-undone" }
            #expect(undone.map(\.level) == [.error], "people are told once")
            let faults = try await ground.office.ask(Ledger.Verify(), of: BillingGround.acme)
            #expect(faults.isEmpty)
        }
    }

    @Test func `finds whose a dispute is by its charge, or by the customer of that`() async throws {
        for charge in [
            ##"{"id":"ch_2","metadata":{"mesh_account":"acme"}}"##, ##"{"id":"ch_2","customer":"cus_acme"}"##,
        ] {
            let objects = Objects(["/v1/charges/ch_2": charge, "/v1/customers/cus_acme": Objects.ours])
            try await Self.with(objects) { ground in
                let outcome = await ground.tell("charge.dispute.created", ##"{"id":"dp_1","charge":"ch_2"}"##)
                #expect(outcome == .taken)
                let balance = try await ground.balance()
                #expect(balance.suspension == .operatorStop)
            }
        }
    }

    @Test func `puts an account in the tier of its subscription`() async throws {
        let active = ##"{"id":"sub_1","customer":"cus_acme","status":"active","metadata":{"mesh_tier":"byok"}}"##
        let objects = Objects(["/v1/subscriptions/sub_1": active, "/v1/customers/cus_acme": Objects.ours])
        // Whether another one goes on is asked at the end.
        let list = "/v1/subscriptions?customer=cus_acme&limit=100"
        objects.put(list, ##"{"object":"list","data":[],"has_more":false}"##)
        try await Self.with(objects) { ground in
            let begun = await ground.tell("customer.subscription.updated", active)
            #expect(begun == .taken)
            let during = try await ground.balance()
            #expect(during.tier == .byok)
            let ended = ##"{"id":"sub_1","customer":"cus_acme","status":"canceled","metadata":{"mesh_tier":"byok"}}"##
            objects.put("/v1/subscriptions/sub_1", ended)
            let over = await ground.tell("customer.subscription.updated", active)
            #expect(over == .taken)
            let after = try await ground.balance()
            #expect(after.tier == .free)
        }
    }

    @Test func `takes the tier while a subscription is paused or unpaid, and gives it back when it goes on`()
        async throws
    {
        func subscription(_ status: String) -> String {
            ##"{"id":"sub_1","customer":"cus_acme","status":"\##(status)","metadata":{"mesh_tier":"byok"}}"##
        }
        let objects = Objects(["/v1/customers/cus_acme": Objects.ours])
        try await Self.with(objects) { ground in
            for (type, status, tier) in [
                ("resumed", "active", LedgerTier.byok), ("paused", "paused", .free), ("resumed", "active", .byok),
                ("updated", "past_due", .byok), ("updated", "unpaid", .free), ("updated", "incomplete", .free),
                ("updated", "trialing", .byok), ("updated", "incomplete", .byok),
            ] {
                objects.put("/v1/subscriptions/sub_1", subscription(status))
                let list = ##"{"object":"list","data":[\##(subscription(status))],"has_more":false}"##
                objects.put("/v1/subscriptions?customer=cus_acme&limit=100", list)
                let outcome = await ground.tell("customer.subscription.\(type)", subscription("active"))
                #expect(outcome == .taken)
                let balance = try await ground.balance()
                #expect(balance.tier == tier, "\(type) \(status)")
            }
        }
    }

    @Test func `tells people what was paid in other money, books nothing, and ends the stop`() async throws {
        let open = ##"{"id":"in_1","customer":"cus_acme","status":"open","currency":"eur"}"##
        let objects = Objects(["/v1/invoices/in_1": open, "/v1/customers/cus_acme": Objects.ours])
        try await Self.with(objects) { ground in
            try await ground.use(1, 6_000)
            let owed = try await ground.balance().owed
            let failed = await ground.tell("invoice.payment_failed", open)
            #expect(failed == .taken)
            let paid = ##"{"id":"in_1","customer":"cus_acme","status":"paid","amount_paid":600,"currency":"eur"}"##
            objects.put("/v1/invoices/in_1", paid)
            let outcome = await ground.tell("invoice.paid", paid)
            #expect(outcome == .taken)
            let balance = try await ground.balance()
            #expect(balance.suspension == nil && balance.owed == owed)
            #expect(ground.logged == ["stripe.webhook-taken", "stripe.webhook-undone", "stripe.webhook-taken"])
        }
    }

    @Test func `tells people where Stripe has taken usage and does not bill it, and Stripe not to repeat it`()
        async throws
    {
        try await Self.with(Objects()) { ground in
            func thin(_ type: String, _ rest: String = "") -> String {
                ##"{"id":"evt_test_1","object":"v2.core.event","type":"\##(type)"\##(rest)}"##
            }
            let report = thin("v1.billing.meter.error_report_triggered", ##","related_object":{"id":"mtr_1"}"##)
            let outcomes = [
                await ground.take(report), await ground.take(thin("v1.billing.meter.no_meter_found")),
                await ground.take(thin("v2.core.event_destination.ping")),
            ]
            #expect(outcomes == [.taken, .taken, .taken])
            let forged = await ground.desk().take(Array(report.utf8), signature: "t=1,v1=00")
            guard case .notSigned = forged else {
                Issue.record("what nobody has signed was believed")
                return
            }
            #expect(ground.office.meters.counts.reported == 2)
            let reported = ground.log.records.filter { $0.event.name == "stripe.meter-reported" }
            #expect(reported.map(\.level) == [.error, .error])
            let names = ["stripe_event", "stripe_type", "reason"]
            #expect(reported.map { $0.fields.map(\.key.name) } == [names, names])
            #expect(ground.logged.dropFirst(2) == ["stripe.webhook-ignored", "stripe.webhook-refused"])
            #expect(ground.stripe.site.all.isEmpty)
        }
    }

    @Test func `has pages for invoices where there is a till, and says who fails`() async throws {
        let objects = Objects([
            "/v1/billing_portal/sessions": ##"{"id":"bps_1","url":"https://billing.example/1"}"##
        ])
        try await Self.with(objects) { ground in
            let (acme, till) = (try TenantID(BillingGround.acme), ground.till())
            await #expect(throws: BillingProblem.nobody) { try await ground.desk().portal(of: acme) }
            let url = try await ground.desk(till: till).portal(of: acme)
            #expect(url == "https://billing.example/1")
            objects.isDown.withLock { $0 = true }
            await #expect(throws: BillingProblem.failed) { try await ground.desk(till: till).portal(of: acme) }
            #expect(ground.logged == ["stripe.failed"])
        }
    }
}
