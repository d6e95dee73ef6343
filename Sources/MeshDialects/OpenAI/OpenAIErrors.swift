package import MeshChat
internal import MeshCore
internal import MeshJSON

/// Errors as OpenAI's SDKs read them, and as OpenAI and its likes write them.
package enum OpenAIErrors {
    /// What a client is told.
    package static func answer(to error: ChatError) -> ErrorAnswer {
        ErrorAnswer(
            status: error.code.status(overloaded: 503),
            fields: ErrorAnswer.fields(of: error),
            body: body(of: error)
        )
    }

    static func body(of error: ChatError) -> [UInt8] {
        let (type, code) = words(for: error.code)
        let credit = error.failure?.credit
        var object = JSONObject()
        object["message"] = .string(error.sentence)
        object["type"] = .string(type)
        object["param"] = error.failure?.parameter.map { .string($0) } ?? .null
        object["code"] = (credit?.reason.rawValue ?? code).map { .string($0) } ?? .null
        object.append(credit)
        return JSONWriter.bytes(of: ["error": .object(object)])
    }

    private static func words(for code: ChatErrorCode) -> (type: String, code: String?) {
        switch code {
        case .malformed: ("invalid_request_error", nil)
        case .unsupported: ("invalid_request_error", "unsupported_value")
        case .contextExceeded: ("invalid_request_error", "context_length_exceeded")
        case .unauthenticated: ("invalid_request_error", "invalid_api_key")
        case .paymentRequired: ("insufficient_quota", "credit_balance_exhausted")
        case .forbidden: ("invalid_request_error", "permission_denied")
        case .unknownModel: ("invalid_request_error", "model_not_found")
        case .unknownAdapter: ("invalid_request_error", "adapter_not_found")
        case .conflict: ("invalid_request_error", "conflict")
        case .tooLarge: ("invalid_request_error", "request_too_large")
        case .rateLimited: ("rate_limit_error", "rate_limit_exceeded")
        case .overloaded: ("server_error", "overloaded")
        case .unavailable: ("server_error", "unavailable")
        case .timedOut: ("server_error", "timeout")
        case .cancelled: ("server_error", "cancelled")
        case .upstreamCredentials, .upstreamBilling, .upstreamFailed, .upstreamMalformed, .engineFailed:
            ("server_error", code.rawValue.snakeCased)
        }
    }

    // MARK: Of providers

    /// What a provider's refusal means.
    package static func error(status: UInt16, body: [UInt8], retryAfter: Duration?, provider: String) -> ChatError {
        let value = JSONValue.answer(body)
        let error = value?["error"]
        // Most say {"error":{…}}, some {"error":"…"}, some {"message":…} or {"detail":…} alone.
        let sentence = error?["message"]?.text ?? error?.text ?? value?["message"]?.text ?? value?["detail"]?.text
        let type = error?["type"]?.text ?? value?["type"]?.text
        let code = error?["code"]?.text ?? value?["code"]?.text
        let failure = ChatFailure(
            retryAfter: retryAfter,
            provider: provider,
            status: Int(status),
            word: code ?? type,
            sentence: sentence?.cut(toBytes: Limits.Dialects.maximumSentenceBytes),
            parameter: error?["param"]?.text
        )
        let means = meaning(status: status, type: type, code: code, sentence: sentence)
        return ChatError(means, "the provider \(provider) answered \(status)", cause: failure)
    }

    private static let billing: Set<String> = [
        "insufficient_quota", "credit_balance_exhausted", "organization_spend_limit_exceeded",
        "project_spend_limit_exceeded", "organization_usage_limit_exceeded", "billing_hard_limit_reached",
        "billing_not_active", "credit_ceiling_exceeded",
    ]

    static func meaning(status: UInt16, type: String?, code: String?, sentence: String?) -> ChatErrorCode {
        if [type, code].contains(where: { $0.map(billing.contains) ?? false }) { return .upstreamBilling }
        if code == "context_length_exceeded" { return .contextExceeded }
        if code == "rate_limit_exceeded" { return .rateLimited }
        switch status {
        case 400, 422:
            let isLength = sentence?.lowercased().contains("context length") ?? false
            return type == "exceed_context_size_error" || isLength ? .contextExceeded : .malformed
        case 401, 403: return .upstreamCredentials
        case 402: return .upstreamBilling
        case 404: return .unknownModel
        case 408, 504: return .timedOut
        case 413: return .tooLarge
        case 429: return .rateLimited
        case 503, 529: return .overloaded
        default: return .upstreamFailed
        }
    }
}

extension String {
    /// `upstreamFailed` as `upstream_failed`.
    fileprivate var snakeCased: String {
        var word = ""
        for character in self {
            if character.isUppercase { word += "_" + character.lowercased() } else { word.append(character) }
        }
        return word
    }
}
