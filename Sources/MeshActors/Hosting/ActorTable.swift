internal import MeshCore

/// Who of one kind lives on a node, who comes and goes, and where the others are.
///
/// It knows no types: a call that finds its way here needs no generic metadata, which would cost more than the way.
final class ActorTable: Sendable {
    /// One stay.
    ///
    /// Its parts are guarded by the table's lock, but for what is `let`.
    final class Cell: @unchecked Sendable {
        // Sendable although it has variables: they are touched only inside `state.withLock`.
        let address: ActorAddress
        let started = OneShot<Result<any Actor, ActorError>>()
        let leave = OneShot<Done>()
        let gone = OneShot<Done>()
        let meter: ActivityMeter
        fileprivate var machine: ActivationStateMachine
        fileprivate var resident: (any Actor)?
        fileprivate var membershipEpoch: UInt64

        fileprivate init(_ address: ActorAddress, now: Instant, membershipEpoch: UInt64, _ memory: MemoryUse) {
            self.address = address
            meter = ActivityMeter(memory)
            self.membershipEpoch = membershipEpoch
            machine = ActivationStateMachine(now: now)
        }
    }

    /// Where a call goes.
    ///
    /// The first two count until ``exit(_:)``, the third until ``waitEnded(_:)``.
    enum Entry {
        case here(Cell, any Actor)
        case starting(Cell)
        case leaving(Cell)
        case elsewhere(NodeID)
        case nobody
        case overloaded
        case stopping
    }

    private struct State {
        var cells: [String: Cell] = [:]
        /// Owners of keys that live elsewhere, as the membership places them.
        var routes: [String: NodeID] = [:]
        var membership: Membership
        var isStopping = false
        /// The end of the present interval between two sweeps: for which instant a use counts.
        ///
        /// So no call reads the clock. A resident stays longer than the idle time by at most an interval.
        var useCountsAs: Instant
        /// What is counted, under the lock that every call takes anyway.
        var statistics: KindStatistics
    }

    private let kind: ActorKind
    private let core: NodeCore
    private let rule: PlacementRule
    private let settings: ActorNodeConfiguration
    private let state: Lock<State>

    init(_ kind: ActorKind, _ core: NodeCore, _ rule: PlacementRule, _ settings: ActorNodeConfiguration) {
        self.kind = kind
        self.core = core
        self.rule = rule
        self.settings = settings
        let firstSweep = core.environment.clock.now + settings.sweepInterval
        let statistics = KindStatistics(kind)
        state = Lock(State(membership: core.membership, useCountsAs: firstSweep, statistics: statistics))
    }

    // MARK: Calls

    /// What a call can know at once.
    enum FirstLook {
        /// The resident can be called; the call counts until ``exit(_:)``.
        case here(Cell, any Actor)
        /// The actor is placed on that node.
        case elsewhere(NodeID)
        /// ``enter(_:for:)`` will say.
        case unknown
    }

    /// Where a call to `address` goes, as far as that is known already.
    func look(_ address: ActorAddress) -> FirstLook {
        state.withLock { state in
            guard let cell = state.cells[address.key] else {
                return state.routes[address.key].map { .elsewhere($0) } ?? .unknown
            }
            guard cell.membershipEpoch == state.membership.epoch, let resident = cell.resident, cell.machine.isLive,
                cell.machine.inFlight < settings.mailbox
            else { return .unknown }
            guard cell.machine.callArrived(now: state.useCountsAs, mailbox: settings.mailbox) == .enter else {
                preconditionFailure("a live resident with room takes a call")
            }
            state.statistics.callsUnderWay += 1
            return .here(cell, resident)
        }
    }

    /// Finds the way for a call to `address`; begins an activation by `host` if nobody lives there and it belongs here.
    ///
    /// What is no use does not keep the actor here for longer.
    func enter(_ address: ActorAddress, for host: any AnyActorHost, isUse: Bool = true) -> Entry {
        state.withLock { state in
            let known = state.cells[address.key]
            if let known, known.membershipEpoch == state.membership.epoch || !known.machine.isLive {
                return entry(known, &state, isUse)
            }
            if let node = state.routes[address.key] { return .elsewhere(node) }
            guard let node = state.membership.node(for: kind, address.key, rule) else { return .nobody }
            guard node == core.owner.node else {
                if state.routes.count >= Limits.Placement.maximumRoutes { state.routes = [:] }
                state.routes[address.key] = node
                return .elsewhere(node)
            }
            if let known {
                known.membershipEpoch = state.membership.epoch
                return entry(known, &state, isUse)
            }
            return begin(address, &state, host, isUse)
        }
    }

    private func entry(_ cell: Cell, _ state: inout State, _ isUse: Bool) -> Entry {
        switch cell.machine.callArrived(now: isUse ? state.useCountsAs : nil, mailbox: settings.mailbox) {
        case .enter:
            state.statistics.callsUnderWay += 1
            guard let resident = cell.resident else { preconditionFailure("a live stay without a resident") }
            return .here(cell, resident)
        case .waitForStart:
            state.statistics.callsUnderWay += 1
            return .starting(cell)
        case .waitForEnd: return .leaving(cell)
        case .refuse: return .overloaded
        }
    }

    private func begin(_ address: ActorAddress, _ state: inout State, _ host: any AnyActorHost, _ isUse: Bool) -> Entry
    {
        guard !state.isStopping else { return .stopping }
        guard state.cells.count < settings.maximumResidents, core.memory.hasRoom() else { return .overloaded }
        let cell = Cell(address, now: state.useCountsAs, membershipEpoch: state.membership.epoch, core.memory)
        // Whoever has the actor come finds in the log what became of it; its life after that belongs to nobody.
        let trace = TraceContext.current
        let activation = NodeCore.Activation(
            run: { await host.inhabit(cell, arrivingFor: trace) },
            abandon: { self.end(cell, ActorError(.stopping, "the node has stopped")) }
        )
        guard core.starts.offer(activation) else {
            cell.meter.close()
            return .overloaded
        }
        #if PLANTED_BUGS
        if PlantedBug.twinActivation.isOn { return entry(cell, &state, isUse) }
        #endif
        state.cells[address.key] = cell
        return entry(cell, &state, isUse)
    }

    /// Whether the actor lives here, comes or goes.
    func hasStay(of address: ActorAddress) -> Bool { state.withLock { $0.cells[address.key] != nil } }

    /// A call that waited for the end of the stay waits no longer.
    func waitEnded(_ cell: Cell) { state.withLock { _ in cell.machine.waitEnded() } }

    /// A call that counted is over: with `outcome`, or, where that is nil, as if it had not been made here.
    func exit(_ cell: Cell, isUse: Bool = true, _ outcome: CallCounts.Outcome?) {
        state.withLock { state in
            cell.machine.callEnded(now: isUse ? state.useCountsAs : nil)
            state.statistics.callsUnderWay -= 1
            if let outcome { state.statistics.calls.note(outcome) }
        }
    }

    // MARK: Stays

    /// The resident of `cell` is ready.
    func settle(_ resident: any Actor, in cell: Cell) {
        let action = state.withLock { state in
            #if PLANTED_BUGS
            if PlantedBug.twinActivation.isOn { state.cells[cell.address.key] = cell }
            #endif
            cell.resident = resident
            return cell.machine.started()
        }
        if action == .leave { cell.leave.open(Done()) }
        cell.started.open(.success(resident))
    }

    /// The resident turned a call away because it has left: nobody is sent to it any more.
    func lost(_ cell: Cell) {
        state.withLock { _ in cell.machine.residentLost() }
    }

    /// Nothing is left of the stay; calls that waited for its start get `error`.
    func end(_ cell: Cell, _ error: ActorError) {
        state.withLock { state in
            cell.machine.ended()
            cell.resident = nil
            state.cells[cell.address.key] = nil
        }
        cell.meter.close()
        cell.started.open(.failure(error))
        cell.gone.open(Done())
    }

    private func requestLeave(_ cell: Cell, onlyIfUnused: Bool) {
        let action = state.withLock { _ in cell.machine.leaveRequested(onlyIfUnused: onlyIfUnused) }
        if action == .leave { cell.leave.open(Done()) }
    }

    // MARK: What the node does with all kinds alike

    /// Whether the actor `key` belongs on this node.
    func owns(_ key: String) -> Bool {
        state.withLock { $0.membership.node(for: kind, key, rule) == core.owner.node }
    }

    /// Places actors by `membership` from now on; those that belong elsewhere leave.
    func adopt(_ membership: Membership) {
        let leavers = state.withLock { state -> [Cell] in
            guard membership.epoch > state.membership.epoch else { return [] }
            state.membership = membership
            state.routes = [:]
            return state.cells.values.filter { cell in
                membership.node(for: kind, cell.address.key, rule) != core.owner.node
            }
        }
        for cell in leavers.sorted(by: { $0.address < $1.address }) { requestLeave(cell, onlyIfUnused: false) }
    }

    /// How many actors live here.
    var residentCount: Int { state.withLock { $0.cells.values.count { $0.machine.isLive } } }

    /// Those who live here, for a sweep at `now`; the next is due an interval later.
    func candidates(now: Instant) -> [PassivationCandidate] {
        state.withLock { state in
            state.useCountsAs = now + settings.sweepInterval
            return state.cells.values.filter { $0.machine.isLive }.map { cell in
                let (bytes, isBusy) = cell.meter.current
                let isUnused = cell.machine.inFlight == 0 && !isBusy
                let lastUsed = cell.machine.lastUsed
                return PassivationCandidate(cell.address, lastUsed: lastUsed, bytes: bytes, isUnused: isUnused)
            }
        }
    }

    /// What those weigh who are on their way.
    var startingBytes: Int {
        state.withLock { $0.cells.values.filter { $0.machine.isStarting }.reduce(0) { $0 + $1.meter.current.bytes } }
    }

    /// Counts something that is not the end of a call.
    func note(_ change: (inout KindStatistics) -> Void) { state.withLock { change(&$0.statistics) } }

    /// What has happened so far.
    var statistics: KindStatistics {
        state.withLock { state in
            var statistics = state.statistics
            statistics.stays = state.cells.count
            return statistics
        }
    }

    /// How many owners of actors that live elsewhere are kept in mind.
    var routeCount: Int { state.withLock { $0.routes.count } }

    /// Asks the resident `address` to leave, unless somebody calls it.
    func passivate(_ address: ActorAddress) {
        guard let cell = state.withLock({ $0.cells[address.key] }) else { return }
        requestLeave(cell, onlyIfUnused: true)
    }

    /// Begins nothing new.
    func stop() { state.withLock { $0.isStopping = true } }

    /// Stops, and returns when everybody has left.
    func drain() async {
        let cells = state.withLock { state in
            state.isStopping = true
            return state.cells.values.sorted { $0.address < $1.address }
        }
        for cell in cells { requestLeave(cell, onlyIfUnused: false) }
        for cell in cells { _ = try? await cell.gone.wait() }
    }
}
