internal import MeshActors
internal import MeshCheck
internal import MeshCore
internal import MeshTestKit
internal import MeshTunnel

/// What tunnels said and what hubs saw of them, under the eyes of all checkers.
///
/// A checker knows nothing of a tunnel but the states that it publishes, and what reaches the network.
final class TunnelHistory: Sendable {
    private struct Edge {
        var state = TunnelState.disconnected
        /// Links that are open, by their number in the network.
        var open: Set<Int> = []
        /// The last thing that each hub did: its newest link, its last answer, in the order of things.
        var opened: [NodeID: Int] = [:]
        var answered: [NodeID: Int] = [:]
        var dialsUnderWay = 0
        /// Dials since the tunnel was last connected or failed, and changes of addresses, which make one begin anew.
        var dials = 0
        var changes = 0
    }

    private struct State {
        var violation: Violation?
        var order = 0
        var edges: [NodeID: Edge] = [:]
        var recentDials = BoundedQueue<Instant>(capacity: Limits.TunnelWorld.herd * 4)
        var mostDials = 0
        var watchesHerd = false
        var isCalm = false
    }

    private let plan: TunnelPlan
    private let clock: VirtualClock
    private let trace: Trace
    private let broken = Beacon()
    private let state = Lock(State())

    init(plan: TunnelPlan, clock: VirtualClock, trace: Trace) {
        self.plan = plan
        self.clock = clock
        self.trace = trace
    }

    var violation: Violation? { state.withLock { $0.violation } }

    /// How many things were checked.
    var eventCount: Int { state.withLock { $0.order } }

    /// The most dials in any one second of those that were watched.
    var mostDials: Int { state.withLock { $0.mostDials } }

    /// Returns as soon as a promise is broken, or when the task is cancelled.
    func untilBroken() async { await broken.wait() }

    func note(_ words: String) { trace.note(words) }

    // MARK: What happens

    /// From now on a herd's dials are counted.
    func watchHerd() { state.withLock { $0.watchesHerd = plan.isHerd } }

    /// From now on no tunnel has a reason to change.
    func calmBegins() { state.withLock { $0.isCalm = true } }

    /// The tunnel of `edge` says that it has come to `next`.
    func published(_ next: TunnelState, by edge: NodeID) {
        happen("\(edge) is \(next)") { state in
            var row = state.edges[edge, default: Edge()]
            defer { state.edges[edge] = row }
            let former = row.state
            row.state = next
            if former.phase != next.phase {
                do throws(TunnelError) { try former.phase.checkMove(to: next.phase) } catch {
                    return Violation("legal-moves", "\(edge): \(error.message)")
                }
                row.dials = 0
                row.changes = 0
            }
            if state.isCalm, former.phase != next.phase {
                return Violation("calm", "\(edge) went from \(former) to \(next) in good weather")
            }
            return Self.checkProof(of: next, after: former, row, edge)
        }
    }

    /// A tunnel that says that it is connected has heard the hub's actors since its link opened.
    private static func checkProof(
        of next: TunnelState,
        after former: TunnelState,
        _ row: Edge,
        _ edge: NodeID
    ) -> Violation? {
        guard case .connected(let connection) = next else { return nil }
        if case .connected(let known) = former, known.link == connection.link { return nil }
        guard let opened = row.opened[connection.hub], row.answered[connection.hub] ?? 0 > opened else {
            return Violation("proof", "\(edge) is connected to \(connection.hub), whose actors have not answered")
        }
        return nil
    }

    func dialBegan(by edge: NodeID) {
        let (now, attempts) = (clock.now, plan.attempts)
        happen("\(edge) dials") { state in
            var row = state.edges[edge, default: Edge()]
            defer { state.edges[edge] = row }
            row.dialsUnderWay += 1
            row.dials += 1
            if state.watchesHerd, let violation = Self.countDial(&state, now) { return violation }
            let isTrying = row.state.phase == .connecting || row.state.phase == .reconnecting
            guard isTrying, row.dials > attempts + row.changes else { return nil }
            return Violation("attempts", "\(edge) dials \(row.dials) times, where \(attempts) are allowed")
        }
    }

    private static func countDial(_ state: inout State, _ now: Instant) -> Violation? {
        while let first = state.recentDials.first, first + .seconds(1) < now { _ = state.recentDials.popFirst() }
        _ = state.recentDials.append(now)
        state.mostDials = max(state.mostDials, state.recentDials.count)
        guard state.recentDials.count > Limits.TunnelWorld.dialsPerSecond else { return nil }
        return Violation("herd", "\(state.recentDials.count) dials in one second")
    }

    func dialEnded(by edge: NodeID) {
        happen("\(edge) dials no more") { state in
            state.edges[edge, default: Edge()].dialsUnderWay -= 1
            return nil
        }
    }

    func linkOpened(_ link: Int, from edge: NodeID, to hub: NodeID) {
        happen("\(edge) has link \(link) to \(hub)") { state in
            var row = state.edges[edge, default: Edge()]
            row.open.insert(link)
            row.opened[hub] = state.order
            state.edges[edge] = row
            // The current one, one that must prove itself, those that retire or are about to close.
            guard row.open.count > Limits.Tunnel.maximumLinks else { return nil }
            return Violation("links", "\(edge) has \(row.open.count) links at a time")
        }
    }

    func linkEnded(_ link: Int, from edge: NodeID) {
        happen("\(edge) has link \(link) no more") { state in
            state.edges[edge, default: Edge()].open.remove(link)
            return nil
        }
    }

    func answered(_ edge: NodeID, by hub: NodeID) {
        happen("\(hub) answers \(edge)") { state in
            state.edges[edge, default: Edge()].answered[hub] = state.order
            return nil
        }
    }

    func addressesChanged(of edge: NodeID) {
        happen("\(edge) has other addresses") { state in
            state.edges[edge, default: Edge()].changes += 1
            return nil
        }
    }

    // MARK: What must be so at a time

    /// A tunnel that was stopped a while ago does nothing any more.
    func checkStopped(_ edge: NodeID) {
        happen("\(edge) must be silent") { state in
            let row = state.edges[edge, default: Edge()]
            guard row.state.phase == .failed || row.state.phase == .disconnected else {
                return Violation("stop", "\(edge) was stopped, and is \(row.state)")
            }
            guard row.dialsUnderWay == 0, row.open.isEmpty else {
                return Violation("stop", "\(edge) was stopped, and dials \(row.dialsUnderWay), links \(row.open.count)")
            }
            return nil
        }
    }

    /// A tunnel in good weather is connected over one link.
    func checkSettled(_ edge: NodeID) {
        happen("\(edge) must be settled") { state in
            let row = state.edges[edge, default: Edge()]
            guard row.state.phase == .connected else { return Violation("calm", "\(edge) is \(row.state)") }
            guard row.open.count == 1, row.dialsUnderWay == 0 else {
                return Violation("one-link", "\(edge) has \(row.open.count) links, and dials \(row.dialsUnderWay)")
            }
            return nil
        }
    }

    /// The tunnel's task has ended: nothing is left of it.
    func checkGone(_ edge: NodeID) {
        happen("\(edge) must be gone") { state in
            let row = state.edges[edge, default: Edge()]
            guard row.open.isEmpty, row.dialsUnderWay == 0 else {
                return Violation(
                    "end",
                    "\(edge) has ended, and has \(row.open.count) links, dials \(row.dialsUnderWay)"
                )
            }
            return nil
        }
    }

    /// Adds a promise that the world itself saw broken.
    func fail(_ violation: Violation) { happen(violation.message) { _ in violation } }

    private func happen(_ line: String, _ check: (inout State) -> Violation?) {
        trace.note(line)
        let isNew = state.withLock { state in
            state.order += 1
            guard let violation = check(&state), state.violation == nil else { return false }
            state.violation = violation
            return true
        }
        if isNew { broken.light() }
    }
}
