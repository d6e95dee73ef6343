import MeshCore
import MeshHTTP
import MeshLedger
import MeshStripe
import MeshTestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct `Lists of Stripe's` {
    private static func subscription(_ id: String, _ status: String, _ tier: String?) -> String {
        let metadata = tier.map { ##"{"mesh_tier":"\##($0)"}"## } ?? "{}"
        return ##"{"id":"\##(id)","status":"\##(status)","metadata":\##(metadata)}"##
    }

    private static func page(_ rows: [String], more: Bool = false) -> String {
        ##"{"object":"list","data":[\##(rows.joined(separator: ","))],"has_more":\##(more)}"##
    }

    @Test func `the newest subscription that goes on and names a tier says which`() async throws {
        let rows: [([String], LedgerTier?)] = [
            ([], nil),
            ([Self.subscription("sub_1", "unpaid", "byok"), Self.subscription("sub_2", "active", nil)], nil),
            ([Self.subscription("sub_1", "active", "gold"), Self.subscription("sub_2", "past_due", "byok")], .byok),
            (
                [Self.subscription("sub_1", "trialing", "managed"), Self.subscription("sub_2", "active", "byok")],
                .managed
            ),
        ]
        for (list, tier) in rows {
            try await StripeGround.with { _, _ in
                .answer(200, Self.page(list))
            } _: { ground in
                let found = try await ground.client.tier(ofCustomer: "cus_1")
                #expect(found == tier)
                #expect(ground.site.all.map(\.path) == ["/v1/subscriptions?customer=cus_1&limit=100"])
            }
        }
    }

    @Test func `subscriptions are read to their end, and not for ever`() async throws {
        let (more, last) = (Self.subscription("sub_1", "active", nil), Self.subscription("sub_2", "active", "byok"))
        try await StripeGround.with { _, number in
            .answer(200, number == 0 ? Self.page([more], more: true) : Self.page([last]))
        } _: { ground in
            let found = try await ground.client.tier(ofCustomer: "cus_1")
            #expect(found == .byok)
            #expect(ground.site.all.last?.path.hasSuffix("&starting_after=sub_1") == true)
        }
        try await StripeGround.with { _, _ in
            .answer(200, Self.page([more], more: true))
        } _: { ground in
            await #expect(throws: StripeError(.malformed, "")) { _ = try await ground.client.tier(ofCustomer: "cus_1") }
            #expect(ground.site.all.count == Limits.Stripe.maximumPages)
        }
    }

    @Test func `a page of payment is found by its payment while it is young`() async throws {
        let now = WallTime(millisecondsSince1970: 1_790_000_000_500)
        let oldest = 1_790_000_000 - Limits.Stripe.youngCheckout.components.seconds
        #expect(Limits.Stripe.youngCheckout < Limits.Ledger.entryMemory, "or a credit could be made twice")
        let rows: [([String], Bool)] = [
            ([], false), ([##"{"id":"cs_1"}"##], false), ([##"{"id":"cs_1","created":\##(oldest)}"##], true),
            ([##"{"id":"cs_1","created":\##(oldest - 1)}"##], false),
            ([##"{"id":"cs_1","created":\##(Int64.min)}"##], false),
        ]
        for (list, isFound) in rows {
            try await StripeGround.with { _, _ in
                .answer(200, Self.page(list))
            } _: { ground in
                let found = try await ground.client.checkout(ofPayment: "pi_1", now: now)
                #expect((found != nil) == isFound)
                #expect(ground.site.all.last?.path == "/v1/checkout/sessions?payment_intent=pi_1&limit=1")
            }
        }
    }
}
