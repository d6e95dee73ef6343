internal import MeshCore

/// The open links of a transport: to each node the one that is used, and those beside it.
///
/// Beside it are links whose peer has said go-away, and those that a newer one in the other direction has replaced:
/// what is under way on them may end.
struct LinkTable {
    private var used: [NodeID: PeerLink] = [:]
    private var others: [NodeID: [PeerLink]] = [:]

    /// The link on which requests to `node` begin.
    subscript(node: NodeID) -> PeerLink? { used[node] }

    /// The nodes to which requests may be made.
    var nodes: [NodeID] { used.keys.sorted() }

    /// The number of nodes to which requests may be made.
    var count: Int { used.count }

    /// All links, in the order of their nodes.
    var all: [PeerLink] { Set(used.keys).union(others.keys).sorted().flatMap(links) }

    /// All links, without the cost of an order.
    var inNoOrder: [PeerLink] { Array(used.values) + others.values.joined() }

    /// All links to `node`, the one that is used first.
    func links(to node: NodeID) -> [PeerLink] { (used[node].map { [$0] } ?? []) + others(to: node) }

    /// The links to `node` beside the one that is used, the oldest first.
    func others(to node: NodeID) -> [PeerLink] { others[node] ?? [] }

    /// `link` is used from now on; what was stands beside it.
    mutating func add(_ link: PeerLink) {
        if let older = used.updateValue(link, forKey: link.peerNode), older !== link {
            others[link.peerNode, default: []].append(older)
        }
    }

    /// Nothing begins on `link` any more; the newest that nobody has said farewell on takes its place.
    mutating func setAside(_ link: PeerLink) {
        guard used[link.peerNode] === link else { return }
        used[link.peerNode] = nil
        others[link.peerNode, default: []].append(link)
        promote(link.peerNode)
    }

    mutating func remove(_ link: PeerLink) {
        let rest = others(to: link.peerNode).filter { $0 !== link }
        others[link.peerNode] = rest.isEmpty ? nil : rest
        guard used[link.peerNode] === link else { return }
        used[link.peerNode] = nil
        promote(link.peerNode)
    }

    private mutating func promote(_ node: NodeID) {
        guard let next = others(to: node).last(where: { $0.farewells.isEmpty }) else { return }
        let rest = others(to: node).filter { $0 !== next }
        others[node] = rest.isEmpty ? nil : rest
        used[node] = next
    }
}
