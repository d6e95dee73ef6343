package import MeshCore
internal import MeshIdentity

/// How often nodes may renew: one renewal of a node at a time, and a pause behind each that it has got.
///
/// The calendar's time, because certificates go by it; where it is set back nobody waits.
package struct RenewalPace: Sendable {
    private var pause: Duration
    private var underWay: Set<NodeID> = []
    private var issued: [NodeID: WallTime] = [:]

    /// The pace where certificates live for `life`: a fortieth of it, at least a second, though never more than a
    /// quarter, so that a certificate of seconds is renewed in time.
    package init(life: Duration) { pause = Self.pause(of: life) }

    /// The pace of certificates of another life from now on.
    package mutating func use(life: Duration) { pause = Self.pause(of: life) }

    private static func pause(of life: Duration) -> Duration { min(max(life / 40, .seconds(1)), life / 4) }

    /// Begins a renewal of `node`, or returns after which time it may come again.
    package mutating func begin(_ node: NodeID, now: WallTime) -> Duration? {
        if let last = issued[node] {
            let passed = now.since(last)
            if passed >= .zero, passed < pause { return pause - passed }
        }
        return underWay.insert(node).inserted ? nil : .seconds(1)
    }

    /// The renewal of `node` that had begun is over.
    package mutating func ended(_ node: NodeID, isIssued: Bool, now: WallTime) {
        underWay.remove(node)
        guard isIssued else { return }
        if issued.count >= Limits.Hub.maximumPacedNodes {
            issued = issued.filter { now.since($0.value) >= .zero && now.since($0.value) < pause }
        }
        guard issued.count < Limits.Hub.maximumPacedNodes || issued[node] != nil else { return }
        issued[node] = now
    }
}
