package import MeshPrivacy

/// What may leave, and what puts the originals back into its answer.
package struct RedactedAsk<Content: Sendable>: Sendable {
    /// What may leave.
    package let content: Content

    /// The conversation's map as it was when this was redacted: it has all placeholders of ``content``.
    package let map: PlaceholderMap

    /// What was found.
    package let report: RedactionReport

    /// Which use of its conversation this was, where nothing had been replaced in that before; nil for any other.
    package var firstUse: UInt64?
}
