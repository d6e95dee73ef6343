package import MeshCore
package import MeshJSON

/// A cluster as a file describes it: a hub, its edges, the links between them, and what befalls them.
package struct Topology: Sendable {
    /// What it is for, in a sentence; empty where the file does not say.
    package let about: String

    /// The hub first, then the edges as they stand in the file.
    package let nodes: [TopologyNode]

    /// What befalls them, in the order of time.
    package let faults: [TopologyFault]

    /// What `--check` does.
    package let check: CheckPlan

    /// The file.
    package let source: JSONSource

    /// The one hub.
    package var hub: TopologyNode? { nodes.first { $0.role == .hub } }

    /// Those who come to it.
    package var edges: [TopologyNode] { nodes.filter { $0.role == .edge } }

    /// The node of that name.
    package subscript(name: NodeID) -> TopologyNode? { nodes.first { $0.name == name } }
}

/// One node of a cluster.
package struct TopologyNode: Sendable {
    /// What it is called.
    package let name: NodeID

    /// What it does.
    package let role: NodeRole

    /// Where it listens.
    package let addresses: NodeAddresses

    /// Words about it, by name.
    package let labels: NodeLabels

    /// Its settings as the file has them; nil for all defaults.
    package let settings: SettingsSection?

    /// How its link to the hub is; of no meaning for a hub.
    package let link: TopologyLink

    /// How long after its end a node that was killed or has crashed is started again; nil for never.
    package let restartAfter: Duration?
}

/// Where a hub listens; ports may be 0, for any that is free.
package struct NodeAddresses: Hashable, Sendable {
    /// Where edges come to.
    package var listen: String

    /// Where devices without a certificate come to.
    package var enrolListen: String

    /// Where operators ask by HTTP.
    package var httpListen: String

    /// Any free port of the loopback for each, unless said.
    package init(
        listen: String = "127.0.0.1:0",
        enrolListen: String = "127.0.0.1:0",
        httpListen: String = "127.0.0.1:0"
    ) {
        self.listen = listen
        self.enrolListen = enrolListen
        self.httpListen = httpListen
    }
}

/// Settings that stand in a description.
package struct SettingsSection: Sendable {
    /// What they say.
    package let object: JSONObject

    /// Where they stand.
    package let steps: [JSONStep]
}

/// What a link does to what goes over it, in both directions alike.
package struct TopologyLink: Hashable, Sendable {
    /// Whether it is a bare link, which cannot be cut and has no conditions.
    package var isDirect = false

    /// How long a datagram takes, one way.
    package var latency = Duration.zero

    /// How far from ``latency`` that may lie.
    package var jitter = Duration.zero

    /// Datagrams that vanish, out of a thousand.
    package var lostPerThousand = 0

    /// Datagrams that arrive twice, out of a thousand.
    package var duplicatedPerThousand = 0

    /// Datagrams with a flipped bit, out of a thousand.
    package var corruptedPerThousand = 0

    /// Datagrams that later ones overtake, out of a thousand.
    package var reorderedPerThousand = 0

    /// How much gets through in a second; nil for as much as comes.
    package var bytesPerSecond: Int?

    /// A perfect link through a proxy.
    package init() {}
}

/// What `meshnode cluster up --check` does beside the faults.
package struct CheckPlan: Hashable, Sendable {
    /// Accounts that are worked on.
    package var accounts = 8

    /// Edges that ask, inside of the cluster's own process.
    package var clients = 4

    /// How long they work.
    package var lasts = Duration.seconds(20)

    /// Whether the description says anything about it.
    package var isGiven = false

    /// How the names of its clients begin; no node of a description may be called so.
    package static let clientPrefix = "check-"

    /// As it is unless a file says otherwise.
    package init() {}
}
