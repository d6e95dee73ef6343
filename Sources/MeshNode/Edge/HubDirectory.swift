internal import MeshActors
internal import MeshCore
internal import MeshQUIC

/// Which hub an edge's calls go to: the one that its newest link leads to.
///
/// A hub stays in the membership while the tunnel is down, so that calls wait for it instead of having nowhere to go.
final class HubDirectory: Sendable {
    private struct State {
        var epoch = UInt64(1)
        var node: ActorNode?
        var hub: NodeID?
    }

    let owner: Owner
    private let own: Member
    private let state = Lock(State())

    init(own identity: NodeIdentity, incarnation: UInt64) {
        owner = Owner(node: identity.node, incarnation: incarnation)
        own = Member(owner, role: identity.role)
    }

    /// Before any link: this node alone.
    var membership: Membership { Membership(epoch: 1, members: [own]) }

    /// Has `node` told from now on.
    func use(_ node: ActorNode) { state.withLock { $0.node = node } }

    /// A link has opened: what belongs to hubs is looked for there.
    func hubOpened(_ peer: LinkPeer) {
        let told = state.withLock { state -> (ActorNode, Membership)? in
            guard let node = state.node, state.hub != peer.node else { return nil }
            state.hub = peer.node
            state.epoch += 1
            // Which of its lives the hub is in, its journal knows and nobody here needs.
            let hub = Member(Owner(node: peer.node, incarnation: 0), role: .hub)
            return (node, Membership(epoch: state.epoch, members: [own, hub]))
        }
        if let (node, membership) = told { node.adopt(membership) }
    }
}
