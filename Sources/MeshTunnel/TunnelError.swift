package import MeshCore

/// What can be wrong with a tunnel or with what it is asked.
package enum TunnelErrorCode: String, ErrorCode {
    package static let domain = "tunnel"

    /// The state that the tunnel is in does not lead there.
    case illegalMove
    /// Text that is no hub's address.
    case malformedAddress
    /// No hub is configured, or more than there is room for.
    case badConfiguration
    /// There is no link to do that with.
    case notConnected
    /// The time that the caller gave is over.
    case timedOut
    /// The new link that was asked for could not be made; the old one stays.
    case notRenewed
    /// The tunnel has failed and does not try again by itself, or its task has ended.
    case over
}

/// An error of this module.
package typealias TunnelError = MeshError<TunnelErrorCode>
