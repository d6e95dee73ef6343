package import MeshChat
internal import MeshCore
internal import MeshJSON

/// Errors as Anthropic's SDKs read them, and as Anthropic writes them.
package enum AnthropicErrors {
    /// What a client is told.
    package static func answer(to error: ChatError, requestID: String) -> ErrorAnswer {
        ErrorAnswer(
            status: error.code.status(overloaded: 529),
            fields: ErrorAnswer.fields(of: error),
            body: body(of: error, requestID: requestID)
        )
    }

    static func body(of error: ChatError, requestID: String?) -> [UInt8] {
        var body = JSONObject()
        body["type"] = "error"
        var object = JSONObject()
        object["type"] = .string(word(for: error.code))
        object["message"] = .string(error.sentence)
        object["code"] = (error.failure?.credit?.reason.rawValue).map { .string($0) }
        object.append(error.failure?.credit)
        body["error"] = .object(object)
        body["request_id"] = requestID.map { .string($0) }
        return JSONWriter.bytes(of: .object(body))
    }

    private static func word(for code: ChatErrorCode) -> String {
        switch code {
        case .malformed, .unsupported, .contextExceeded: "invalid_request_error"
        case .unauthenticated: "authentication_error"
        case .paymentRequired: "billing_error"
        case .forbidden: "permission_error"
        case .unknownModel, .unknownAdapter: "not_found_error"
        case .conflict: "conflict_error"
        case .tooLarge: "request_too_large"
        case .rateLimited: "rate_limit_error"
        case .overloaded: "overloaded_error"
        case .timedOut: "timeout_error"
        case .unavailable, .cancelled, .upstreamCredentials, .upstreamBilling, .upstreamFailed, .upstreamMalformed,
            .engineFailed:
            "api_error"
        }
    }

    // MARK: Of providers

    /// What a provider's refusal means.
    package static func error(status: UInt16, body: [UInt8], retryAfter: Duration?, provider: String) -> ChatError {
        let error = JSONValue.answer(body)?["error"]
        return self.error(in: error, status: status, retryAfter: retryAfter, provider: provider, hasBegun: false)
    }

    /// What an error in the midst of a stream means; it has no status but the one that the stream began with.
    static func error(
        in error: JSONValue?,
        status: UInt16?,
        retryAfter: Duration? = nil,
        provider: String,
        hasBegun: Bool
    ) -> ChatError {
        let type = error?["type"]?.text
        let sentence = error?["message"]?.text
        let failure = ChatFailure(
            retryAfter: retryAfter,
            provider: provider,
            status: status.map { Int($0) },
            word: type,
            sentence: sentence?.cut(toBytes: Limits.Dialects.maximumSentenceBytes),
            hasBegun: hasBegun
        )
        let means = meaning(type: type, status: status, sentence: sentence)
        let told = status.map { "answered \($0)" } ?? "broke its answer off"
        return ChatError(means, "the provider \(provider) \(told)", cause: failure)
    }

    private static func meaning(type: String?, status: UInt16?, sentence: String?) -> ChatErrorCode {
        switch type {
        case "invalid_request_error"?:
            let sentence = sentence?.lowercased() ?? ""
            // Accounts without credit are refused so, too.
            if sentence.contains("credit balance") { return .upstreamBilling }
            let isLong = sentence.contains("prompt is too long") || sentence.contains("context window")
            return isLong || sentence.contains("exceed context limit") ? .contextExceeded : .malformed
        case "authentication_error"?, "permission_error"?: return .upstreamCredentials
        case "billing_error"?: return .upstreamBilling
        case "not_found_error"?: return .unknownModel
        case "request_too_large"?: return .tooLarge
        case "rate_limit_error"?: return .rateLimited
        case "overloaded_error"?: return .overloaded
        case "timeout_error"?: return .timedOut
        case "api_error"?: return .upstreamFailed
        default: return OpenAIErrors.meaning(status: status ?? 500, type: type, code: nil, sentence: sentence)
        }
    }
}
