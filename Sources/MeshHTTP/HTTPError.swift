package import MeshCore

/// What can go wrong with HTTP, on either side.
package enum HTTPErrorCode: String, ErrorCode {
    package static let domain = "http"

    /// The other side breaks the rules of the protocol.
    case malformed
    /// A head, a body or a message is larger than is taken.
    case tooLarge
    /// The other side did not do its part in time.
    case timedOut
    /// The other side has gone, or the task was cancelled.
    case closed
    /// No connection could be made.
    case unreachable
    /// The certificate or the key cannot be used, or that of the other side is not believed.
    case untrusted
    /// The server or client is stopping.
    case stopping
    /// A bound of the machine or of `Limits` is met.
    case tooMany
    /// A library refused something for a reason of its own.
    case libraryFailed
}

/// An error of this module.
package typealias HTTPError = MeshError<HTTPErrorCode>
