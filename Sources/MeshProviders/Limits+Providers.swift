package import MeshCore

extension Limits {
    /// Bounds on providers.
    package enum Providers {
        /// Bytes of a key; a longer one is none.
        package static let maximumKeyBytes = 512

        /// Bytes of a list of models; a longer one is refused.
        package static let maximumListBytes = 4 * 1_024 * 1_024

        /// Models of a provider; further ones are left out.
        package static let maximumModels = 4_096
    }
}
