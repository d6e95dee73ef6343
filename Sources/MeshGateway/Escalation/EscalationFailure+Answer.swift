internal import MeshAPI
internal import MeshChat
internal import MeshCore
internal import MeshEscalation
internal import MeshHTTP

extension EscalationFailure {
    /// The failure as an error of an answer; ``init(telling:)`` has it back.
    var chatError: ChatError { ChatError(chatCode, message, cause: self) }

    /// What an asker is told of `error`, whoever has thrown it.
    init(telling error: ChatError) { self = error.cause as? EscalationFailure ?? EscalationFailure(error) }

    /// As the client is told it.
    func document(_ id: RequestID) -> ErrorDocument {
        var document = ErrorDocument(
            code: credit?.reason.rawValue ?? told.word,
            message: message,
            requestID: id.text,
            field: field,
            retryAfterSeconds: wait.map { $0.roundedSeconds }
        )
        document.credit = credit.map { ErrorDocument.Credit(members: $0.members) }
        return document
    }

    /// As an answer.
    func answer(_ id: RequestID) -> HTTPResponse {
        var response = HTTPResponse(document(id), status: told.status)
        if let wait { response.fields.append(retryAfter: wait) }
        return response
    }

    /// How long to wait, where waiting helps.
    private var wait: Duration? {
        switch code {
        case .offline, .queueFull: retryAfter ?? Limits.Gateway.retryAfter
        default: retryAfter
        }
    }

    /// The status, and the word for programs.
    private var told: (status: HTTPStatus, word: String) {
        switch code {
        case .malformed: (.badRequest, "bad_request")
        case .invalidField: (.badRequest, "invalid_field")
        case .conflict: (.conflict, "conflict")
        case .unredacted: (.forbidden, "unredacted")
        case .offline: (.serviceUnavailable, "offline")
        case .queueFull: (.serviceUnavailable, "queue_full")
        case .expired: (.gone, "expired")
        case .timedOut: (.gatewayTimeout, "timed_out")
        case .cancelled: (.serviceUnavailable, "cancelled")
        case .interrupted: (.badGateway, "interrupted")
        case .answerMalformed: (.badGateway, "answer_malformed")
        case .refused: chatCode.told
        }
    }
}

extension ChatErrorCode {
    /// The status, and the word for programs, in the gateway's own shape.
    fileprivate var told: (status: HTTPStatus, word: String) {
        switch self {
        case .malformed: (.badRequest, "bad_request")
        case .unsupported: (.badRequest, "unsupported")
        case .contextExceeded: (.badRequest, "context_length_exceeded")
        case .unauthenticated: (.unauthorized, "unauthenticated")
        case .paymentRequired: (.paymentRequired, "payment_required")
        case .forbidden: (.forbidden, "forbidden")
        case .unknownModel: (.notFound, "unknown_model")
        case .unknownAdapter: (.notFound, "unknown_adapter")
        case .conflict: (.conflict, "conflict")
        case .tooLarge: (.contentTooLarge, "too_large")
        case .rateLimited: (.tooManyRequests, "rate_limited")
        case .engineFailed: (.internalServerError, "engine_failed")
        case .upstreamCredentials: (.badGateway, "upstream_credentials")
        case .upstreamBilling: (.badGateway, "upstream_billing")
        case .upstreamFailed: (.badGateway, "upstream_failed")
        case .upstreamMalformed: (.badGateway, "upstream_malformed")
        case .overloaded: (.serviceUnavailable, "overloaded")
        case .unavailable: (.serviceUnavailable, "unavailable")
        case .cancelled: (.serviceUnavailable, "cancelled")
        case .timedOut: (.gatewayTimeout, "timed_out")
        }
    }
}

extension HTTPResponse {
    /// A document, which nobody keeps.
    init(_ document: some APIDocument, status: HTTPStatus = .ok) {
        self.init(status, type: "application/json", bytes: document.bytes)
        fields.append(.cacheControl, "no-store")
    }
}

extension HTTPFields {
    /// When to come again, in whole seconds, one at least.
    mutating func append(retryAfter wait: Duration) {
        let bounded = min(max(wait, .zero), Limits.Gateway.longestRetryAfter)
        append(.retryAfter, "\(max(1, (bounded.wholeNanoseconds + 999_999_999) / 1_000_000_000))")
    }
}
