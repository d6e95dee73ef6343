package import MeshCore

/// What can be wrong with a document.
package enum JSONErrorCode: String, ErrorCode {
    package static let domain = "json"

    /// It is no JSON, or no JSON5 where that is read.
    case malformed
    /// It ends too early.
    case truncated
    /// A key comes twice in one object.
    case duplicateKey
    /// It is larger or deeper than is taken.
    case tooLarge
}

/// An error of this module.
package typealias JSONError = MeshError<JSONErrorCode>
