package import MeshCore

extension Limits {
    /// Bounds on questions through the tunnel, and beside it.
    package enum Relay {
        /// Tenants whose usage is counted; what a further one uses is not.
        package static let maximumTenantsCounted = 1_024

        /// Models whose usage is counted for one tenant; further ones are counted together.
        package static let maximumModelsCounted = 64
    }
}
