/// Where on a gateway what is asked for: one spelling for both sides.
package enum APIPath {
    /// What the gateway is.
    package static let version = "/v1/version"
    /// How its node stands.
    package static let status = "/v1/status"
    /// The edges of a hub; one of them below it.
    package static let nodes = "/v1/nodes"
    /// What is wrong with the node.
    package static let doctor = "/v1/doctor"

    /// OpenAI's chats, below which their own shape of errors is spoken.
    package static let chat = "/v1/chat"
    /// What follows ``chat``.
    package static let completions = "completions"
    /// Anthropic's chats.
    package static let messages = "/v1/messages"
    /// The models that can be asked; one of them below it.
    package static let models = "/v1/models"

    /// Questions with all that goes with them; one that waits below it.
    package static let escalate = "/v1/escalate"
    /// The same, answered piece by piece.
    package static let stream = "/v1/stream"
    /// What of a question would leave an edge.
    package static let redact = "/v1/redact"
    /// What was used.
    package static let usage = "/v1/usage"
    /// Conversations; one of them below it.
    package static let sessions = "/v1/sessions"
    /// The accounts of a hub; what is asked of one below it.
    package static let ledger = "/v1/ledger"
    /// Where Stripe tells what happens.
    package static let stripeWebhook = "/v1/webhooks/stripe"
    /// Where an account is told of the page on which it looks at invoices.
    package static let portal = "/v1/billing/portal"
    /// What can be asked of the node, as OpenAPI has it.
    package static let openAPI = "/v1/openapi.json"

    /// The API keys of a hub, at its operators' own listener; one of them below it.
    package static let keys = "/v1/keys"

    /// A question that waits, by the id that its asker gave it.
    package static func escalation(_ request: String) -> String { "\(escalate)/\(percentEncoded(request))" }

    /// Where an account is asked or told `what`: `balance`.
    package static func ledger(_ what: String) -> String { "\(ledger)/\(what)" }

    /// Everything about one conversation.
    package static func session(_ name: String) -> String { "\(sessions)/\(name)" }

    /// `text` as one segment of a path (RFC 3986 §2.3): all but unreserved characters are encoded.
    package static func percentEncoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF")
        return text.utf8.reduce(into: "") { encoded, byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            default: encoded += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
            }
        }
    }

    /// Everything about one edge.
    package static func node(_ name: String) -> String { "\(nodes)/\(name)" }

    /// Where one edge is sent `command`.
    package static func command(_ command: NodeCommand, to name: String) -> String {
        "\(node(name))/\(command.rawValue)"
    }
}

/// What an edge can be sent by its hub's operators.
package enum NodeCommand: String, CaseIterable, Hashable, Sendable {
    /// Let what is under way end, and stop.
    case drain
    /// Get another certificate now.
    case renew
    /// Answer.
    case ping
}
