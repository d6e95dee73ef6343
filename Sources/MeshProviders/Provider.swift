package import MeshChat
internal import MeshCore
internal import MeshDialects
package import MeshHTTP
internal import MeshJSON

/// A provider as an engine: what is asked goes out in its dialect, what it answers comes back in ours.
///
/// Stopping an answer closes its stream or connection at once, so that the provider stops too. Adapters are not
/// loaded into providers.
package final class Provider: InferenceEngine {
    private let configuration: ProviderConfiguration
    private let client: HTTPClient
    private let chatURL: ClientURL
    private let modelsURL: ClientURL
    private let fields: HTTPFields

    /// What every provider can do, as far as it is known beforehand.
    package let capabilities: EngineCapabilities

    /// The provider that `configuration` describes, asked through `client`, which is closed by whoever made it.
    ///
    /// Throws `malformed` where the address is none.
    package init(_ configuration: ProviderConfiguration, client: HTTPClient) throws(ChatError) {
        self.configuration = configuration
        self.client = client
        var base = configuration.base
        while base.last == "/" { base.removeLast() }
        var fields: HTTPFields = [.contentType: "application/json"]
        var capabilities = EngineCapabilities()
        capabilities.grammars = [.jsonSchema, .toolCall]
        do throws(HTTPError) {
            switch configuration.dialect {
            case .anthropic:
                chatURL = try ClientURL(base + "/v1/messages")
                modelsURL = try ClientURL(base + "/v1/models?limit=1000")
                if let name = Self.anthropicVersion { fields.append(name, "2023-06-01") }
                if let key = configuration.key { fields.append(.apiKey, key.text) }
            case .openAI:
                chatURL = try ClientURL(base + "/chat/completions")
                modelsURL = try ClientURL(base + "/models")
                capabilities.grammars.insert(.jsonObject)
                if let key = configuration.key { fields.append(.authorization, "Bearer " + key.text) }
            }
        } catch {
            throw ChatError(.malformed, "the address of the provider \(configuration.name) is none: \(error.message)")
        }
        self.fields = fields
        self.capabilities = capabilities
    }

    /// Begins an answer: throws what the provider refuses with, before anything of it has come.
    package func answer(_ request: GenerationRequest) async throws(ChatError) -> any ChatAnswer {
        guard request.adapter == nil else { throw noAdapters }
        var asked = ClientRequest(.post, chatURL, fields: fields, body: .bytes(body(of: request)))
        asked.timeouts = configuration.timeouts
        let isWhole = !request.chat.isStreamed && request.deadline != nil
        if isWhole { asked.timeouts?.firstByte = nil }
        // An answer that is read slowly must hold back nothing but itself.
        asked.fields.append(.accept, request.chat.isStreamed ? "text/event-stream" : "application/json")
        let response = try await send(asked, isWhole: isWhole)
        guard response.status.code == 200 else { throw await refusal(response) }
        let answer = ProviderAnswer(response.body, of: request.chat, configuration)
        if request.chat.isStreamed, Self.isEventStream(response) { return answer }
        // Some answer whole although a stream was asked for.
        try await answer.readWhole()
        return answer
    }

    /// An estimate that is never too few: providers are not asked.
    package func promptTokens(of request: GenerationRequest) async throws(ChatError) -> TokenCount {
        TokenCount(TokenEstimate.most(of: request.chat), isExact: false)
    }

    /// Throws `unsupported`.
    package func load(_ adapter: AdapterArtifact) async throws(ChatError) -> AdapterHandle { throw noAdapters }

    /// Does nothing: there is none.
    package func unload(_ adapter: AdapterHandle) async throws(ChatError) {}

    /// What the provider lists; where it does not say how long a context is, what is configured.
    package func models() async throws(ChatError) -> [EngineModel] {
        var asked = ClientRequest(.get, modelsURL, fields: fields)
        asked.timeouts = ClientTimeouts(waiting: .seconds(5), connect: .seconds(5), firstByte: .seconds(10))
        let response = try await send(asked)
        guard response.status.code == 200 else { throw await refusal(response) }
        let bytes: [UInt8]
        do throws(HTTPError) {
            bytes = try await response.body.collect(upTo: Limits.Providers.maximumListBytes)
        } catch {
            throw ChatError(provider: configuration.name, error, hasBegun: false)
        }
        guard let list = (try? JSONReader.read(bytes))?["data"]?.array else {
            throw ChatError(.upstreamMalformed, "\(configuration.name) has no list of models")
        }
        return list.prefix(Limits.Providers.maximumModels).compactMap(model)
    }

    /// Whether it lists its models, within seconds.
    package func health() async -> EngineHealth {
        do throws(ChatError) {
            _ = try await models()
            return .ready
        } catch {
            return .unavailable(error.message)
        }
    }

    // MARK: Parts

    private static let anthropicVersion = HTTPFieldName("anthropic-version")
    private static let retryAfterMilliseconds = HTTPFieldName("retry-after-ms")

    private var noAdapters: ChatError {
        ChatError(.unsupported, "the provider \(configuration.name) takes no adapters")
    }

    private func body(of request: GenerationRequest) -> [UInt8] {
        switch configuration.dialect {
        case .anthropic:
            AnthropicRequestWriter.bytes(
                of: request.chat,
                model: request.model,
                maximumOutputTokens: configuration.assumedOutputTokens
            )
        case .openAI(let traits):
            OpenAIRequestWriter.bytes(of: request.chat, model: request.model, traits: traits)
        }
    }

    private func send(_ request: ClientRequest, isWhole: Bool = false) async throws(ChatError) -> ClientResponse {
        do throws(HTTPError) {
            return try await client.send(request)
        } catch {
            // Its head is not waited for in vain: whatever took too long came before the request was there.
            if isWhole, error.code == .timedOut {
                let message = "the provider \(configuration.name) cannot be reached: \(error.message)"
                throw ChatError(.unavailable, message, cause: ChatFailure(provider: configuration.name))
            }
            throw ChatError(provider: configuration.name, error, hasBegun: false)
        }
    }

    private static func isEventStream(_ response: ClientResponse) -> Bool {
        response.fields[.contentType]?.lowercased().hasPrefix("text/event-stream") ?? false
    }

    private func refusal(_ response: ClientResponse) async -> ChatError {
        var body: [UInt8] = []
        while body.count < Limits.Dialects.maximumRefusalBytes, let piece = try? await response.body.next() {
            body += piece
        }
        response.body.cancel()
        let status = response.status.code
        let retryAfter = Self.retryAfter(response.fields)
        let name = configuration.name
        return switch configuration.dialect {
        case .anthropic:
            AnthropicErrors.error(status: status, body: body, retryAfter: retryAfter, provider: name)
        case .openAI: OpenAIErrors.error(status: status, body: body, retryAfter: retryAfter, provider: name)
        }
    }

    /// How long the provider wants to be left alone; a date is not read, for clocks differ.
    static func retryAfter(_ fields: HTTPFields) -> Duration? {
        if let name = retryAfterMilliseconds, let number = fields[name].flatMap({ UInt32($0) }) {
            return .milliseconds(Int64(number))
        }
        return fields[.retryAfter].flatMap { UInt32($0) }.map { .seconds(Int64($0)) }
    }

    private func model(_ value: JSONValue) -> EngineModel? {
        guard let name = value["id"]?.text, !name.isEmpty else { return nil }
        // vLLM, Anthropic, llama.cpp and OpenRouter each call it something else.
        let said =
            value["max_model_len"] ?? value["max_input_tokens"] ?? value["meta"]?["n_ctx"] ?? value["context_length"]
        let context = said?.integer.flatMap { Int(exactly: $0) }.flatMap { $0 > 0 ? $0 : nil }
        let output = value["max_tokens"]?.integer.flatMap { Int(exactly: $0) }.flatMap { $0 > 0 ? $0 : nil }
        let most = context ?? configuration.assumedContextTokens
        return EngineModel(
            name: name,
            contextTokens: most,
            maximumOutputTokens: min(output ?? most, most),
            canUseTools: true,
            created: value["created"]?.integer ?? 0
        )
    }
}

extension MeshError<ChatErrorCode> {
    /// What a failure of the way to a provider means.
    init(provider: String, _ error: HTTPError, hasBegun: Bool) {
        let code: ChatErrorCode =
            switch error.code {
            case .timedOut: .timedOut
            case .unreachable, .untrusted, .stopping: .unavailable
            case .tooMany: .overloaded
            case .tooLarge, .malformed: .upstreamMalformed
            case .closed where Task.isCancelled: .cancelled
            case .closed, .libraryFailed: .upstreamFailed
            }
        let failure = ChatFailure(provider: provider, hasBegun: hasBegun)
        self.init(code, "the provider \(provider) cannot be asked: \(error.message)", cause: failure)
    }
}
