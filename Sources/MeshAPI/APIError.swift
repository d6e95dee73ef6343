package import MeshCore

/// What can be wrong with a document, or with what a client asks for.
package enum APIErrorCode: String, ErrorCode {
    package static let domain = "api"

    /// A field is missing or is not what docs/api.md says.
    case malformed
}

/// An error of this module.
package typealias APIError = MeshError<APIErrorCode>
