package import MeshChat
internal import MeshCore
package import MeshGateway

/// Chats of a hub that takes no text but what an edge has redacted: whoever asks it by HTTP is told so.
package struct RedactedOnly: ChatPort {
    private let chats: any ChatPort

    /// Tells of the models of `chats`, and has nothing answered.
    package init(_ chats: any ChatPort) { self.chats = chats }

    /// Refuses.
    package func begin(_ call: ChatCall) async throws(ChatError) -> any ChatRun {
        throw ChatError(
            .forbidden,
            "this hub answers no text that nobody has redacted: ask the edge on your own machine"
        )
    }

    /// The models that edges can ask.
    package func models() async -> [ModelDescription] { await chats.models() }

    /// One of them.
    package func model(named name: String) async -> ModelDescription? { await chats.model(named: name) }
}
