package import MeshCore

/// One tunnel as its hub knows it.
package struct RegisteredTunnel: Hashable, Sendable {
    /// Whose it is.
    package let identity: NodeIdentity

    /// The SHA-256 of the key that its certificate is for.
    package let keyID: SHA256Digest

    /// Which of the hub's connections it is.
    package let connection: UInt64

    /// Since when.
    package let since: Instant

    /// The tunnel over `connection`.
    package init(identity: NodeIdentity, keyID: SHA256Digest, connection: UInt64, since: Instant) {
        self.identity = identity
        self.keyID = keyID
        self.connection = connection
        self.since = since
    }
}

/// The tunnels of a hub, one for each node: the newest, over which the hub reaches the node.
///
/// A node that makes another link before it gives up the old one has two connections for a while; the older one leaves
/// the registry when the newer comes, and its end changes nothing.
package struct TunnelRegistry: Sendable {
    private var tunnels: [NodeID: RegisteredTunnel] = [:]
    private var countByTenant: [TenantID: Int] = [:]

    /// A registry without tunnels.
    package init() {}

    /// What became of a tunnel that was opened.
    package enum Opened: Hashable, Sendable {
        /// It is the node's only one.
        case added
        /// It takes the place of this one.
        case replaced(RegisteredTunnel)
        /// It is older than the one that the node has, which stays.
        case outdated
        /// There are ``Limits/Tunnel/maximumTunnels``, and the node has none.
        case full
    }

    /// Takes `tunnel` in: a later connection has a higher number, and the newest wins.
    package mutating func opened(_ tunnel: RegisteredTunnel) -> Opened {
        let node = tunnel.identity.node
        if let former = tunnels[node] {
            guard former.connection <= tunnel.connection else { return .outdated }
            count(former.identity.tenant, -1)
            count(tunnel.identity.tenant, 1)
            tunnels[node] = tunnel
            return .replaced(former)
        }
        guard tunnels.count < Limits.Tunnel.maximumTunnels else { return .full }
        count(tunnel.identity.tenant, 1)
        tunnels[node] = tunnel
        return .added
    }

    /// The connection has ended; returns the tunnel that is no more, and nil where a newer one had taken its place.
    package mutating func closed(_ node: NodeID, connection: UInt64) -> RegisteredTunnel? {
        guard let tunnel = tunnels[node], tunnel.connection == connection else { return nil }
        tunnels[node] = nil
        count(tunnel.identity.tenant, -1)
        return tunnel
    }

    /// The tunnel to `node`.
    package func tunnel(to node: NodeID) -> RegisteredTunnel? { tunnels[node] }

    /// All tunnels, in the order of their nodes' names.
    package var all: [RegisteredTunnel] { tunnels.values.sorted { $0.identity.node < $1.identity.node } }

    /// How many there are.
    package var count: Int { tunnels.count }

    /// How many `tenant` has.
    package func count(of tenant: TenantID) -> Int { countByTenant[tenant] ?? 0 }

    /// How many each tenant has that has any.
    package var counts: [TenantID: Int] { countByTenant }

    private mutating func count(_ tenant: TenantID, _ change: Int) {
        let count = (countByTenant[tenant] ?? 0) + change
        countByTenant[tenant] = count == 0 ? nil : count
    }
}
