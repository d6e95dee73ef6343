import MeshCore
import MeshHTTP
import MeshLedger
import MeshStripe
import MeshTestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct `Asking Stripe` {
    private static func code(_ body: () async throws -> Void) async -> StripeErrorCode? {
        do { try await body() } catch { return (error as? StripeError)?.code }
        return nil
    }

    @Test func `shows the key, the version and a key of its own, in a form`() async throws {
        try await StripeGround.with { _, _ in
            .answer(200, ##"{"id":"cus_9"}"##)
        } _: { ground in
            let found1 = try await ground.client.createCustomer(for: "Zoë & co [1]")
            #expect(found1 == "cus_9")
            let asked = try #require(ground.site.all.first)
            #expect(asked.path == "/v1/customers")
            #expect(asked.fields[.authorization] == "Bearer sk_test_secret")
            #expect(asked.fields[HTTPFieldName(known: "stripe-version")] == StripeClient.version)
            #expect(asked.fields[HTTPFieldName(known: "idempotency-key")]?.hasPrefix("mesh-customer-") == true)
            #expect(asked.fields[.contentType] == "application/x-www-form-urlencoded")
            #expect(
                asked.body == "name=Zo%C3%AB%20%26%20co%20%5B1%5D&metadata[mesh_account]=Zo%C3%AB%20%26%20co%20%5B1%5D"
            )
        }
    }

    @Test func `is tried again by one key where the answer was lost, and by another behind a 500`() async throws {
        let script: ScriptedStripe.Script = { _, number in
            switch number {
            case 0: .cut
            case 1: .answer(500, Said.unwell)
            case 2: .answer(429, "{}", [.retryAfter: "0"])
            default: .answer(200, ##"{"id":"cus_9"}"##)
            }
        }
        try await StripeGround.with(script) { ground in
            let found2 = try await ground.client.createCustomer(for: "acme")
            #expect(found2 == "cus_9")
            let keys = ground.site.all.map { $0.fields[HTTPFieldName(known: "idempotency-key")] ?? "" }
            #expect(keys.count == Limits.Stripe.maximumAttempts)
            #expect(keys[0] == keys[1])
            #expect(keys[2] == keys[0] + "~1")
            #expect(keys[3] == keys[2])
        }
    }

    @Test func `ends after so many tries, and says what kind of failure it was`() async throws {
        let rows: [(ScriptedStripe.Reply, StripeErrorCode, Int)] = [
            (.cut, .unreachable, Limits.Stripe.maximumAttempts),
            (.answer(503, "<html>"), .unwell, Limits.Stripe.maximumAttempts),
            (.answer(401, Said.refused("bad")), .badKey, 1),
            (.answer(400, Said.refused("parameter_invalid")), .refused, 1),
            (.answer(200, "no JSON"), .malformed, 1),
            (.answer(200, "{}"), .malformed, 1),
            (.answer(200, ##"{"id":"../../x"}"##), .malformed, 1),
            (.answer(200, String(repeating: " ", count: Limits.Stripe.maximumAnswerBytes + 1)), .malformed, 1),
        ]
        for (reply, code, tries) in rows {
            try await StripeGround.with { _, _ in
                reply
            } _: { ground in
                let found = await Self.code { _ = try await ground.client.createCustomer(for: "acme") }
                #expect(found == code)
                #expect(ground.site.all.count == tries)
            }
        }
    }

    @Test func `shows its key to nobody in the clear`() {
        for base in ["http://api.stripe.com", "http://10.0.0.1:80", "ftp://x", "http://127.0.0.1.example.org", ""] {
            #expect(throws: StripeError(.misconfigured, "")) { try StripeClient.checked(base: base) }
        }
        for base in ["https://api.stripe.com/", "http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1"] {
            #expect(throws: Never.self) { try StripeClient.checked(base: base) }
        }
    }

    @Test func `takes no id that leads elsewhere`() {
        let longest = String(repeating: "x", count: Limits.Stripe.maximumIDBytes)
        for id in ["", "a/b", "..", "a?b", "é", longest + "x"] {
            #expect(throws: StripeError(.malformed, "")) { try StripeClient.checked(id: id) }
        }
        for id in ["cus_1", "cs_test_A-1", longest] {
            #expect(throws: Never.self) { try StripeClient.checked(id: id) }
        }
    }

    @Test func `adds pages of sums up, and not for ever`() async throws {
        let last = Said.sum("7")
        let more = ##"{"data":[{"id":"s0","aggregated_value":5000000.0}],"has_more":true}"##
        let from = WallTime(millisecondsSince1970: 1_790_000_001_000)
        let to = WallTime(millisecondsSince1970: 1_790_000_100_000)
        try await StripeGround.with { _, number in
            .answer(200, number < 2 ? more : last)
        } _: { ground in
            let sum = try await ground.client.sum(ofMeter: "mtr_1", customer: "cus_1", from: from, to: to)
            #expect(sum == 10_000_007)
            let path = try #require(ground.site.all.last).path
            #expect(path.contains("start_time=1789999980&end_time=1790000100&"))
            #expect(path.hasSuffix("starting_after=s0"))
        }
        try await StripeGround.with { _, _ in
            .answer(200, more)
        } _: { ground in
            let found = await Self.code {
                _ = try await ground.client.sum(ofMeter: "mtr_1", customer: "cus_1", from: from, to: to)
            }
            #expect(found == .malformed)
            #expect(ground.site.all.count == Limits.Stripe.maximumPages)
        }
        try await StripeGround.with { _, _ in
            .answer(200, Said.sum("0.5"))
        } _: { ground in
            let found = await Self.code {
                _ = try await ground.client.sum(ofMeter: "mtr_1", customer: "cus_1", from: from, to: to)
            }
            #expect(found == .malformed)
        }
    }

    @Test func `knows whose a customer is, and that there is none`() async throws {
        let mine = ##"{"id":"cus_1","metadata":{"mesh_account":"acme"}}"##
        try await StripeGround.with { asked, _ in
            asked.path == "/v1/customers/cus_1" ? .answer(200, mine) : .answer(404, Said.refused("resource_missing"))
        } _: { ground in
            let found3 = try await ground.client.account(ofCustomer: "cus_1")
            #expect(found3 == "acme")
            let found4 = try await ground.client.account(ofCustomer: "cus_2")
            #expect(found4 == nil)
        }
    }

    @Test func `makes pages for a top-up and for invoices`() async throws {
        let page = ##"{"id":"cs_1","url":"https://checkout.example/1"}"##
        try await StripeGround.with { _, _ in
            .answer(200, page)
        } _: { ground in
            let topUp = StripeClient.TopUp(
                account: "acme",
                customer: "cus_1",
                cents: 2_000,
                successURL: "https://a.example/",
                cancelURL: "https://a.example/no"
            )
            let id = UniqueID(high: 1, low: 2)
            let found5 = try await ground.client.createCheckout(topUp, request: id)
            #expect(found5.url == "https://checkout.example/1")
            let body = try #require(ground.site.all.last).body
            for part in ["mode=payment", "[unit_amount]=2000", "metadata[mesh_purpose]=topup", "customer=cus_1"] {
                #expect(body.contains(part), "\(part)")
            }
            _ = try await ground.client.createPortal(for: "cus_1", returnURL: "https://a.example/", request: id)
            #expect(ground.site.all.last?.path == "/v1/billing_portal/sessions")
        }
    }
}
