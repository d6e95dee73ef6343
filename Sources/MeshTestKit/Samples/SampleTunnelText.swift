package import MeshChat
internal import MeshEscalation

/// Text that stands for what an edge has redacted, where no test is about redacting.
package struct SampleTunnelText: TunnelText {
    /// The text.
    package let text: String

    /// Such text is thought to hold placeholders.
    package static var mayHoldPlaceholders: Bool { true }

    /// Text that is taken for redacted.
    package init(_ text: String) { self.text = text }

    /// Text that came through a tunnel.
    package init(receivedThroughTunnel text: String) { self.text = text }
}

/// A chat that stands for one that an edge has redacted.
package struct SampleTunnelChat: TunnelChat {
    /// What is asked.
    package let request: ChatRequest

    /// A chat that came through a tunnel.
    package init(receivedThroughTunnel request: ChatRequest) { self.request = request }
}
