package import MeshEscalation
package import MeshPrivacy

/// What this round's texts are called: an edge asks with these, and a hub reads them.
///
/// The conformances are empty on purpose: the privacy module made the types, and makes their values.
extension RedactedText: TunnelText {
    /// The model has to be told of them.
    package static var mayHoldPlaceholders: Bool { true }
}

extension RedactedRequest: TunnelChat {}

/// What an edge of this round says in an escalation frame.
package typealias RelayOpening = EscalationOpening<RedactedText, RedactedRequest>

/// What it asks.
package typealias RelayAsk = EscalatedAsk<RedactedText, RedactedRequest>

/// A question as it travels.
package typealias RelayQuestion = Question<RedactedText>
