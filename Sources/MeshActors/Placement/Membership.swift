package import MeshCore

/// One node as the others know it.
package struct Member: Hashable, Sendable {
    /// The node and which of its lives.
    package let owner: Owner

    /// What it may do by its role.
    package let role: NodeRole

    /// Words that operators give it, for filters: `gpu`, `eu`.
    package let labels: Set<String>

    /// The member `owner`.
    package init(_ owner: Owner, role: NodeRole, labels: Set<String> = []) {
        self.owner = owner
        self.role = role
        self.labels = labels
    }
}

/// Who belongs to the mesh, in one of its epochs.
///
/// Nodes with the same membership place every actor alike.
///
/// Only actors' places depend on it: two nodes that disagree cost a redirect or a refused append, never two owners.
package struct Membership: Hashable, Sendable {
    /// Grows with each change; a node ignores what is not newer than what it has.
    package let epoch: UInt64

    /// By node, each once, at most ``Limits/Placement/maximumMembers``.
    package let members: [Member]

    /// How many were left out for that bound: edges first, for hubs hold what all share.
    package let omittedCount: Int

    /// The members in `epoch`; of a node named twice the later life counts.
    package init(epoch: UInt64, members: [Member]) {
        self.epoch = epoch
        var latest: [NodeID: Member] = [:]
        for member in members {
            let known = latest[member.owner.node]?.owner.incarnation ?? 0
            if member.owner.incarnation >= known { latest[member.owner.node] = member }
        }
        let ordered = latest.values.sorted { left, right in
            left.role == right.role ? left.owner.node < right.owner.node : left.role == .hub
        }
        let counted = ordered.prefix(Limits.Placement.maximumMembers)
        self.members = counted.sorted { $0.owner.node < $1.owner.node }
        omittedCount = ordered.count - counted.count
    }

    /// Whether that life is known to be over: this membership holds a later one of the node, or not the node.
    ///
    /// A life later than the one it holds has begun since: this membership is older than what it is asked about. Of a
    /// node that is missing it cannot tell whether it has gone or is yet to come, and takes it for gone; the store's
    /// fence keeps a takeover from one that lives safe. While members are left out, a missing node may be one of them.
    package func isDead(_ owner: Owner) -> Bool {
        let known = members.first { $0.owner.node == owner.node }
        return known.map { $0.owner.incarnation > owner.incarnation } ?? (omittedCount == 0)
    }

    /// The node where the actor `key` of a kind placed by `rule` lives; nil when no member may host it.
    ///
    /// The member that the key names, if the rule says so. Else rendezvous hashing: each node draws a number from its
    /// name and the address, the highest wins. When a node comes or goes, only the actors it gains or loses move.
    package func node(for kind: ActorKind, _ key: String, _ rule: PlacementRule) -> NodeID? {
        if rule.isNamedByKey {
            // By bytes: as text, two spellings of a letter would be one.
            let named = members.first { $0.owner.node.text.utf8.elementsEqual(key.utf8) }
            return named.flatMap { rule.allows($0) ? $0.owner.node : nil }
        }
        let addressHash = FNV.hash(key.utf8, from: FNV.hash(kind.name.utf8))
        var best: (score: UInt64, node: NodeID)?
        for member in members where rule.allows(member) {
            let score = FNV.mixed(FNV.hash(member.owner.node.text.utf8) ^ addressHash)
            if best.map({ score > $0.score }) ?? true { best = (score, member.owner.node) }
        }
        return best?.node
    }
}

/// Which members may host a kind.
package struct PlacementRule: Hashable, Sendable {
    private let roles: Set<NodeRole>?
    private let labels: Set<String>

    /// Whether each actor lives on the member whose name is its key, and nowhere else.
    package let isNamedByKey: Bool

    /// Members of one of `roles` (nil for any) that carry all of `labels`.
    package init(roles: Set<NodeRole>? = nil, labels: Set<String> = []) {
        self.init(roles, labels, isNamedByKey: false)
    }

    private init(_ roles: Set<NodeRole>?, _ labels: Set<String>, isNamedByKey: Bool) {
        self.roles = roles
        self.labels = labels
        self.isNamedByKey = isNamedByKey
    }

    /// The member whose name is the actor's key, whatever its role: how one node in particular is spoken to.
    package static let namedByKey = PlacementRule(nil, [], isNamedByKey: true)

    /// The same, if its role is one of `roles`.
    package static func namedByKey(roles: Set<NodeRole>) -> PlacementRule {
        PlacementRule(roles, [], isNamedByKey: true)
    }

    /// Any member.
    package static let anywhere = PlacementRule()

    /// Hubs alone.
    package static let hubs = PlacementRule(roles: [.hub])

    /// Edges alone: an edge knows of no other, so that it is itself.
    package static let edges = PlacementRule(roles: [.edge])

    /// Whether `member` may host the kind.
    package func allows(_ member: Member) -> Bool {
        (roles?.contains(member.role) ?? true) && labels.isSubset(of: member.labels)
    }
}

/// The same on every machine and in every version, which Swift's own hash is not.
private enum FNV {
    static func hash(_ bytes: String.UTF8View, from start: UInt64 = 0xCBF2_9CE4_8422_2325) -> UInt64 {
        // The end is marked, so that "a"+"bc" and "ab"+"c" differ.
        (bytes.reduce(start) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 } ^ 0xFF) &* 0x0000_0100_0000_01B3
    }

    /// SplitMix64's last steps: every bit of the input moves half of the output's.
    static func mixed(_ value: UInt64) -> UInt64 {
        var mixed = value
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
