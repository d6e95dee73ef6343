package import MeshChat
package import MeshCore

/// Either vendor's dialect, as a server speaks it: what a route needs, in one place.
///
/// A route is then: ``read(_:)``, a ``ModelDirectory/route(_:promptTokens:paysNothing:at:)``, an ``AdmissionPort``, a
/// ``ChatCaller``, and ``bytes(of:head:)`` or the loop over events with a ``ChatStreamWriter``.
package enum ChatDialect: String, Hashable, Sendable {
    /// OpenAI's Chat Completions: `/v1/chat/completions`.
    case openAI
    /// Anthropic's Messages: `/v1/messages`.
    case anthropic

    /// The dialect of a request to `path`.
    ///
    /// Paths that both vendors have (`/v1/models`) are told apart by the field `anthropic-version`, which all of
    /// Anthropic's clients send. How they show their key tells nothing: newer ones use `authorization`, like OpenAI's.
    package init(path: some StringProtocol, hasAnthropicVersion: Bool) {
        self = path.hasPrefix("/v1/messages") || hasAnthropicVersion ? .anthropic : .openAI
    }

    /// The request in the body of a POST; throws what ``answer(to:requestID:)`` tells the client.
    package func read(_ bytes: [UInt8]) throws(ChatError) -> ReadRequest {
        switch self {
        case .openAI: try OpenAIRequestReader.read(bytes)
        case .anthropic: try AnthropicRequestReader.read(bytes)
        }
    }

    /// A whole answer.
    package func bytes(of reply: ChatReply, head: AnswerHead) -> [UInt8] {
        switch self {
        case .openAI: OpenAIReplyWriter.bytes(of: reply, head: head)
        case .anthropic: AnthropicReplyWriter.bytes(of: reply, head: head)
        }
    }

    /// A writer of a stream.
    package func writer(head: AnswerHead, wantsUsage: Bool) -> ChatStreamWriter {
        switch self {
        case .openAI: .openAI(OpenAIStreamWriter(head: head, wantsUsage: wantsUsage))
        case .anthropic: .anthropic(AnthropicStreamWriter(head: head))
        }
    }

    /// A refusal.
    package func answer(to error: ChatError, requestID: String) -> ErrorAnswer {
        switch self {
        case .openAI: OpenAIErrors.answer(to: error)
        case .anthropic: AnthropicErrors.answer(to: error, requestID: requestID)
        }
    }

    /// How often the client may still ask.
    package func fields(of allowance: RequestAllowance, now: WallTime) -> [ErrorAnswer.Field] {
        switch self {
        case .openAI: AllowanceFields.openAI(allowance)
        case .anthropic: AllowanceFields.anthropic(allowance, now: now)
        }
    }

    /// The list of models.
    package func bytes(of models: [ModelDescription], now: WallTime) -> [UInt8] {
        switch self {
        case .openAI: ModelListWriter.openAI(models)
        case .anthropic: ModelListWriter.anthropic(models, now: now)
        }
    }

    /// One model.
    package func bytes(of model: ModelDescription, now: WallTime) -> [UInt8] {
        switch self {
        case .openAI: ModelListWriter.openAI(one: model)
        case .anthropic: ModelListWriter.anthropic(one: model, now: now)
        }
    }
}

/// Writes the events of an answer in either dialect.
package enum ChatStreamWriter: Sendable {
    /// As OpenAI does.
    case openAI(OpenAIStreamWriter)
    /// As Anthropic does.
    case anthropic(AnthropicStreamWriter)

    /// What is written for `event`; may be nothing.
    package mutating func bytes(for event: ChatEvent) -> [UInt8] {
        switch self {
        case .openAI(var writer):
            defer { self = .openAI(writer) }
            return writer.bytes(for: event)
        case .anthropic(var writer):
            defer { self = .anthropic(writer) }
            return writer.bytes(for: event)
        }
    }

    /// What is written where the answer breaks off.
    package func bytes(for error: ChatError) -> [UInt8] {
        switch self {
        case .openAI(let writer): writer.bytes(for: error)
        case .anthropic(let writer): writer.bytes(for: error)
        }
    }
}
