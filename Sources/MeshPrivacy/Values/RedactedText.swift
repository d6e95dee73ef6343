/// Text in which placeholders stand for the personal data that was found: the only text that escalation accepts.
///
/// Only this module makes it. It says nothing of itself in logs: what was not found may still be in it.
package struct RedactedText: Hashable, Sendable {
    /// The text, for whoever sends it on.
    package let text: String

    init(redacted text: String) { self.text = text }

    /// For the hub's decoder of what came through the tunnel alone, where an edge has redacted it (`scripts/check`
    /// looks that nobody else calls it).
    ///
    /// Text of the hub's own clients is another type.
    package init(receivedThroughTunnel text: String) { self.text = text }
}

extension RedactedText: CustomStringConvertible, CustomReflectable {
    package var description: String { "redacted text of \(text.utf8.count) bytes" }

    /// Empty, so that no dump shows it.
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
