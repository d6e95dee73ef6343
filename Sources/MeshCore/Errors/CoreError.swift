/// What can be wrong with text that should become one of this module's values.
package enum CoreErrorCode: String, ErrorCode {
    package static let domain = "core"

    case malformedIdentifier
    case malformedIdentity
    case malformedLabel
}

/// An error of this module.
package typealias CoreError = MeshError<CoreErrorCode>
