internal import MeshCore
package import MeshJSON

/// Something that Stripe tells of.
package struct StripeEvent: Hashable, Sendable {
    /// Stripe's id of it.
    package let id: String
    /// What happened: `invoice.paid`.
    package let type: String
    /// What it happened to, as it was then; nothing where the event only names it.
    package let object: JSONValue
    /// What of that was another before; nothing where nothing is said.
    package let previous: JSONValue
    /// Stripe's id of what a thin event is about, where it names something.
    package let related: String?

    /// The event that `body` tells of; throws `malformed` where it tells of none.
    package init(_ body: [UInt8]) throws(StripeError) {
        let value: JSONValue
        do throws(JSONError) { value = try JSONReader.read(body) } catch {
            throw StripeError(.malformed, "a webhook is no JSON", cause: error)
        }
        guard let id = value["id"]?.text, let type = value["type"]?.text else {
            throw StripeError(.malformed, "a webhook tells of no event")
        }
        self.id = try StripeClient.checked(id: id)
        self.type = type
        previous = value["data"]?["previous_attributes"] ?? .null
        if let object = value["data"]?["object"], object.object != nil {
            self.object = object
            related = nil
        } else if value["object"]?.text == Self.thin || StripeOrder.isReport(type) {
            object = .null
            related = value["related_object"]?["id"]?.text.flatMap { try? StripeClient.checked(id: $0) }
        } else {
            throw StripeError(.malformed, "a webhook tells of no event")
        }
    }

    /// What Stripe calls an event that says what has happened and not to what: its version 2.
    private static let thin = "v2.core.event"

    /// Where Stripe says how its object stands now; nil where what the event says is all that counts.
    ///
    /// Events come in any order and more than once, so what is done follows from how things are and not from how they
    /// were: a payment that failed and was then made has been made.
    package var source: String? {
        guard let id = object["id"]?.text, let id = try? StripeClient.checked(id: id) else { return nil }
        return switch type.split(separator: ".").first {
        case "invoice": "/v1/invoices/\(id)"
        case "checkout": "/v1/checkout/sessions/\(id)"
        case "customer" where type.hasPrefix("customer.subscription."): "/v1/subscriptions/\(id)"
        default: nil
        }
    }
}
