package import MeshCore
internal import MeshPrivacy

/// What can go wrong with what is kept encrypted, and with its key.
package enum VaultErrorCode: String, ErrorCode {
    package static let domain = "vault"

    /// The file with the key is not there, and what it opens is.
    case keyMissing
    /// What is there was made with another key.
    case wrongKey
    /// Others can read the key.
    case exposed
    /// The file with the key holds something else.
    case malformedKey
    /// Bytes that were sealed have been changed, cut, or belong elsewhere.
    case damaged
    /// There is no room on the disk, or there are as many maps as there may be.
    case full
    /// A file or folder cannot be read or written, or the folder is open to others.
    case unusable
    /// The cipher's library does not do what it must.
    case libraryFailed
}

/// An error of this module.
package typealias VaultError = MeshError<VaultErrorCode>

extension MeshError<PrivacyErrorCode> {
    /// The same for whoever asks the port.
    init(_ error: VaultError) {
        let code: PrivacyErrorCode =
            switch error.code {
            case .damaged, .wrongKey, .keyMissing, .malformedKey: .vaultDamaged
            case .full: .vaultFull
            case .exposed, .unusable, .libraryFailed: .vaultFailed
            }
        self.init(code, error.message, cause: error)
    }
}
