package import MeshChat
package import MeshCore

/// Why a question has no answer, or not a whole one.
package enum EscalationErrorCode: String, ErrorCode, CaseIterable {
    package static let domain = "escalation"

    /// The request is no JSON object.
    case malformed
    /// A field is missing, unknown, of another kind or beyond its bound; the failure names it.
    case invalidField
    /// The request's id was used for another request.
    case conflict
    /// Text that no edge has redacted, where that is not allowed.
    case unredacted
    /// The edge has no hub now, and nobody asked it to wait for one.
    case offline
    /// So many questions wait already; come again.
    case queueFull
    /// The question has waited for too long.
    case expired
    /// It took too long.
    case timedOut
    /// Whoever asked has left.
    case cancelled
    /// The answer broke off and cannot be gone on with: the hub has lost it.
    case interrupted
    /// What the hub said breaks the rules of docs/protocol.md.
    case answerMalformed
    /// The hub, or whoever it asked, says no or has failed; the failure says which class of a chat's errors it is.
    case refused
}

/// An error of this module; what is known beyond the code lies in its cause, an ``EscalationFailure``.
package typealias EscalationError = MeshError<EscalationErrorCode>

/// What is known of a question that failed: the typed error that an application gets, as a value.
package struct EscalationFailure: Error, Hashable, Sendable {
    /// What went wrong.
    package var code: EscalationErrorCode

    /// One sentence for people; never the asker's words.
    package var message: String

    /// The field that is to blame: `context.constraints[2]`.
    package var field: String?

    /// After how long it may be tried again; nil where nobody said.
    package var retryAfter: Duration?

    /// Of what is ``EscalationErrorCode/refused`` the class.
    package var chat: ChatErrorCode?

    /// Whether words of the answer have been handed over.
    package var hasBegun: Bool

    /// Why nobody pays for it; nil where that is not what is wrong.
    package var credit: CreditRefusal?

    /// A failure of which this is known.
    package init(
        _ code: EscalationErrorCode,
        _ message: String,
        field: String? = nil,
        retryAfter: Duration? = nil,
        chat: ChatErrorCode? = nil,
        hasBegun: Bool = false,
        credit: CreditRefusal? = nil
    ) {
        self.code = code
        self.message = message.cut(toBytes: Limits.Escalation.maximumMessageBytes)
        self.field = field
        self.retryAfter = retryAfter
        self.chat = chat
        self.hasBegun = hasBegun
        self.credit = credit
    }

    /// A field that is to blame.
    static func field(_ path: String, _ problem: String) -> EscalationFailure {
        EscalationFailure(.invalidField, "\(path) \(problem)", field: path)
    }

    /// What `error` of a chat is to an asker.
    package init(_ error: ChatError) {
        self.init(
            error.code,
            error.message,
            field: error.failure?.parameter,
            retryAfter: error.failure?.retryAfter
        )
        credit = error.failure?.credit
    }

    /// What a failure of the class `chat` is to an asker.
    package init(_ chat: ChatErrorCode, _ message: String, field: String? = nil, retryAfter: Duration? = nil) {
        let code: EscalationErrorCode =
            switch chat {
            case .cancelled: .cancelled
            case .timedOut: .timedOut
            case .conflict: .conflict
            default: .refused
            }
        self.init(code, message, field: field, retryAfter: retryAfter, chat: chat)
    }

    /// The class of a chat's errors by which a client of either vendor decides what to do.
    package var chatCode: ChatErrorCode {
        switch code {
        case .malformed, .invalidField: .malformed
        case .conflict: .conflict
        case .unredacted: .forbidden
        case .offline, .queueFull: .unavailable
        case .expired, .timedOut: .timedOut
        case .cancelled: .cancelled
        case .interrupted: .upstreamFailed
        case .answerMalformed: .upstreamMalformed
        case .refused: chat ?? .upstreamFailed
        }
    }

    /// The same as an error to throw.
    package var error: EscalationError { EscalationError(code, message, cause: self) }
}

extension MeshError<EscalationErrorCode> {
    /// What is known beyond the code.
    package var failure: EscalationFailure? { cause as? EscalationFailure }
}
