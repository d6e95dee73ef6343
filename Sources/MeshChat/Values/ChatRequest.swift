package import MeshJSON

/// What a client asks of a model, in no vendor's dialect.
///
/// Two requests that mean the same are equal, whatever they were written in. What a dialect can say and this cannot is
/// named when a request is read, never lost in silence.
package struct ChatRequest: Hashable, Sendable {
    /// The model's name or alias, as the client wrote it.
    package var model: String

    /// What is said to the model before anything else, in order.
    package var system: [ChatPart]

    /// The conversation; the last message is what is answered.
    package var messages: [ChatMessage]

    /// What the model may call.
    package var tools: [ChatTool] = []

    /// Whether it must.
    package var toolChoice = ToolChoice.automatic

    /// Whether it may call several tools in one answer.
    package var allowsParallelTools = true

    /// The most tokens of the answer; nil for as many as the model can.
    package var maximumOutputTokens: Int?

    /// How the next token is drawn.
    package var sampling = Sampling()

    /// Texts that end the answer, and are not part of it.
    package var stopSequences: [String] = []

    /// What the answer must look like.
    package var format = ResponseFormat.text

    /// How much the model shall think before it speaks.
    package var reasoning = ReasoningWish()

    /// Whether the client wants the answer piece by piece.
    package var isStreamed = false

    /// Whether the client of a stream wants to be told the usage, where its dialect leaves that to it.
    package var wantsUsage = false

    /// Names and values that mean something to the client.
    package var metadata = JSONObject()

    /// By what the client calls whoever sits in front of it.
    package var user: String?

    /// A request to `model`.
    package init(model: String, system: [ChatPart] = [], messages: [ChatMessage]) {
        self.model = model
        self.system = system
        self.messages = messages
    }

    /// Whether any part of it is an image.
    package var hasImages: Bool {
        messages.contains { message in
            message.parts.contains { part in
                switch part.content {
                case .image: true
                case .toolResult(let result): result.parts.contains { $0.isImage }
                case .text, .toolUse, .thinking: false
                }
            }
        }
    }
}

/// Who speaks.
package enum ChatRole: String, Hashable, Sendable {
    /// The client, and the tools that it ran.
    case user
    /// The model.
    case assistant
}

/// One turn of a conversation.
package struct ChatMessage: Hashable, Sendable {
    /// Who speaks.
    package var role: ChatRole

    /// What is said, in order.
    package var parts: [ChatPart]

    /// A turn of `role`.
    package init(_ role: ChatRole, _ parts: [ChatPart]) {
        self.role = role
        self.parts = parts
    }

    /// A turn that is text.
    package init(_ role: ChatRole, _ text: String) { self.init(role, [.text(text)]) }

    /// All of its text, without anything between the parts.
    package var text: String { parts.compactMap(\.text).joined() }
}
