internal import MeshActors
internal import MeshCore
internal import MeshEscalation
internal import MeshRelay
internal import MeshTestKit
internal import MeshTunnel
internal import MeshWire

/// The streams between all edges and the hub that lives.
final class AnswerNetwork: Sendable {
    private struct State {
        var hub: SimulatedAnswerHub?
        var lines: [AnswerLine] = []
        var lineCount = 0
        var downUntil: [Int: Instant] = [:]
        var fullUntil = Instant.origin
        var generator: SeededGenerator
    }

    let plan: EscalationPlan
    let history: EscalationHistory
    private let hubName: NodeID
    private let edges: [NodeIdentity]
    private let state: Lock<State>

    init(plan: EscalationPlan, history: EscalationHistory, generator: SeededGenerator) throws {
        self.plan = plan
        self.history = history
        hubName = try NodeID("hub-1")
        let tenant = try TenantID("main")
        edges = try (0..<plan.edgeCount).map {
            NodeIdentity(tenant: tenant, role: .edge, node: try NodeID("edge-\($0)"))
        }
        state = Lock(State(generator: generator))
    }

    var clock: VirtualClock { history.clock }
    var hub: SimulatedAnswerHub? { state.withLock { $0.hub } }
    func set(_ hub: SimulatedAnswerHub?) { state.withLock { $0.hub = hub } }
    func tenant() -> TenantID { edges[0].tenant }

    func isConnected(_ edge: Int) -> Bool {
        state.withLock { $0.hub != nil && $0.downUntil[edge, default: .origin] <= clock.now }
    }

    /// By which the hub's desk and its account know what `ask` asks.
    func call(of ask: PlannedAsk) -> UniqueID { RunName(edge: edges[ask.edge].node, run: ask.run).call }

    // MARK: Faults

    func setDown(_ edge: Int, until end: Instant) {
        state.withLock { $0.downUntil[edge] = end }
        for line in lines(of: edge) { line.cut() }
    }

    func setFull(until end: Instant) { state.withLock { $0.fullUntil = end } }

    func heal() { state.withLock { ($0.downUntil, $0.fullUntil) = ([:], .origin) } }

    func lines(of edge: Int? = nil) -> [AnswerLine] {
        state.withLock { $0.lines.filter { edge == nil || $0.edge == edge } }
    }

    func cutOne(_ generator: inout SeededGenerator) { generator.pick(from: lines().suffix(8))?.cut() }

    // MARK: Streams

    /// A stream of an edge that asks, once the hub's machine has it.
    func open(_ payload: [UInt8], by edge: Int, isAlive: @Sendable () -> Bool) async throws(TransportError)
        -> any ByteChannel
    {
        let unreachable = TransportError(.unreachable, "there is no way to the hub")
        let (pause, own) = state.withLock { state in
            let longest = Int(plan.longestDelay / .microseconds(1))
            return (Duration.microseconds(state.generator.integer(in: 0...longest)), state.generator.split())
        }
        do { try await clock.sleep(for: pause) } catch { throw TransportError(.lost, "the caller was cancelled") }
        guard isAlive(), isConnected(edge), let hub, let opening = try? RelayOpening(wireBytes: payload) else {
            throw unreachable
        }
        let number = state.withLock { state in
            state.lineCount += 1
            return state.lineCount
        }
        let line = AnswerLine(
            number,
            run: opening.run,
            edge: edge,
            plan: plan,
            history: history,
            clock: clock,
            generator: own
        )
        state.withLock { state in
            if state.lines.count >= Limits.EscalationWorld.maximumArrivals {
                state.lines.removeFirst(state.lines.count / 2)
            }
            state.lines.append(line)
        }
        let words = opening.ask == nil ? "goes on at \(opening.offset)" : "asks"
        history.note("line \(number) of edge \(edge) \(words) for run \(opening.run.low)")
        let ends = (AnswerLineEnd(line, .edge, peer: hubName), AnswerLineEnd(line, .hub, peer: edges[edge].node))
        if state.withLock({ $0.fullUntil }) > clock.now {
            line.refuse(ErrorFrame(code: .overloaded, message: "no room", retryAfterMilliseconds: 250))
            return ends.0
        }
        history.opened(opening.run, line: number)
        let arrival = SimulatedAnswerHub.Arrival(line: line, end: ends.1, payload: payload, edge: edges[edge])
        guard hub.take(arrival) else { throw unreachable }
        return ends.0
    }
}
