package import MeshCore

/// What can go wrong with an endpoint or a connection.
package enum QUICErrorCode: String, ErrorCode {
    package static let domain = "quic"

    /// The certificate or the key cannot be used for TLS.
    case credentialsUnusable
    /// The connection could not be made, or has ended.
    case connectionClosed
    /// The endpoint or the connection is closing.
    case stopping
    /// What was asked for is done only when something else has ended.
    case busy
    /// A server has not confirmed our new address in time.
    case pathNotConfirmed
    /// The library refused something for a reason of its own.
    case libraryFailed
}

/// An error of this module.
package typealias QUICError = MeshError<QUICErrorCode>
