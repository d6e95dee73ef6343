package import MeshCore
package import MeshJSON
package import MeshLedger

extension StripeClient {
    /// What an account is called in the metadata of Stripe's objects.
    package static let accountKey = "mesh_account"
    /// What an object is for, in its metadata: `topup`.
    package static let purposeKey = "mesh_purpose"
    /// The tier that a subscription brings, in its metadata.
    package static let tierKey = "mesh_tier"

    // MARK: Meters

    /// Tells the meter called `name` of `event`, which is of `customer`; what the answer means is decided elsewhere.
    func tell(_ event: MeterEvent, of customer: String, meter name: String) async throws(StripeError) -> Answer {
        let form = FormBody([
            "event_name": name,
            "identifier": event.identifier,
            "timestamp": "\(event.time.wholeSeconds)",
            "payload[stripe_customer_id]": customer,
            "payload[value]": "\(event.microdollars)",
        ])
        // The identifier makes it count once. A key of its own for each telling, because Stripe repeats to the same key
        // what it once said no with, and people may have mended since what was wrong.
        return try await post("/v1/billing/meter_events", form, idempotencyKey: "\(event.identifier)~\(draw())")
    }

    /// What the meter `id` has of `customer` from `start` up to `end`, in the unit of its events.
    ///
    /// Both are widened to whole minutes, as Stripe wants them.
    package func sum(
        ofMeter id: String,
        customer: String,
        from start: WallTime,
        to end: WallTime
    ) async throws(StripeError) -> Int128 {
        var sum: Int128 = 0
        var last: String?
        for _ in 0..<Limits.Stripe.maximumPages {
            var query = FormBody([
                "customer": customer, "start_time": "\(start.minute * 60)", "end_time": "\(end.minuteBehind * 60)",
                "limit": "100",
            ])
            if let last { query.add("starting_after", last) }
            let path = "/v1/billing/meters/\(try Self.checked(id: id))/event_summaries"
            let page = try await get(path, query).content()
            guard let rows = page["data"]?.array else { throw StripeError(.malformed, "a summary without data") }
            for row in rows {
                let value = row["aggregated_value"]
                guard let whole = value?.integer ?? value?.number.flatMap({ Int64(exactly: $0) }) else {
                    throw StripeError(.malformed, "a summary without a whole value")
                }
                sum += Int128(whole)
            }
            guard page["has_more"]?.bool == true else { return sum }
            guard let id = rows.last?["id"]?.text else { throw StripeError(.malformed, "a page without an end") }
            last = id
        }
        throw StripeError(.malformed, "Stripe's list of summaries has no end")
    }

    // MARK: Customers

    /// Makes a customer for `account`, and returns Stripe's name for it; asked again soon, it is the same one.
    package func createCustomer(for account: String) async throws(StripeError) -> String {
        let form = FormBody(["name": account, "metadata[\(Self.accountKey)]": account])
        // Names of accounts may be longer than a key may.
        let key = "mesh-customer-\(UniqueID(named: "customer|\(account)"))"
        return try id(in: try await post("/v1/customers", form, idempotencyKey: key).content())
    }

    /// The account that `customer` was made for; nil where it is none of ours.
    package func account(ofCustomer customer: String) async throws(StripeError) -> String? {
        do throws(StripeError) {
            let value = try await get("/v1/customers/\(try Self.checked(id: customer))").content()
            return value["metadata"]?[Self.accountKey]?.text
        } catch {
            guard error.code == .notFound else { throw error }
            return nil
        }
    }

    /// The tier that subscriptions of `customer` bring now, the newest of them that brings one; nil where none does.
    package func tier(ofCustomer customer: String) async throws(StripeError) -> LedgerTier? {
        var query = FormBody(["customer": customer, "limit": "100"])
        for _ in 0..<Limits.Stripe.maximumPages {
            // Without a status Stripe lists all that have not ended, the newest first.
            let page = try await get("/v1/subscriptions", query).content()
            guard let rows = page["data"]?.array else { throw StripeError(.malformed, "subscriptions without data") }
            if let tier = rows.lazy.compactMap(StripeOrder.runningTier(of:)).first { return tier }
            guard page["has_more"]?.bool == true else { return nil }
            guard let last = rows.last?["id"]?.text else { throw StripeError(.malformed, "a page without an end") }
            query = FormBody(["customer": customer, "limit": "100", "starting_after": last])
        }
        throw StripeError(.malformed, "Stripe's list of subscriptions has no end")
    }

    // MARK: Pages

    /// A page of Stripe's on which `account` pays `amount` ahead.
    package struct TopUp: Hashable, Sendable {
        /// Who pays.
        package var account: String
        /// Stripe's name for it.
        package var customer: String
        /// Whole cents.
        package var cents: Int64
        /// Where the payer goes then.
        package var successURL: String
        /// Where the payer goes who does not pay.
        package var cancelURL: String

        /// A top-up of these parts.
        package init(account: String, customer: String, cents: Int64, successURL: String, cancelURL: String) {
            self.account = account
            self.customer = customer
            self.cents = cents
            self.successURL = successURL
            self.cancelURL = cancelURL
        }
    }

    /// Has a page made for `topUp`; the same `request` is the same page.
    package func createCheckout(_ topUp: TopUp, request: UniqueID) async throws(StripeError) -> StripePage {
        let account = topUp.account
        let form = FormBody([
            "mode": "payment",
            "customer": topUp.customer,
            "client_reference_id": UniqueID(named: "account|\(account)").description,
            "success_url": topUp.successURL,
            "cancel_url": topUp.cancelURL,
            "line_items[0][quantity]": "1",
            "line_items[0][price_data][currency]": "usd",
            "line_items[0][price_data][unit_amount]": "\(topUp.cents)",
            "line_items[0][price_data][product_data][name]": "Credit",
            "metadata[\(Self.accountKey)]": account,
            "metadata[\(Self.purposeKey)]": "topup",
            // Stripe copies these to the charge, by which a refund is known for a top-up's.
            "payment_intent_data[metadata][\(Self.accountKey)]": account,
            "payment_intent_data[metadata][\(Self.purposeKey)]": "topup",
        ])
        let key = "mesh-checkout-\(request)"
        return try page(in: try await post("/v1/checkout/sessions", form, idempotencyKey: key).content())
    }

    /// The page on which `payment` was made, as it stands now; nil where it was made elsewhere, or no page is as young
    /// as accounts remember for certain what they were paid.
    package func checkout(ofPayment payment: String, now: WallTime) async throws(StripeError) -> JSONValue? {
        let query = FormBody(["payment_intent": try Self.checked(id: payment), "limit": "1"])
        let page = try await get("/v1/checkout/sessions", query).content()
        guard let rows = page["data"]?.array else { throw StripeError(.malformed, "pages without data") }
        let oldest = now.wholeSeconds - Limits.Stripe.youngCheckout.components.seconds
        guard let session = rows.first, let made = session["created"]?.integer, made >= oldest else { return nil }
        return session
    }

    /// Has a page made on which `customer` looks at its invoices and changes how it pays.
    package func createPortal(
        for customer: String,
        returnURL: String,
        request: UniqueID
    ) async throws(StripeError) -> StripePage {
        let form = FormBody(["customer": customer, "return_url": returnURL])
        let key = "mesh-portal-\(request)"
        return try page(in: try await post("/v1/billing_portal/sessions", form, idempotencyKey: key).content())
    }

    // MARK: Objects

    /// What stands at `path` now; nil where there is nothing.
    package func object(at path: String) async throws(StripeError) -> JSONValue? {
        do throws(StripeError) { return try await get(path).content() } catch {
            guard error.code == .notFound else { throw error }
            return nil
        }
    }

    /// `id` where it can be one of Stripe's; throws `malformed` for what would lead elsewhere.
    package static func checked(id: String) throws(StripeError) -> String {
        let isFine = id.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"): true
            default: false
            }
        }
        guard isFine, (1...Limits.Stripe.maximumIDBytes).contains(id.utf8.count) else {
            throw StripeError(.malformed, "an id of Stripe's that is none")
        }
        return id
    }

    private func id(in value: JSONValue) throws(StripeError) -> String {
        guard let id = value["id"]?.text else { throw StripeError(.malformed, "Stripe's answer has no id") }
        return try Self.checked(id: id)
    }

    private func page(in value: JSONValue) throws(StripeError) -> StripePage {
        guard let url = value["url"]?.text, !url.isEmpty else {
            throw StripeError(.malformed, "Stripe's answer has no address of a page")
        }
        return StripePage(id: try id(in: value), url: url)
    }
}

/// A page of Stripe's that was made for somebody.
package struct StripePage: Hashable, Sendable {
    /// Stripe's name for it.
    package let id: String
    /// Where it is.
    package let url: String
}

extension WallTime {
    /// Whole seconds since 1970, the earlier one.
    var wholeSeconds: Int64 {
        let (quotient, remainder) = millisecondsSince1970.quotientAndRemainder(dividingBy: 1_000)
        return remainder < 0 ? quotient - 1 : quotient
    }

    /// The minute that it is in, counted from 1970.
    package var minute: Int64 {
        let (quotient, remainder) = wholeSeconds.quotientAndRemainder(dividingBy: 60)
        return remainder < 0 ? quotient - 1 : quotient
    }

    /// The first minute that begins no earlier.
    var minuteBehind: Int64 { minute * 60_000 == millisecondsSince1970 ? minute : minute + 1 }
}
