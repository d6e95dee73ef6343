internal import MeshChat
internal import MeshDialects

/// The reader of a stream in the dialect of its provider.
enum AnswerReader {
    case anthropic(AnthropicAnswerReader)
    case openAI(OpenAIAnswerReader)

    init(_ configuration: ProviderConfiguration) {
        switch configuration.dialect {
        case .anthropic: self = .anthropic(AnthropicAnswerReader(provider: configuration.name))
        case .openAI: self = .openAI(OpenAIAnswerReader(provider: configuration.name))
        }
    }

    mutating func read(_ event: StreamedEvent) throws(ChatError) -> [ChatEvent] {
        switch self {
        case .anthropic(var reader):
            defer { self = .anthropic(reader) }
            return try reader.read(event)
        case .openAI(var reader):
            defer { self = .openAI(reader) }
            return try reader.read(event)
        }
    }

    mutating func atEnd() throws(ChatError) -> [ChatEvent] {
        switch self {
        case .anthropic(var reader):
            defer { self = .anthropic(reader) }
            return try reader.atEnd()
        case .openAI(var reader):
            defer { self = .openAI(reader) }
            return try reader.atEnd()
        }
    }
}
