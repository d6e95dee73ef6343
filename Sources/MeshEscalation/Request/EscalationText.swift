package import MeshChat

/// Text of a question, by how it came about.
///
/// A question is made of one sort of text alone. Only text of a ``TunnelText`` sort can be written for the tunnel, so
/// that what nobody has redacted cannot leave an edge: there is no code for it.
package protocol EscalationText: Hashable, Sendable {
    /// The text, for whoever sends it on.
    var text: String { get }

    /// Whether placeholders may stand in it, of which the model has to be told.
    static var mayHoldPlaceholders: Bool { get }
}

/// The sort of text that escalation accepts: its own module alone makes it, by redacting on an edge.
///
/// The one sort that ships is MeshPrivacy's `RedactedText`, whose members these are.
package protocol TunnelText: EscalationText {
    /// For the hub's decoder of what came through the tunnel, where an edge has redacted it.
    init(receivedThroughTunnel text: String)
}

/// A whole chat all of whose texts are such text: what a client of either vendor asks an edge.
///
/// The one that ships is MeshPrivacy's `RedactedRequest`, whose members these are.
package protocol TunnelChat: Hashable, Sendable {
    /// What is asked, for whoever sends it on.
    var request: ChatRequest { get }

    /// For the hub's decoder of what came through the tunnel, where an edge has redacted it.
    init(receivedThroughTunnel request: ChatRequest)
}

/// Text as an application wrote it: on an edge before it is redacted, on a hub where a client asks it directly.
///
/// It says nothing of itself in logs.
package struct UnredactedText: EscalationText {
    /// The text, for whoever redacts it, or asks with it on a hub.
    package let text: String

    /// Nobody has put any in.
    package static var mayHoldPlaceholders: Bool { false }

    /// What an application wrote.
    package init(_ text: String) { self.text = text }
}

extension UnredactedText: CustomStringConvertible, CustomReflectable {
    package var description: String { "unredacted text of \(text.utf8.count) bytes" }

    /// Empty, so that no dump shows it.
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
