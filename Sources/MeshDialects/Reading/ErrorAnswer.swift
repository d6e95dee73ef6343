package import MeshChat
internal import MeshCore

/// A refusal as a client is told it.
package struct ErrorAnswer: Hashable, Sendable {
    /// The status.
    package var status: UInt16

    /// Fields that go with it: names in lower case.
    package var fields: [Field]

    /// The body, JSON.
    package var body: [UInt8]

    /// A field of an answer's head.
    package struct Field: Hashable, Sendable {
        /// Its name.
        package var name: String
        /// Its value.
        package var value: String

        /// A field.
        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// What both vendors' clients go by: how long to wait, and whether trying again makes sense at all.
    static func fields(of error: ChatError) -> [Field] {
        var fields: [Field] = []
        if let wait = error.failure?.retryAfter, error.code.isWorthAnotherTry {
            let bounded = min(max(wait, .zero), Limits.Dialects.longestRetryAfter)
            fields.append(Field("retry-after", "\((bounded.wholeNanoseconds + 999_999_999) / 1_000_000_000)"))
        }
        // The SDKs try again at each of these statuses, where nothing would come of it.
        switch error.code {
        case .upstreamCredentials, .upstreamBilling, .conflict: fields.append(Field("x-should-retry", "false"))
        default: break
        }
        return fields
    }
}

extension ChatErrorCode {
    /// Whether the same request may succeed later.
    package var isWorthAnotherTry: Bool {
        switch self {
        case .rateLimited, .overloaded, .unavailable, .timedOut, .upstreamFailed, .upstreamMalformed, .engineFailed:
            true
        case .malformed, .unsupported, .contextExceeded, .unauthenticated, .forbidden, .unknownModel, .unknownAdapter,
            .conflict, .tooLarge, .paymentRequired, .cancelled, .upstreamCredentials, .upstreamBilling:
            false
        }
    }

    /// The status that both vendors use; they differ only where there is no room.
    func status(overloaded: UInt16) -> UInt16 {
        switch self {
        case .malformed, .unsupported, .contextExceeded: 400
        case .unauthenticated: 401
        case .paymentRequired: 402
        case .forbidden: 403
        case .unknownModel, .unknownAdapter: 404
        case .conflict: 409
        case .tooLarge: 413
        case .rateLimited: 429
        case .cancelled: 499
        case .engineFailed: 500
        case .upstreamCredentials, .upstreamBilling, .upstreamFailed, .upstreamMalformed: 502
        case .unavailable: 503
        case .timedOut: 504
        case .overloaded: overloaded
        }
    }
}

extension MeshError<ChatErrorCode> {
    /// What the client is told: the provider's own sentence where the client's own request is to blame.
    var sentence: String {
        switch code {
        case .malformed, .unsupported, .contextExceeded, .tooLarge: failure?.sentence ?? message
        default: message
        }
    }
}
