package import MeshCore

/// Why a chat goes wrong, in the classes by which clients of both vendors decide what to do.
///
/// Those of the client's own doing come first; then what the client must wait for or pay; then what others did.
package enum ChatErrorCode: String, ErrorCode {
    package static let domain = "chat"

    /// The request means nothing: 400.
    case malformed
    /// It asks for what this model or engine cannot do: 400.
    case unsupported
    /// The conversation is longer than the model can read: 400, `context_length_exceeded`.
    case contextExceeded
    /// Nobody knows who asks: 401.
    case unauthenticated
    /// Whoever asks may not: 403.
    case forbidden
    /// There is no such model, or none for this tenant: 404.
    case unknownModel
    /// There is no such adapter, or none for this tenant: 404.
    case unknownAdapter
    /// The same id was used for another request: 409.
    case conflict
    /// The request or an answer has too many bytes: 413.
    case tooLarge

    /// The credit is used up: 402, which no client tries again.
    case paymentRequired
    /// Too many requests, or tokens: 429 with a time to wait.
    case rateLimited
    /// There is no room just now: 529 or 503.
    case overloaded
    /// What would answer is not there: 503.
    case unavailable
    /// It took too long: 504.
    case timedOut
    /// The client has left; nobody reads this.
    case cancelled

    /// Whoever stands behind us does not take our key: 502.
    case upstreamCredentials
    /// Whoever stands behind us wants to be paid first: 502, which is not tried again there.
    case upstreamBilling
    /// Whoever stands behind us failed, or the connection did: 502.
    case upstreamFailed
    /// What they said cannot be understood: 502.
    case upstreamMalformed
    /// An engine of ours failed: 500.
    case engineFailed
}

/// An error of this module; what is known beyond the code lies in its cause, a ``ChatFailure``.
package typealias ChatError = MeshError<ChatErrorCode>

/// What is known of a failed chat beyond its class.
package struct ChatFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// After how long it may be tried again; nil where nobody said.
    package var retryAfter: Duration?

    /// How often the client may still ask, where it has asked too often.
    package var allowance: RequestAllowance?

    /// The provider that failed, by our name for it.
    package var provider: String?

    /// The status of its answer.
    package var status: Int?

    /// Its own word for what is wrong: `rate_limit_error`.
    package var word: String?

    /// Its own sentence, which may hold what the client wrote: for that client alone, never for logs.
    package var sentence: String?

    /// The part of the request that is to blame: `messages[0].content`.
    package var parameter: String?

    /// Whether the answer had begun, so that nothing is tried again.
    package var hasBegun: Bool

    /// Why nobody pays for it; nil where that is not what is wrong.
    package var credit: CreditRefusal?

    /// Whether money may be set aside for the call all the same, because nobody knows what became of the asking.
    package var mayBeHeld = false

    /// A failure of which this is known.
    package init(
        retryAfter: Duration? = nil,
        provider: String? = nil,
        status: Int? = nil,
        word: String? = nil,
        sentence: String? = nil,
        parameter: String? = nil,
        hasBegun: Bool = false,
        credit: CreditRefusal? = nil
    ) {
        self.retryAfter = retryAfter
        self.provider = provider
        self.status = status
        self.word = word
        self.sentence = sentence
        self.parameter = parameter
        self.hasBegun = hasBegun
        self.credit = credit
    }

    /// For logs: nothing that a client wrote.
    package var description: String {
        var words = [provider ?? "an engine"]
        if let status { words.append("answered \(status)") }
        if let retryAfter { words.append("wants \(retryAfter.shortText)") }
        if hasBegun { words.append("had begun") }
        return words.joined(separator: ", ")
    }
}

extension MeshError<ChatErrorCode> {
    /// What is known beyond the code.
    package var failure: ChatFailure? { cause as? ChatFailure }
}
