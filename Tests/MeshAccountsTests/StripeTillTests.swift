import MeshAccounts
import MeshActors
import MeshCore
import MeshHTTP
import MeshLedger
import MeshStripe
import MeshTestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct `The till` {
    private static let page = ##"{"id":"cs_1","url":"https://pay.example/1"}"##
    private static let portal = ##"{"id":"bps_1","url":"https://billing.example/1"}"##

    private static func reply(to asked: ScriptedStripe.Asked) -> ScriptedStripe.Reply {
        switch asked.path {
        case "/v1/customers": .answer(200, ##"{"id":"cus_9"}"##)
        case "/v1/checkout/sessions": .answer(200, page)
        case "/v1/billing_portal/sessions": .answer(200, portal)
        default: .answer(404, "{}")
        }
    }

    private static func keys(of asked: [ScriptedStripe.Asked]) -> [String] {
        asked.compactMap { $0.fields[HTTPFieldName(known: "idempotency-key")] }
    }

    @Test func `has a customer made for who has none yet, and never a second one`() async throws {
        try await BillingGround.with { asked, _ in
            Self.reply(to: asked)
        } _: { ground in
            let till = ground.till()
            let before = try await ground.balance()
            #expect(before.customer == nil)
            let url = try await till.checkout(BillingGround.acme, Sample.money(25_500))
            #expect(url == "https://pay.example/1")
            let after = try await ground.balance()
            #expect(after.customer == "cus_9")
            let portal = try await till.portal(of: BillingGround.acme)
            #expect(portal == "https://billing.example/1")
            let asked = ground.stripe.site.all
            #expect(asked.map(\.path) == ["/v1/customers", "/v1/checkout/sessions", "/v1/billing_portal/sessions"])
            let form = ScriptedMeter.fields(asked[1].body)
            #expect(form["customer"] == "cus_9" && form["mode"] == "payment")
            #expect(form["line_items[0][price_data][unit_amount]"] == "2550")
            #expect(form["metadata[mesh_account]"] == "acme" && form["metadata[mesh_purpose]"] == "topup")
            #expect(ScriptedMeter.fields(asked[2].body)["return_url"] == "https%3A%2F%2Fexample.org%2Fpaid")
        }
    }

    @Test func `asks for each page under a key of its own, which an answer that is lost does not change`() async throws
    {
        try await BillingGround.with { asked, number in
            number == 1 ? .cut : Self.reply(to: asked)
        } _: { ground in
            let till = ground.till()
            for _ in 1...2 { _ = try await till.checkout(BillingGround.acme, Sample.money(5_000)) }
            let keys = Self.keys(of: ground.stripe.site.all.filter { $0.path == "/v1/checkout/sessions" })
            #expect(keys.count == 3 && keys[0] == keys[1] && keys[1] != keys[2])
        }
    }

    @Test func `takes whole cents alone, and asks Stripe about nothing else`() async throws {
        try await BillingGround.with { asked, _ in
            Self.reply(to: asked)
        } _: { ground in
            let till = ground.till()
            for amount in [Money.zero, -Sample.money(5_000), Money(nanodollars: 5_000_000_001), Sample.money(5)] {
                await #expect(throws: StripeError(.refused, "")) {
                    try await till.checkout(BillingGround.acme, amount)
                }
            }
            #expect(ground.stripe.site.all.isEmpty)
        }
    }

    @Test func `has no page where the account cannot be asked for its customer, or Stripe makes none`() async throws {
        try await BillingGround.with { asked, _ in
            asked.path == "/v1/customers" ? .answer(402, "{}") : Self.reply(to: asked)
        } _: { ground in
            let accounts = OfficeAccounts(try ground.closedOffice())
            let blind = ground.till(for: StripeCustomers(client: ground.stripe.client, accounts: accounts))
            await #expect(throws: (any Error).self) { try await blind.portal(of: BillingGround.acme) }
            #expect(ground.stripe.site.all.isEmpty)
            await #expect(throws: StripeError(.refused, "")) { try await ground.till().portal(of: BillingGround.acme) }
            #expect(ground.stripe.site.all.map(\.path) == ["/v1/customers"])
        }
    }
}

@Suite(.timeLimit(.minutes(1))) struct `Signing up` {
    @Test func `makes customers one after the other, and goes on behind one that fails`() async throws {
        try await BillingGround.with { asked, _ in
            let name = ScriptedMeter.fields(asked.body)["name"] ?? ""
            return ["broken", "end"].contains(name) ? .answer(402, "{}") : .answer(200, ##"{"id":"cus_\##(name)"}"##)
        } _: { ground in
            let signUps = StripeSignUps(ground.customers, logger: ground.logger)
            for account in ["acme", "broken", "acme", "last", "end"] { signUps.note(account) }
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await signUps.run() }
                // Whoever is asked for last may be cancelled meanwhile; those before are done with.
                await ground.stripe.site.asked.wait { $0.count == 4 }
                group.cancelAll()
            }
            let names = ground.stripe.site.all.map { ScriptedMeter.fields($0.body)["name"] }
            #expect(names == ["acme", "broken", "last", "end"])
            for (account, customer) in [("acme", "cus_acme"), ("broken", nil), ("last", "cus_last"), ("end", nil)] {
                let balance = try await ground.balance(account)
                #expect(balance.customer == customer)
            }
            #expect(ground.logged == ["stripe.customer-deferred", "stripe.customer-deferred"])
            #expect(ground.log.records.allSatisfy { $0.level == .warning })
        }
    }

    @Test func `lets Limits.Accounts.maximumSignUps wait, and makes the next customer when it is told`() async throws {
        try await BillingGround.with { _, _ in
            .answer(500, "{}")
        } _: { ground in
            let signUps = StripeSignUps(ground.customers, logger: ground.logger)
            for number in 0..<Limits.Accounts.maximumSignUps { signUps.note("account-\(number)") }
            #expect(ground.logged.isEmpty)
            signUps.note("one-more")
            #expect(ground.logged == ["stripe.customer-deferred"])
            #expect(ground.stripe.site.all.isEmpty)
        }
    }

    @Test func `is noted by the desk for tiers that pay, and for no other`() async throws {
        let meter = ScriptedMeter()
        try await BillingGround.with { asked, _ in
            meter.reply(to: asked) ?? .answer(404, "{}")
        } _: { ground in
            let signUps = StripeSignUps(ground.customers, logger: ground.logger)
            let desk = AccountDesk(ground.office, prices: { _, _ in nil }, signUps: signUps, clock: ground.stripe.clock)
            for (account, tier) in [("acme", LedgerTier.managed), ("none", .free), ("beta", .byok)] {
                try await desk.set(tier, of: try TenantID(account))
            }
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await signUps.run() }
                await ground.stripe.site.asked.wait { $0.count == 2 }
                group.cancelAll()
            }
            let names = ground.stripe.site.all.map { ScriptedMeter.fields($0.body)["name"] }
            #expect(names == ["acme", "beta"])
        }
    }
}
