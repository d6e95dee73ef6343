package import MeshCore
package import MeshIdentity

/// The port to the keys that callers show.
///
/// Asked for every request, by many at a time: answers from memory.
package protocol CallerDirectory: Sendable {
    /// Whose key `text` is, if it counts now.
    func caller(showing text: String) throws(CallerError) -> Caller

    /// Who asks from this machine without a key.
    var localCaller: Caller { get }

    /// Whether a key is needed from this machine too.
    var needsKey: Bool { get }

    /// Whether any key counts: where none does, those that are shown are not looked at, and other machines are answered
    /// nothing.
    var knowsKeys: Bool { get }
}

extension CallerDirectory {
    /// Nobody of this machine needs one.
    package var needsKey: Bool { false }

    /// Some do.
    package var knowsKeys: Bool { true }
}

/// Why a key does not count.
package enum CallerErrorCode: String, ErrorCode {
    package static let domain = "caller"

    /// It cannot be a key: cut, or mistyped. The words say which, and nothing of its content.
    case malformedKey
    /// It is none of ours, or was taken back; which of both is nobody's business.
    case unknownKey
    /// It is ours, and its time is over.
    case expiredKey
    /// The node is starting, and does not know its keys yet.
    case notNow
}

/// An error of a key that was shown.
package typealias CallerError = MeshError<CallerErrorCode>
