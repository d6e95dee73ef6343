package import MeshCore

extension Limits {
    /// Bounds on tunnels.
    package enum Tunnel {
        /// Addresses of one host that are raced; further ones are left out.
        package static let maximumAddresses = 16

        /// Hubs that one name may announce; further ones are left out.
        package static let maximumServices = 64
    }
}
