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
        /// How many lives of each node have begun to serve.
        var lives: [NodeID: Int] = [:]
        var counts = NetworkCounts()
    }

    private let state: Lock<State>
    private let late = Intake<LateRequest>(capacity: Limits.Call.maximumRequestsWaiting)

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

    func beginServing(_ node: NodeID) {
        state.withLock { state in
            state.serving[node, default: 0] += 1
            state.lives[node, default: 0] += 1
        }
    }

    /// Which of its lives `node` lives: what was sent to an earlier one does not reach it.
    func life(of node: NodeID) -> Int { state.withLock { $0.lives[node] ?? 0 } }

    func endServing(_ node: NodeID) { state.withLock { $0.serving[node, default: 0] -= 1 } }

    func count(_ change: @Sendable (inout NetworkCounts) -> Void) { state.withLock { change(&$0.counts) } }

    /// Brings requests to their end that nobody waits for any more, until the task is cancelled.
    ///
    /// Where it does not run they are lost.
    package func run() async {
        await withDiscardingTaskGroup { group in
            while let request = await late.next() { group.addTask { await self.deliver(request) } }
            group.cancelAll()
        }
    }

    /// Takes a request over whose caller waits for it no longer; it is lost where there is no room.
    func takeOver(_ request: LateRequest) { _ = late.offer(request) }

    private func deliver(_ request: LateRequest) async {
        do throws(CancellationError) { try await clock.sleep(until: request.arrival) } catch { return }
        guard isOpen(from: request.from, to: request.to), life(of: request.to) == request.life else { return }
        count { $0.lateRequestsDelivered += 1 }
        let transport = inside.transport(of: request.from, clock: clock)
        let patience = clock.now + SimulatedTransport.longestHandling
        _ = try? await transport.request(request.payload, to: request.to, deadline: patience)
    }

    /// How much later than other messages a request arrives of which its caller is told that it is lost; nil: never.
    func drawLateness() -> Duration? {
        state.withLock { state in
            guard state.generator.chance(1, in: 2) else { return nil }
            return .milliseconds(state.generator.integer(in: 1...5_000))
        }
    }

    /// How long a caller takes to notice that a message was lost and its connection with it.
    func drawDetectionDelay() -> Duration {
        .milliseconds(state.withLock { $0.generator.integer(in: 200...3_000) })
    }
}

/// A request on its way whose caller waits for it no longer.
struct LateRequest: Sendable {
    let payload: [UInt8]
    let from: NodeID
    let to: NodeID
    /// The life of `to` to which it was sent.
    let life: Int
    let arrival: Instant
}
