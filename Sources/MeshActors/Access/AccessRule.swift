package import MeshCore

/// Which calls of other nodes a kind of actor takes, by what their certificates say of them.
///
/// Hubs of the mesh may call everything: they host each other's actors. An edge may call what the rule names, and
/// nothing where it names nothing. Calls inside a node ask nobody.
package struct AccessRule: Hashable, Sendable {
    /// Which keys an edge may name.
    package enum Keys: Hashable, Sendable {
        /// None.
        case none
        /// The key that is its own name.
        case ownNode
        /// Keys of its tenant: the tenant's name, alone or before a slash.
        case ownTenant
        /// All.
        case any
    }

    /// Which keys an edge may name.
    package let keys: Keys

    /// The commands that an edge may send, by their numbers; nil for all.
    package let commands: Set<UInt32>?

    private init(keys: Keys, commands: Set<UInt32>?) {
        self.keys = keys
        self.commands = commands
    }

    /// Hubs alone: what a kind has that says nothing else.
    package static let hubs = AccessRule(keys: .none, commands: [])

    /// Hubs, and edges that name one of `keys`, for `commands` or all.
    package static func edges(_ keys: Keys, commands: Set<UInt32>? = nil) -> AccessRule {
        AccessRule(keys: keys, commands: commands)
    }

    /// Whether `caller` may send the command `tag` to the actor `key`.
    package func allows(_ caller: NodeIdentity, key: String, tag: UInt32) -> Bool {
        switch caller.role {
        case .hub: return true
        case .edge: break
        }
        if let commands, !commands.contains(tag) { return false }
        switch keys {
        case .none: return false
        // By bytes: as text, two spellings of a letter would be one.
        case .ownNode: return key.utf8.elementsEqual(caller.node.text.utf8)
        case .ownTenant:
            let tenant = caller.tenant.text.utf8
            guard key.utf8.starts(with: tenant) else { return false }
            return key.utf8.count == tenant.count || key.utf8.dropFirst(tenant.count).first == UInt8(ascii: "/")
        case .any: return true
        }
    }
}
