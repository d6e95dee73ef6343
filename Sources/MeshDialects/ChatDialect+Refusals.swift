internal import MeshCore
internal import MeshJSON

extension ChatDialect {
    /// A refusal that has nothing to do with chats: an unknown path, a wrong method, a page of another origin.
    ///
    /// `code` is for programs, in snake case; Anthropic's clients are told the kind alone, by the status.
    package func answer(status: UInt16, code: String, message: String, requestID: String) -> ErrorAnswer {
        let body: JSONValue =
            switch self {
            case .openAI:
                [
                    "error": [
                        "message": .string(message), "type": .string(Self.openAIType(status)), "param": .null,
                        "code": .string(code),
                    ]
                ]
            case .anthropic:
                [
                    "type": "error",
                    "error": ["type": .string(Self.anthropicType(status)), "message": .string(message)],
                    "request_id": .string(requestID),
                ]
            }
        return ErrorAnswer(status: status, fields: [], body: JSONWriter.bytes(of: body))
    }

    /// What keeps a stream alive while nothing is said: whole lines with an empty one behind them.
    package var pulse: [UInt8] {
        switch self {
        case .openAI: Array(": ping\n\n".utf8)
        case .anthropic: AnthropicStreamWriter.ping
        }
    }

    private static func openAIType(_ status: UInt16) -> String {
        switch status {
        case 429: "rate_limit_error"
        case 500...: "server_error"
        default: "invalid_request_error"
        }
    }

    private static func anthropicType(_ status: UInt16) -> String {
        switch status {
        case 401: "authentication_error"
        case 402: "billing_error"
        case 403: "permission_error"
        case 404: "not_found_error"
        case 409: "conflict_error"
        case 413: "request_too_large"
        case 429: "rate_limit_error"
        case 504: "timeout_error"
        case 529: "overloaded_error"
        case 500...: "api_error"
        default: "invalid_request_error"
        }
    }
}
