package import MeshCore

/// What can be wrong with a store's folder before the store itself is asked.
package enum StoreFolderErrorCode: String, ErrorCode {
    package static let domain = "store-folder"

    /// It is not there, may not be read, or another process has it open.
    case unusable
    /// The log does not check: nothing of it may be served.
    case damaged
    /// The verification could not be begun.
    case notVerified
}

/// An error about a store's folder.
package typealias StoreFolderError = MeshError<StoreFolderErrorCode>
