/// A piece of a message.
package struct ChatPart: Hashable, Sendable {
    /// What it is.
    package enum Content: Hashable, Sendable {
        /// Words.
        case text(String)
        /// A picture.
        case image(ChatImage)
        /// The model's wish that a tool be run.
        case toolUse(ToolUse)
        /// What a tool said.
        case toolResult(ToolResult)
        /// What the model thought, which its provider wants back as it was.
        case thinking(ChatThinking)
    }

    /// What it is.
    package var content: Content

    /// How long the provider shall keep everything up to here ready; nil where nothing was said.
    package var cached: CacheTime?

    /// A part of this content.
    package init(_ content: Content, cached: CacheTime? = nil) {
        self.content = content
        self.cached = cached
    }

    /// Words.
    package static func text(_ text: String) -> ChatPart { ChatPart(.text(text)) }

    /// The words, if it is words.
    package var text: String? { if case .text(let text) = content { text } else { nil } }

    /// Whether it is a picture.
    package var isImage: Bool { if case .image = content { true } else { false } }
}

/// How long a provider keeps what it has read ready.
package enum CacheTime: Hashable, Sendable {
    /// Five minutes.
    case fiveMinutes
    /// An hour.
    case oneHour
}

/// A picture.
package enum ChatImage: Hashable, Sendable {
    /// Its bytes in base64, and what they are: `image/png`.
    case inline(type: String, base64: String)
    /// Where it can be fetched; that is the provider's to do, never ours.
    case remote(url: String)
}

/// A model's wish that a tool be run.
package struct ToolUse: Hashable, Sendable {
    /// By which the result is told apart from others.
    package var id: String

    /// The tool.
    package var name: String

    /// What it is given, as the model wrote it; it should be a JSON object, and nobody promises that it is.
    package var arguments: String

    /// A wish of these parts.
    package init(id: String, name: String, arguments: String) {
        self.id = id
        self.name = name
        self.arguments = arguments
    }
}

/// What a tool said.
package struct ToolResult: Hashable, Sendable {
    /// The wish that it answers.
    package var id: String

    /// Words and pictures.
    package var parts: [ChatPart]

    /// Whether it went wrong.
    package var isError: Bool

    /// An answer to the wish called `id`.
    package init(id: String, parts: [ChatPart], isError: Bool = false) {
        self.id = id
        self.parts = parts
        self.isError = isError
    }
}

/// What a model thought before it spoke.
package enum ChatThinking: Hashable, Sendable {
    /// Words, and the provider's seal on them.
    case open(text: String, signature: String)
    /// Bytes that only the provider can read.
    case sealed(String)
}
