internal import MeshAccounts
internal import MeshActors
internal import MeshCore
internal import MeshLedger
internal import MeshTestKit

/// What an asking came to, as whoever asked knows it.
enum LedgerAnswer<Reply: Sendable>: Sendable {
    case done(Reply)
    case refused(LedgerRefusal)
    /// It was not done, or nobody knows.
    case open
}

/// The accounts of a hub through all its lives: a crash ends one, and the next begins on the same journal.
final class SimulatedOffice: Sendable {
    private struct Life {
        let gate: NodeGate
        let node: ActorNode
        let office: LedgerOffice
    }

    private struct State {
        var generator: SeededGenerator
        var incarnation: UInt64 = 0
        var life: Life?
        var downTime = Duration.zero
        /// Appends after which the hub dies, before it learns of the last of them; nil for none.
        var commitsToLive: Int?
    }

    let clock: VirtualClock
    private let plan: LedgerPlan
    private let id: NodeID
    private let trace: Trace
    private let store: JournalService
    private let biller: SimulatedBiller
    private let state: Lock<State>

    init(
        plan: LedgerPlan,
        clock: VirtualClock,
        trace: Trace,
        store: JournalService,
        biller: SimulatedBiller,
        generator: SeededGenerator
    ) throws {
        self.plan = plan
        self.clock = clock
        self.trace = trace
        self.store = store
        self.biller = biller
        id = try NodeID("hub-1")
        state = Lock(State(generator: generator))
    }

    /// Lives life after life, until the task is cancelled.
    func run() async throws {
        let policy = try plan.policy()
        while !Task.isCancelled {
            await live(policy)
            let downTime = state.withLock { $0.downTime }
            guard (try? await clock.sleep(for: downTime)) != nil else { return }
        }
    }

    private func live(_ policy: LedgerPolicy) async {
        let (incarnation, generator) = state.withLock { state in
            state.incarnation += 1
            state.downTime = .milliseconds(10)
            return (state.incarnation, state.generator.split())
        }
        let gate = NodeGate()
        let clock = NodeClock(clock, gate: gate)
        let office = LedgerOffice(policy: policy, clock: clock)
        let owner = Owner(node: id, incarnation: incarnation)
        var configuration = ActorNodeConfiguration()
        configuration.idleTime = plan.idleTime
        configuration.sweepInterval = min(plan.idleTime, .seconds(1))
        let node = ActorNode(
            owner: owner,
            kinds: office.kinds(telling: LifeSink(biller: biller, gate: gate)),
            membership: Membership(epoch: incarnation, members: [Member(owner, role: .hub)]),
            journal: NodeJournal(store, gate: gate),
            transport: nil,
            clock: clock,
            generator: generator,
            logger: Logger(sink: TraceLogSink(trace: trace), clock: clock, minimumLevel: .info),
            configuration: configuration
        )
        office.open(on: node)
        trace.note("the hub begins life \(incarnation)")
        state.withLock { $0.life = Life(gate: gate, node: node, office: office) }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await node.run() }
            await gate.untilDead()
            group.cancelAll()
        }
        gate.kill()
    }

    // MARK: Faults

    func crash(downFor downTime: Duration) {
        let life = state.withLock { state in
            state.downTime = downTime
            state.commitsToLive = nil
            return state.life.take()
        }
        trace.note("the hub crashes")
        life?.gate.kill()
    }

    /// The hub dies when that many further appends are durable.
    func crash(behind commits: Int) { state.withLock { $0.commitsToLive = commits } }

    /// An append is durable, and nobody knows of it yet.
    func committed() {
        let isDead = state.withLock { state in
            guard let left = state.commitsToLive else { return false }
            state.commitsToLive = left > 1 ? left - 1 : nil
            return left <= 1
        }
        if isDead { crash(downFor: .milliseconds(300)) }
    }

    func setPaused(_ isPaused: Bool) { state.withLock { $0.life }?.gate.setPaused(isPaused) }

    /// Hands the accounts over, and begins anew.
    func drain(downFor downTime: Duration) async {
        guard let life = state.withLock({ $0.life }) else { return }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await life.node.drain() }
            group.addTask { await life.gate.untilDead() }
            group.addTask { [clock] in try? await clock.sleep(for: .seconds(20)) }
            await group.next()
            group.cancelAll()
        }
        if !life.gate.isDead { crash(downFor: downTime) }
    }

    // MARK: Asking

    /// What the present life says of the policy: nil while there is none.
    var terms: LedgerTerms? { state.withLock { $0.life }?.office.terms }

    /// Has the account decide, through the present life; what a dead one still answers reaches nobody.
    func ask<C: Command>(
        _ command: C,
        of account: String,
        patience: Duration = .seconds(8)
    ) async -> LedgerAnswer<C.Reply> where C.Target == Ledger {
        guard let life = state.withLock({ $0.life }), await life.gate.pass() else { return .open }
        let deadline = clock.now + patience
        let answer = await withTaskGroup(of: LedgerAnswer<C.Reply>.self) { group in
            group.addTask {
                do throws(CallFailure<C.Refusal>) {
                    return .done(try await life.office.ask(command, of: account))
                } catch {
                    if case .refused(let refusal) = error, let refusal = refusal as? LedgerRefusal {
                        return .refused(refusal)
                    }
                    return .open
                }
            }
            group.addTask {
                await life.gate.untilDead()
                return .open
            }
            group.addTask { [clock] in
                try? await clock.sleep(until: deadline)
                return .open
            }
            defer { group.cancelAll() }
            return await group.next() ?? .open
        }
        return await life.gate.pass() ? answer : .open
    }
}
