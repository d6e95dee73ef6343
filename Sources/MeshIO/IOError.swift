package import MeshCore

/// What can go wrong with loops and sockets.
package enum IOErrorCode: String, ErrorCode {
    package static let domain = "io"

    /// The text is no address.
    case malformedAddress

    /// Another socket has this address.
    case addressInUse

    /// The machine has no such address.
    case addressUnavailable

    /// The user may not do that.
    case denied

    /// A bound of the machine or of `Limits` is met.
    case tooMany

    /// The peer of a stream has left, or does not answer any more.
    case peerLost

    /// What the peer sends is no TLS that is spoken here.
    case tlsRefused

    /// A certificate and its key are unreadable, do not fit, or are of a kind that is not used.
    case credentialsUnusable

    /// The loop has been stopped.
    case stopped

    /// Any other refusal of the system.
    case failed
}

/// An error of this module.
package typealias IOError = MeshError<IOErrorCode>
