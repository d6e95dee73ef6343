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

    /// The API keys of a hub, at its operators' own listener; one of them below it.
    package static let keys = "/v1/keys"

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
