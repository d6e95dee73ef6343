package import MeshCore

/// What the owner of a key may do.
package enum KeyScope: String, CaseIterable, Hashable, Sendable {
    /// Ask models, and see which there are.
    case chat
    /// See how the node and its edges fare.
    case read
    /// Send commands to edges, and have the node look itself over.
    case operate
}

/// Who asks a node by HTTP, as far as that is known.
package struct Caller: Hashable, Sendable {
    /// On whose behalf.
    package let tenant: TenantID

    /// What the key that was shown is called; nil for the programs of this machine, which need none.
    package let key: String?

    /// What it may do.
    package let scopes: Set<KeyScope>

    /// Requests that it may make in any sliding minute; nil for any number.
    package let requestsPerMinute: Int?

    /// A caller of `tenant`.
    package init(tenant: TenantID, key: String?, scopes: Set<KeyScope>, requestsPerMinute: Int?) {
        self.tenant = tenant
        self.key = key
        self.scopes = scopes
        self.requestsPerMinute = requestsPerMinute
    }
}
