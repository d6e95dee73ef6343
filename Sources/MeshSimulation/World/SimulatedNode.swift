internal import MeshActors
internal import MeshCheck
internal import MeshCore
internal import MeshTestKit

/// One node through all its lives: a crash ends one, and the next begins by itself.
final class SimulatedNode: Sendable {
    private struct Life {
        let gate: NodeGate
        let owner: Owner
        let clock: NodeClock
        let journal: (any Journal)?
        let node: any NodeUnderTest
    }

    private struct State {
        var generator: SeededGenerator
        var incarnation: UInt64 = 0
        var life: Life?
        var downTime = Duration.zero
        var isPaused = false
        var isLeaving = false
    }

    let id: NodeID
    private let surroundings: Surroundings
    private let state: Lock<State>

    init(_ id: NodeID, in surroundings: Surroundings, generator: SeededGenerator) {
        self.id = id
        self.surroundings = surroundings
        state = Lock(State(generator: generator))
    }

    /// How often it has started.
    var incarnation: UInt64 { state.withLock { $0.incarnation } }

    /// Lives life after life, until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            await live()
            let downTime = state.withLock { $0.downTime }
            do throws(CancellationError) { try await surroundings.clock.sleep(for: downTime) } catch { return }
        }
    }

    /// Ends the present life at once; the next begins after `downTime`.
    func crash(downFor downTime: Duration) {
        let life = state.withLock { state in
            state.downTime = downTime
            return state.life.take()
        }
        surroundings.trace.note("\(id) crashes")
        life?.gate.kill()
    }

    /// Hands everything over, then ends the life; between the two `inspect` sees which life it was, and its store.
    ///
    /// Returns false when the node had not handed everything over in time.
    @discardableResult
    func drain(
        downFor downTime: Duration,
        inspect: @Sendable (Owner, any Journal) async -> Void = { _, _ in }
    ) async -> Bool {
        guard let life = state.withLock({ $0.life }) else { return true }
        surroundings.trace.note("\(id) drains")
        let isDrained = await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                await life.node.drain()
                return true
            }
            group.addTask {
                await life.gate.untilDead()
                return true
            }
            group.addTask { [clock = surroundings.clock] in
                try? await clock.sleep(for: Self.drainPatience)
                return false
            }
            defer { group.cancelAll() }
            return await group.next() ?? false
        }
        guard !life.gate.isDead else { return true }
        if isDrained, let journal = life.journal { await inspect(life.owner, journal) }
        crash(downFor: downTime)
        return isDrained
    }

    func setPaused(_ isPaused: Bool) {
        surroundings.trace.note("\(id) \(isPaused ? "pauses" : "goes on")")
        state.withLock { $0.life }?.gate.setPaused(isPaused)
    }

    func jumpWallTime(by duration: Duration) { state.withLock { $0.life }?.clock.jumpWallTime(by: duration) }

    func correctWallTime() { state.withLock { $0.life }?.clock.correctWallTime() }

    /// Asks through this node; what a dead life still answers reaches nobody.
    func call(_ key: String, _ ask: HistoryEvent.Ask, as command: CommandID, deadline: Instant) async -> CallOutcome {
        guard let life = state.withLock({ $0.life }) else { return .open("down") }
        guard await life.gate.pass() else { return .open("down") }
        let outcome = await withTaskGroup(of: CallOutcome.self) { group in
            group.addTask { await life.node.call(key, ask, as: command, deadline: deadline) }
            group.addTask {
                await life.gate.untilDead()
                return .open("crashed")
            }
            group.addTask { [clock = surroundings.clock] in
                try? await clock.sleep(until: deadline + Self.grace)
                return .open("late")
            }
            defer { group.cancelAll() }
            return await group.next() ?? .open("nothing")
        }
        return await life.gate.pass() ? outcome : .open("crashed")
    }

    private func live() async {
        let (incarnation, generator) = state.withLock { state in
            state.incarnation += 1
            return (state.incarnation, state.generator.split())
        }
        let gate = NodeGate()
        let clock = NodeClock(surroundings.clock, gate: gate)
        do {
            let journal = try await surroundings.openJournal(for: id, gate: gate)
            let ports = NodePorts(
                id: id,
                incarnation: incarnation,
                journal: journal?.journal,
                transport: SimulatedTransport(surroundings.network, as: id, gate: gate),
                clock: clock,
                generator: generator,
                office: surroundings.office,
                trace: surroundings.trace,
                outside: surroundings.outside,
                idleTime: surroundings.idleTime,
                gate: gate
            )
            let owner = Owner(node: id, incarnation: incarnation)
            surroundings.office.enter(owner)
            let node = try await surroundings.makeNode(ports)
            surroundings.trace.note("\(id) lives its life \(incarnation)")
            state.withLock {
                $0.life = Life(gate: gate, owner: owner, clock: clock, journal: journal?.journal, node: node)
            }
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await node.run() }
                if let journal { group.addTask { await journal.run() } }
                await gate.untilDead()
                group.cancelAll()
            }
        } catch {
            surroundings.trace.note("\(id) cannot start: \(error)")
            state.withLock { $0.downTime = Self.startPatience }
        }
        gate.kill()
        surroundings.office.remove(Owner(node: id, incarnation: incarnation))
    }

    /// Tells the others that this life is over, which it may not be.
    func declareDead() {
        surroundings.trace.note("\(id) is taken for dead")
        surroundings.office.remove(Owner(node: id, incarnation: incarnation))
    }

    /// How long a node is given to hand over before it is ended.
    private static let drainPatience = Duration.seconds(20)

    /// How much later than the deadline a caller stops listening to a node that does not keep it.
    private static let grace = Duration.seconds(30)

    /// How long a node that could not start waits before it tries again.
    private static let startPatience = Duration.seconds(1)
}

/// What all nodes of a world share.
struct Surroundings: Sendable {
    let clock: VirtualClock
    let trace: Trace
    let hubs: [NodeID]
    let office: MembershipOffice
    let network: SimulatedNetwork
    let outside: OutsideWorld
    let storage: Storage
    let idleTime: Duration
    let makeNode: NodeMaker

    /// The store of the node, opened for one of its lives; nil for a node that owns nothing.
    func openJournal(for node: NodeID, gate: NodeGate) async throws -> OpenJournal? {
        guard hubs.contains(node) else { return nil }
        return try await storage.open(gate)
    }
}
