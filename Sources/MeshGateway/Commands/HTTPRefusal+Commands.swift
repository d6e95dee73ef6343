internal import MeshCore
internal import MeshHTTP

extension HTTPRefusal {
    /// What a client is told of a command that came to nothing.
    init(_ error: NodeCommandError) {
        let (status, code): (HTTPStatus, String) =
            switch error.code {
            case .unknownNode: (.notFound, "unknown_node")
            case .notConnected: (.conflict, "not_connected")
            case .timedOut: (.gatewayTimeout, "node_timed_out")
            case .lost: (.badGateway, "node_lost")
            case .refused: (.conflict, "node_refused")
            case .notSupported: (.badGateway, "node_too_old")
            case .overloaded: (.serviceUnavailable, "node_overloaded")
            case .notNow: (.serviceUnavailable, "not_now")
            }
        var fields = HTTPFields()
        if status == .serviceUnavailable {
            fields.set(.retryAfter, "\(Limits.Gateway.retryAfter.components.seconds)")
        }
        self.init(status, code, error.message, fields: fields)
    }

    /// The hub has not seen it, or does not remember it.
    static func unknownNode(_ name: String) -> HTTPRefusal {
        HTTPRefusal(.notFound, "unknown_node", "this hub knows no edge '\(name)'")
    }

    /// What is asked of an edge that only hubs know.
    static let notAHub = HTTPRefusal(
        .notFound,
        "not_a_hub",
        "this node is an edge, and knows of no others: ask its hub"
    )

    /// What is asked of a node that answers no chats.
    static let noChats = HTTPRefusal(.notFound, "not_a_hub", "this node answers no chats: ask its hub")

    /// 503 while a node starts.
    static let starting = HTTPRefusal(
        .serviceUnavailable,
        "not_now",
        "the node is starting",
        fields: [.retryAfter: "1"]
    )
}
