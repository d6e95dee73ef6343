package import MeshCore

/// What can go wrong with a database.
package enum UsageStoreErrorCode: String, ErrorCode {
    package static let domain = "usage"

    /// The disk has no room; nothing of the transaction happened.
    case full
    /// The file is no database, or bytes of it have been changed.
    case damaged
    /// Somebody else holds it for longer than anybody waits.
    case busy
    /// A later version of this program has made it.
    case newer
    /// A row is there that must not be, or a cursor stands elsewhere.
    case conflicting
    /// The file or its folder cannot be read or written.
    case unusable
}

/// An error of this module.
package typealias UsageStoreError = MeshError<UsageStoreErrorCode>
