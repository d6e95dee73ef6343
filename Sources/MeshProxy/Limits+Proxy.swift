package import MeshCore

extension Limits {
    /// Bounds on the proxy that plays a bad link.
    package enum Proxy {
        /// Datagrams and second copies that one direction holds; further ones vanish and are counted as overflow.
        package static let maximumHeld = 65_536

        /// Clients at a time unless asked otherwise; the datagrams of further ones vanish.
        package static let maximumClients = 4_096
    }
}
