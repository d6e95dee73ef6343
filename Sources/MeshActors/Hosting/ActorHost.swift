internal import MeshCore

/// The actors of one kind on one node: who lives here, who comes and goes, and where the others are.
package final class ActorHost<Resident: Actor>: Sendable {
    /// One stay.
    ///
    /// Its parts are guarded by the host's lock, but for what is `let`.
    final class Cell: @unchecked Sendable {
        // Sendable although it has variables: they are touched only inside `table.withLock`.
        let address: ActorAddress
        let started = OneShot<Result<Resident, ActorError>>()
        let leave = OneShot<Done>()
        let gone = OneShot<Done>()
        let meter = ActivityMeter()
        var machine: ActivationStateMachine
        var resident: Resident?
        var membershipEpoch: UInt64

        init(_ address: ActorAddress, now: Instant, membershipEpoch: UInt64) {
            self.address = address
            self.membershipEpoch = membershipEpoch
            machine = ActivationStateMachine(now: now)
        }
    }

    /// Where a call goes.
    ///
    /// The first two count until ``exit(_:)``.
    enum Entry {
        case here(Cell, Resident)
        case starting(Cell)
        case leaving(Cell)
        case elsewhere(NodeID)
        case nobody
        case overloaded
        case stopping
    }

    private struct Table {
        var cells: [String: Cell] = [:]
        /// Owners of keys that live elsewhere, as the membership places them.
        var routes: [String: NodeID] = [:]
        var membership: Membership
        var isStopping = false
    }

    let kind: ActorKind
    let core: NodeCore
    let commands: CommandTable<Resident>
    private let rule: PlacementRule
    private let settings: ActorNodeConfiguration
    private let residency: Residency<Resident>
    private let table: Lock<Table>

    init(
        _ kind: ActorKind,
        _ core: NodeCore,
        _ commands: CommandTable<Resident>,
        _ rule: PlacementRule,
        _ settings: ActorNodeConfiguration,
        _ residency: Residency<Resident>
    ) {
        self.kind = kind
        self.core = core
        self.commands = commands
        self.rule = rule
        self.settings = settings
        self.residency = residency
        table = Lock(Table(membership: core.membership))
    }

    // MARK: Calls

    /// Finds the way for a call to `address`; begins an activation if nobody lives there and it belongs here.
    func enter(_ address: ActorAddress) -> Entry {
        let now = core.environment.clock.now
        return table.withLock { table in
            let known = table.cells[address.key]
            if let known, known.membershipEpoch == table.membership.epoch || !known.machine.isLive {
                return entry(known, now)
            }
            if let node = table.routes[address.key] { return .elsewhere(node) }
            guard let node = table.membership.node(for: kind, address.key, rule) else { return .nobody }
            guard node == core.owner.node else {
                if table.routes.count >= Limits.Placement.maximumRoutes { table.routes = [:] }
                table.routes[address.key] = node
                return .elsewhere(node)
            }
            if let known {
                known.membershipEpoch = table.membership.epoch
                return entry(known, now)
            }
            return begin(address, &table, now)
        }
    }

    private func entry(_ cell: Cell, _ now: Instant) -> Entry {
        switch cell.machine.callArrived(now: now, mailbox: settings.mailbox) {
        case .enter:
            guard let resident = cell.resident else { return .leaving(cell) }
            return .here(cell, resident)
        case .waitForStart: return .starting(cell)
        case .waitForEnd: return .leaving(cell)
        case .refuse: return .overloaded
        }
    }

    private func begin(_ address: ActorAddress, _ table: inout Table, _ now: Instant) -> Entry {
        guard !table.isStopping else { return .stopping }
        guard table.cells.count < settings.maximumResidents else { return .overloaded }
        let cell = Cell(address, now: now, membershipEpoch: table.membership.epoch)
        let activation = NodeCore.Activation(
            run: { await self.inhabit(cell) },
            abandon: { self.end(cell, ActorError(.stopping, "the node has stopped")) }
        )
        guard core.starts.offer(activation) else { return .overloaded }
        table.cells[address.key] = cell
        return entry(cell, now)
    }

    /// A call that counted is over.
    func exit(_ cell: Cell) {
        let now = core.environment.clock.now
        table.withLock { _ in cell.machine.callEnded(now: now) }
    }

    /// The resident turned a call away because it has left: nobody is sent to it any more.
    func lost(_ cell: Cell) {
        table.withLock { _ in cell.machine.residentLost() }
    }

    // MARK: Stays

    /// Lives one stay from the claim to the release; runs in a child task of the node's `run()`.
    private func inhabit(_ cell: Cell) async {
        let resident: Resident
        do throws(ActorError) {
            resident = try await residency.arrive(cell.address, cell.meter)
        } catch {
            let fields = [
                LogField(.actor, .text("\(cell.address)")), LogField(.error, .text(error.identity)),
                LogField(.reason, .text(error.message)),
            ]
            core.environment.logger.log(.warning, .activationFailed, fields)
            return end(cell, error)
        }
        core.environment.counters.add(\.activations)
        core.environment.logger.log(.debug, .activated, [LogField(.actor, .text("\(cell.address)"))])
        let action = table.withLock { _ in
            cell.resident = resident
            return cell.machine.started()
        }
        if action == .leave { cell.leave.open(Done()) }
        cell.started.open(.success(resident))
        let leftInOrder = await residency.live(resident, cell.leave)
        lost(cell)
        if leftInOrder {
            await residency.depart(resident)
            core.environment.counters.add(\.passivations)
        }
        end(cell, ActorError(.moved, "\(cell.address) has left"))
    }

    private func end(_ cell: Cell, _ error: ActorError) {
        table.withLock { table in
            cell.machine.ended()
            cell.resident = nil
            table.cells[cell.address.key] = nil
        }
        cell.started.open(.failure(error))
        cell.gone.open(Done())
    }

    private func requestLeave(_ cell: Cell, onlyIfUnused: Bool) {
        let action = table.withLock { _ in cell.machine.leaveRequested(onlyIfUnused: onlyIfUnused) }
        if action == .leave { cell.leave.open(Done()) }
    }
}

// MARK: - What the node does with all kinds alike

/// A host without its type.
protocol AnyActorHost: Sendable {
    /// Whether the actor `key` belongs on this node.
    func owns(_ key: String) -> Bool
    /// Places actors by `membership` from now on; those that belong elsewhere leave.
    func adopt(_ membership: Membership)
    func candidates() -> [PassivationCandidate]
    /// Asks the resident `address` to leave, unless somebody calls it.
    func passivate(_ address: ActorAddress)
    /// Begins nothing new.
    func stop()
    /// Stops, and returns when everybody has left.
    func drain() async
    /// Activates the actor and sends its alarm if that is due; false when it is still due, or could not be reached.
    func wake(_ address: ActorAddress, _ wallTime: WallTime) async -> Bool
    /// Carries out a call from another node.
    func answer(_ call: ActorCall) async -> ActorReply
}

extension ActorHost: AnyActorHost {
    func owns(_ key: String) -> Bool {
        table.withLock { $0.membership.node(for: kind, key, rule) == core.owner.node }
    }

    func adopt(_ membership: Membership) {
        let leavers = table.withLock { table -> [Cell] in
            guard membership.epoch > table.membership.epoch else { return [] }
            table.membership = membership
            table.routes = [:]
            return table.cells.values.filter { cell in
                membership.node(for: kind, cell.address.key, rule) != core.owner.node
            }
        }
        for cell in leavers.sorted(by: { $0.address < $1.address }) { requestLeave(cell, onlyIfUnused: false) }
    }

    func candidates() -> [PassivationCandidate] {
        table.withLock { table in
            table.cells.values.filter { $0.machine.isLive }.map { cell in
                let (bytes, isBusy) = cell.meter.current
                let isUnused = cell.machine.inFlight == 0 && !isBusy
                let lastUsed = cell.machine.lastUsed
                return PassivationCandidate(cell.address, lastUsed: lastUsed, bytes: bytes, isUnused: isUnused)
            }
        }
    }

    func passivate(_ address: ActorAddress) {
        guard let cell = table.withLock({ $0.cells[address.key] }) else { return }
        requestLeave(cell, onlyIfUnused: true)
    }

    func stop() { table.withLock { $0.isStopping = true } }

    func drain() async {
        let cells = table.withLock { table in
            table.isStopping = true
            // In order: the order of waiting must not depend on a dictionary's.
            return table.cells.values.sorted { $0.address < $1.address }
        }
        for cell in cells { requestLeave(cell, onlyIfUnused: false) }
        for cell in cells { _ = try? await cell.gone.wait() }
    }

    func wake(_ address: ActorAddress, _ wallTime: WallTime) async -> Bool {
        switch enter(address) {
        case .here(let cell, let resident):
            defer { exit(cell) }
            return await residency.wake(resident, wallTime)
        case .starting(let cell):
            defer { exit(cell) }
            guard case .success(let resident)? = try? await cell.started.wait() else { return false }
            return await residency.wake(resident, wallTime)
        case .elsewhere: return true
        case .leaving, .nobody, .overloaded, .stopping: return false
        }
    }

    func answer(_ call: ActorCall) async -> ActorReply {
        guard let row = commands.rows[call.tag] else {
            return .failed(.unknownCommand, retryAfter: nil)
        }
        return await row(self, call)
    }
}
