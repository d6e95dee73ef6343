package import MeshCore

/// Why text does not leave, or a map cannot be used.
package enum PrivacyErrorCode: String, ErrorCode {
    package static let domain = "privacy"

    /// It holds personal data of a kind that may not leave, placeholder or not; the cause is a ``BlockedField``.
    case blocked
    /// A text is longer than what is searched.
    case tooLarge
    /// A field holds bytes that are no picture and cannot be searched; the cause is an ``UnsearchableField``.
    case unsearchable
    /// The conversation has as many placeholders as it may have.
    case mapFull
    /// The bytes of a map are none, or are not this conversation's.
    case malformedMap
    /// A term of the user's own is empty or too long, or there are too many.
    case malformedTerms
    /// A map that was kept cannot be opened: its bytes are damaged, or are another conversation's.
    case vaultDamaged
    /// There is no room for another map, or for a larger one.
    case vaultFull
    /// What keeps the maps cannot be read or written just now.
    case vaultFailed
}

/// An error of this module.
///
/// Its text names fields and kinds, never a value.
package typealias PrivacyError = MeshError<PrivacyErrorCode>

/// Where something stands that may not leave.
package struct BlockedField: Error, Hashable, Sendable, CustomStringConvertible {
    /// The field of the request: `messages[2].parts[0]`.
    package let field: String

    /// What it holds.
    package let kind: PersonalKind

    /// For logs: nothing of the text.
    package var description: String { "\(field) holds \(kind.noun)" }
}

/// Where bytes stand that are sent as a picture and say that they are none.
package struct UnsearchableField: Error, Hashable, Sendable, CustomStringConvertible {
    /// The field of the request.
    package let field: String

    /// For logs: nothing of the bytes.
    package var description: String { "\(field) is no picture, and cannot be searched for personal data" }
}
