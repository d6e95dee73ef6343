internal import MeshCommandLine
package import MeshCore

/// Something that befalls nodes at a moment.
package struct TopologyFault: Hashable, Sendable {
    /// How long after all nodes were ready.
    package let at: Duration

    /// What happens.
    package let action: FaultAction

    /// `action` at `at`.
    package init(at moment: Duration, _ action: FaultAction) {
        self.at = moment
        self.action = action
    }
}

/// What can befall nodes; what a person may ask for too.
package enum FaultAction: Hashable, Sendable {
    /// As kill -9 does it; they come back after so long, or as their description says.
    case kill(NodeSelector, comesBackAfter: Duration?)
    /// They stop where they are, as by SIGSTOP.
    case pause(NodeSelector)
    /// They go on.
    case resume(NodeSelector)
    /// They are told to stop, and started again.
    case restart(NodeSelector)
    /// Nothing goes between two of them any more.
    case partition(NodeSelector, NodeSelector)
    /// What was cut between two of them is whole again.
    case heal(NodeSelector, NodeSelector)
    /// The links of these edges are such from now on.
    case degrade(NodeSelector, TopologyLink)
}

extension FaultAction: CustomStringConvertible {
    /// `kill hub-1`, `partition edge-1 hub-1`.
    package var description: String {
        switch self {
        case .kill(let nodes, _): "kill \(nodes)"
        case .pause(let nodes): "pause \(nodes)"
        case .resume(let nodes): "resume \(nodes)"
        case .restart(let nodes): "restart \(nodes)"
        case .partition(let left, let right): "partition \(left) \(right)"
        case .heal(let left, let right): "heal \(left) \(right)"
        case .degrade(let nodes, _): "link \(nodes)"
        }
    }
}

/// A node by its name, or several by the beginning of theirs: `edge-7`, `edge-*`, `*`.
package struct NodeSelector: Hashable, Sendable, CustomStringConvertible {
    private let text: String

    /// The nodes that `text` means.
    package init(_ text: String) { self.text = text }

    /// Every node.
    package static let all = NodeSelector("*")

    package var description: String { text }

    /// Whether it means the node called `name`.
    package func matches(_ name: NodeID) -> Bool {
        text.hasSuffix("*") ? name.text.hasPrefix(text.dropLast()) : name.text == text
    }

    /// The nodes of `nodes` that it means.
    package func nodes(of nodes: [TopologyNode]) -> [TopologyNode] { nodes.filter { matches($0.name) } }

    /// What to say where it means none of `nodes`.
    package func unknown(among nodes: [TopologyNode]) -> String {
        let hint = text.nearest(among: nodes.map(\.name.text)).map { "; did you mean '\($0)'?" } ?? ""
        return "there is no node '\(text.prefix(64).description.printable)'\(hint)"
    }
}
