internal import MeshActors
package import MeshCore
internal import MeshWire

/// Why content did not pass, or not whole.
package enum StreamErrorCode: String, ErrorCode {
    package static let domain = "stream"

    /// The text is no name of content.
    case malformedName
    /// The other side has nothing of that name, or wants nothing of it.
    case notFound
    /// The other side's content ends before the offset.
    case beyondEnd
    /// What is at the two ends under one name is not the same content.
    case mismatch
    /// The other side refuses, and would again.
    case refused
    /// Nothing has passed for too many attempts.
    case givenUp
    /// Our own content cannot be read.
    case sourceFailed
    /// The task was cancelled.
    case cancelled
}

/// An error of a resumable stream.
package typealias StreamError = MeshError<StreamErrorCode>

extension MeshError<StreamErrorCode> {
    /// What a failure of the channel means for good; nil where another attempt may help.
    init?(lasting failure: TransportError) {
        if failure.code == .closed {
            self.init(.refused, "the transport is closed", cause: failure)
            return
        }
        guard let refusal = failure.cause as? ErrorFrame else { return nil }
        switch refusal.code {
        case .notFound: self.init(.notFound, refusal.message, cause: failure)
        case .offsetRefused: self.init(.beyondEnd, refusal.message, cause: failure)
        case .protocolViolation, .frameTooLarge, .unknownFrameType:
            self.init(.refused, refusal.message, cause: failure)
        default: return nil
        }
    }

    static var wasCancelled: StreamError { StreamError(.cancelled, "the caller was cancelled") }
}
