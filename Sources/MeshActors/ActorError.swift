package import MeshCore

/// Why a call came to nothing, apart from the actor's own refusals.
package enum ActorErrorCode: String, ErrorCode {
    package static let domain = "actor"

    /// No such kind here, or no such command in it.
    case unknownCommand
    /// No node of the membership may host the kind.
    case noHost
    /// The actor has left this node, and the call was not carried out; the runtime asks again by itself.
    case moved
    /// The call went round too often without finding the actor; nothing happened.
    case tooManyRedirects
    /// The deadline passed; the command may or may not have been carried out.
    case deadlineExceeded
    /// The caller was cancelled; the command may or may not have been carried out.
    case cancelled
    /// The store does not take appends now; nothing happened.
    case unavailable
    /// The append failed in mid-air, or a reply was lost; asking again with the same command id finds out.
    ///
    /// ``CallFailure/openCommand`` is that id, also of a call that was made without one.
    case outcomeUnknown
    /// The journal holds what cannot be read.
    case corrupt
    /// The command id was used for another command.
    case commandMismatch
    /// The command's events, or a message, beyond their bound.
    case tooLarge
    /// The bytes of a call or a reply do not spell one, or its id is one that the runtime keeps for itself.
    case malformed
    /// The node is stopping, or does not run.
    case stopping
    /// The caller's certificate does not allow the call; nothing happened.
    case notAllowed
}

/// An error of the actor runtime.
package typealias ActorError = MeshError<ActorErrorCode>

/// Why a call did not bring a reply.
package enum CallFailure<Refusal: Error>: Error {
    /// The actor said no.
    case refused(Refusal)
    /// The actor, or the node, has more to do than its bound allows; nothing happened.
    case overloaded(retryAfter: Duration)
    /// Something else; the code says whether the command may have been carried out.
    case failed(ActorError)
}

/// A command that may have been carried out: a cause of `outcomeUnknown`, `deadlineExceeded` and `cancelled`.
package struct OpenCommand: Error {
    /// By which to ask again.
    ///
    /// An answer then is the command's own. A refusal says that it had not been carried out by then; a try that is
    /// under way still may be, for as long as the network holds messages back.
    package let id: CommandID

    /// What kept the runtime from finding out; the actor's refusal, where a later try than the open one was refused.
    package let cause: (any Error)?
}

extension CallFailure {
    /// Whether another try may find an answer.
    var mayPass: Bool {
        switch self {
        case .refused: false
        case .overloaded: true
        case .failed(let error): error.code == .unavailable || error.code == .noHost
        }
    }

    /// The id with which to ask again, when the command may have been carried out and has one.
    ///
    /// Plain actors keep no ids: asking them again is another call.
    package var openCommand: CommandID? {
        guard case .failed(let error) = self else { return nil }
        return (error.cause as? OpenCommand)?.id
    }

    /// The same, with the id if the command may have been carried out.
    func naming(_ id: CommandID?) -> CallFailure {
        guard let id, openCommand == nil, case .failed(let error) = self else { return self }
        switch error.code {
        case .outcomeUnknown, .deadlineExceeded, .cancelled:
            return .failed(ActorError(error.code, error.message, cause: OpenCommand(id: id, cause: error.cause)))
        case .unknownCommand, .noHost, .moved, .tooManyRedirects, .unavailable, .corrupt, .commandMismatch, .tooLarge,
            .malformed, .stopping, .notAllowed:
            return self
        }
    }

    /// What the failure of a later try means when an earlier one may have been carried out.
    ///
    /// A mismatch is an answer of the actor. A refusal and "nothing happened" are true of the last try alone: nobody
    /// keeps a refusal, and the earlier try, still under way, may be decided otherwise.
    func afterOpenTry(_ id: CommandID?) -> CallFailure {
        let cause: any Error
        switch self {
        case .refused(let refusal):
            #if PLANTED_BUGS
            if PlantedBug.refuseOpenCall.isOn { return self }
            #endif
            cause = refusal
        case .overloaded: cause = self
        case .failed(let error):
            switch error.code {
            case .outcomeUnknown, .deadlineExceeded, .cancelled, .commandMismatch: return naming(id)
            case .unknownCommand, .noHost, .moved, .tooManyRedirects, .unavailable, .corrupt, .tooLarge, .malformed,
                .stopping, .notAllowed:
                cause = error
            }
        }
        let message = "an earlier try may have been carried out, or be under way, and a later one does not say"
        return .failed(ActorError(.outcomeUnknown, message, cause: cause)).naming(id)
    }
}

extension CallFailure where Refusal == NoRefusal {
    /// The same failure of a command that may be refused.
    func of<Other: Error>(_: Other.Type) -> CallFailure<Other> {
        switch self {
        case .overloaded(let pause): .overloaded(retryAfter: pause)
        case .failed(let error): .failed(error)
        }
    }
}

extension CallFailure: Equatable where Refusal: Equatable {}

extension ActorErrorCode {
    /// What a store's error means to the callers whose append it was.
    init(ofAppend code: JournalErrorCode) {
        self =
            switch code {
            case .fenced, .owned: .moved
            case .readOnly, .overloaded, .failed, .closed: .unavailable
            case .tooLarge: .tooLarge
            case .corrupt: .corrupt
            case .unknownOutcome, .staleHead: .outcomeUnknown
            }
    }
}
