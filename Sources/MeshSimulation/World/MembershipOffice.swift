package import MeshActors
package import MeshCore
internal import MeshWire

/// Who belongs to the simulated mesh: told of births at once, of deaths after a while, and now and then wrongly.
///
/// Nodes come and ask; a node that is cut off or paused goes on with what it knows.
package final class MembershipOffice: Sendable {
    private struct State {
        var epoch: UInt64 = 0
        var lives: [NodeID: UInt64] = [:]
    }

    private let hubs: [NodeID]
    private let state = Lock(State())

    /// An office that knows nobody yet; of the nodes that will come, `hubs` may own actors.
    package init(hubs: [NodeID]) { self.hubs = hubs }

    /// A life has begun.
    package func enter(_ owner: Owner) {
        state.withLock { state in
            state.lives[owner.node] = owner.incarnation
            state.epoch += 1
        }
    }

    /// A life is over, or is taken to be; a later one of the same node is not concerned.
    package func remove(_ owner: Owner) {
        state.withLock { state in
            guard state.lives[owner.node] == owner.incarnation else { return }
            state.lives[owner.node] = nil
            state.epoch += 1
        }
    }

    /// Who belongs to the mesh now.
    package var membership: Membership {
        let (epoch, lives) = state.withLock { ($0.epoch, $0.lives) }
        let members = lives.map { node, incarnation in
            Member(Owner(node: node, incarnation: incarnation), role: hubs.contains(node) ? .hub : .edge)
        }
        return Membership(epoch: epoch, members: members)
    }
}
