internal import Glibc
internal import MeshCore
internal import MeshTopology

/// One node of a cluster that runs: its life, its process, and what it has said.
///
/// Confined to the cluster's loop.
final class ClusterNode {
    let description: TopologyNode
    var life: NodeLifeStateMachine
    /// The process; nil where there is none.
    var process: pid_t?
    var pipe: NodePipe?
    /// Whether the process has said that it serves.
    var serves = false
    /// Whether its tunnel is connected, as the process says; of no meaning for a hub.
    var isConnected = false
    /// Beats that this process has sent, and those of them that were acknowledged.
    var beats = BeatCounts()
    /// Beats of its earlier processes.
    var formerBeats = BeatCounts()
    /// When it was last told of an acknowledged beat.
    var lastAcknowledged: Instant?
    /// The last line that mattered.
    var lastWarning: NodeLine?
    /// The last line of all.
    var lastLine: NodeLine?

    struct BeatCounts: Hashable, Sendable {
        var sent = 0
        var acknowledged = 0
    }

    init(_ description: TopologyNode) {
        self.description = description
        life = NodeLifeStateMachine(restartAfter: description.restartAfter)
    }

    var name: NodeID { description.name }

    /// Whether it does what it is there for.
    var isReady: Bool { serves && (description.role == .hub || isConnected) }
}

/// How a node stands, for people and programs.
struct NodeStatus: Hashable, Sendable {
    let name: NodeID
    let role: NodeRole
    let phase: NodeLifeStateMachine.Phase
    let process: Int32?
    let uptime: Duration?
    let anonymousKibibytes: Int?
    let restarts: Int
    let beatsSent: Int
    let beatsAcknowledged: Int
    let isCut: Bool
    let labels: NodeLabels
    let lastWarning: String?
}
