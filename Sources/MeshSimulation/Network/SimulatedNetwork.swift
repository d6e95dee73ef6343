internal import MeshActors
package import MeshCore

/// A model of the links between nodes, whose delays and losses a seed decides.
///
/// A direction of a link can be cut without the other. A message is judged when it is sent and again when it arrives,
/// so that a partition also swallows what was on its way.
package final class SimulatedNetwork: Sendable {
    private struct Link: Hashable {
        let from: NodeID
        let to: NodeID
    }

    private struct State {
        var generator: SeededGenerator
        var conditions = LinkConditions()
        var cut: Set<Link> = []
        /// How many lives of each node serve: the next may begin before the last has ended.
        var serving: [NodeID: Int] = [:]
        var counts = NetworkCounts()
    }

    private let state: Lock<State>

    /// The time in which messages travel.
    let clock: any Clock

    /// What joins the ends of all links.
    let inside = InProcessNetwork()

    /// A network without faults whose delays are drawn from `generator`.
    package init(clock: any Clock, generator: SeededGenerator) {
        self.clock = clock
        state = Lock(State(generator: generator))
    }

    /// What has happened so far.
    package var counts: NetworkCounts { state.withLock { $0.counts } }

    /// Changes how all links behave from now on.
    package func setConditions(_ conditions: LinkConditions) { state.withLock { $0.conditions = conditions } }

    /// Cuts the way from one node to another; the way back is another one.
    package func cut(from: NodeID, to: NodeID) {
        state.withLock { _ = $0.cut.insert(Link(from: from, to: to)) }
    }

    /// Cuts both ways between the two groups.
    package func partition(_ left: some Sequence<NodeID>, from right: some Sequence<NodeID>) {
        let right = Array(right)
        for one in left {
            for other in right {
                cut(from: one, to: other)
                cut(from: other, to: one)
            }
        }
    }

    /// Mends all cuts.
    package func heal() { state.withLock { $0.cut.removeAll() } }

    /// What becomes of a message that sets out now.
    enum Passage: Hashable {
        case arrives(after: Duration)
        case lost(after: Duration)
    }

    func send(from: NodeID, to: NodeID) -> Passage {
        state.withLock { state in
            let conditions = state.conditions
            let shortest = Int(conditions.shortestDelay.wholeNanoseconds)
            let longest = max(shortest, Int(conditions.longestDelay.wholeNanoseconds))
            var delay = Duration.nanoseconds(state.generator.integer(in: shortest...longest))
            if conditions.cloggedPerThousand > 0, state.generator.chance(conditions.cloggedPerThousand, in: 1_000) {
                delay += conditions.clogDelay
                state.counts.clogged += 1
            }
            let isLost = conditions.lostPerThousand > 0 && state.generator.chance(conditions.lostPerThousand, in: 1_000)
            return isLost ? .lost(after: delay) : .arrives(after: delay)
        }
    }

    /// Whether a message on this way gets through at this moment.
    func isOpen(from: NodeID, to: NodeID) -> Bool {
        state.withLock { !$0.cut.contains(Link(from: from, to: to)) }
    }

    /// Whether anybody serves at `node`; one who sends knows it.
    func isServing(_ node: NodeID) -> Bool { state.withLock { $0.serving[node] ?? 0 > 0 } }

    func beginServing(_ node: NodeID) { state.withLock { $0.serving[node, default: 0] += 1 } }

    func endServing(_ node: NodeID) { state.withLock { $0.serving[node, default: 0] -= 1 } }

    func count(_ change: @Sendable (inout NetworkCounts) -> Void) { state.withLock { change(&$0.counts) } }

    /// How long a caller takes to notice that a message was lost and its connection with it.
    func drawDetectionDelay() -> Duration {
        .milliseconds(state.withLock { $0.generator.integer(in: 200...3_000) })
    }
}
