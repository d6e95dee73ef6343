internal import MeshActors
internal import MeshCore

/// Which hub an edge's calls go to: the one that the tunnel is connected to.
///
/// A link to another hub that has only opened changes nothing: that hub may hang. The first hub that is met is known
/// from its link on, since until then calls have nowhere to go at all. A hub stays in the membership while the tunnel
/// is down, so that calls wait for it.
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

    /// A link to `hub` has opened.
    func hubOpened(_ hub: NodeID) { adopt(hub, replacingAnother: false) }

    /// The actors of `hub` have answered: what belongs to hubs is looked for there.
    func hubAnswered(_ hub: NodeID) { adopt(hub, replacingAnother: true) }

    private func adopt(_ name: NodeID, replacingAnother: Bool) {
        let told = state.withLock { state -> (ActorNode, Membership)? in
            guard let node = state.node, state.hub != name, replacingAnother || state.hub == nil else { return nil }
            state.hub = name
            state.epoch += 1
            // Which of its lives the hub is in, its journal knows and nobody here needs.
            let hub = Member(Owner(node: name, incarnation: 0), role: .hub)
            return (node, Membership(epoch: state.epoch, members: [own, hub]))
        }
        if let (node, membership) = told { node.adopt(membership) }
    }
}
