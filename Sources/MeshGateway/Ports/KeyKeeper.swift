package import MeshAPI
package import MeshCore
package import MeshIdentity

/// The port by which a hub's operators make keys, look at them and take them back.
package protocol KeyKeeper: Sendable {
    /// Makes a key; when this returns, it counts, also after a crash.
    func create(_ request: KeyRequest) async throws(KeyKeeperError) -> NewKeyDocument

    /// A page of the keys of `tenant`, or of all tenants, behind the key `after`.
    func keys(of tenant: TenantID?, after: KeyID?) async throws(KeyKeeperError) -> KeysDocument

    /// Takes the key `id` back; when this returns, it counts no more.
    func revoke(_ id: KeyID) async throws(KeyKeeperError) -> KeyDocument
}

/// Why a key was not made or taken back.
package enum KeyKeeperErrorCode: String, ErrorCode {
    package static let domain = "keys"

    /// What is asked for cannot be.
    case badRequest
    /// A key that counts has the name.
    case nameTaken
    /// The tenant has as many keys as it may.
    case full
    /// There is no such key.
    case unknownKey
    /// The hub is starting, or stopping.
    case notNow
    /// The journal did not answer: it may be done all the same.
    case lost
}

/// An error of making keys and taking them back.
package typealias KeyKeeperError = MeshError<KeyKeeperErrorCode>
