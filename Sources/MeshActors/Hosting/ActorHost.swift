internal import MeshCore

/// The actors of one kind on one node: what of them depends on their type; the rest is the ``ActorTable``.
package final class ActorHost<Resident: Actor>: Sendable {
    let core: NodeCore
    let commands: CommandTable<Resident>
    let table: ActorTable
    private let residency: Residency<Resident>

    init(
        _ kind: ActorKind,
        _ core: NodeCore,
        _ commands: CommandTable<Resident>,
        _ rule: PlacementRule,
        _ settings: ActorNodeConfiguration,
        _ residency: Residency<Resident>
    ) {
        self.core = core
        self.commands = commands
        self.residency = residency
        table = ActorTable(kind, core, rule, settings)
    }

    /// The resident of one of the table's cells, in its own type.
    func typed(_ resident: any Actor) -> Resident {
        // Only `inhabit` puts residents into the table, and it puts in what `residency` made.
        unsafeDowncast(resident, to: Resident.self)
    }
}

/// A host without its type.
protocol AnyActorHost: Sendable {
    /// Who lives here.
    var table: ActorTable { get }
    /// Lives one stay from the claim to the release; runs in a child task of the node's `run()`.
    ///
    /// Its arrival belongs to `trace`.
    func inhabit(_ cell: ActorTable.Cell, arrivingFor trace: TraceContext?) async
    /// Activates the actor and sends its alarm if that is due.
    ///
    /// That is no use of it: one who is only ever woken leaves when it has been idle for its time.
    func wake(_ address: ActorAddress, _ wallTime: WallTime) async -> WakeOutcome
    /// Carries out a call from another node.
    nonisolated(nonsending) func answer(_ call: ActorCall) async -> [UInt8]
}

extension ActorHost: AnyActorHost {
    func inhabit(_ cell: ActorTable.Cell, arrivingFor trace: TraceContext?) async {
        let resident: Resident
        switch await TraceContext.$current.withValue(trace, operation: { await arrival(in: cell) }) {
        case .success(let arrived): resident = arrived
        case .failure(let error):
            table.note { $0.activationsFailed += 1 }
            return table.end(cell, error)
        }
        core.environment.counters.add(\.activations)
        table.note { $0.activations += 1 }
        table.settle(resident, in: cell)
        let leftInOrder = await residency.live(resident, cell.leave)
        table.lost(cell)
        if leftInOrder {
            await residency.depart(resident)
            core.environment.counters.add(\.passivations)
            table.note { $0.passivations += 1 }
        } else {
            table.note { $0.evictions += 1 }
        }
        table.end(cell, ActorError(.moved, "\(cell.address) has left"))
    }

    private func arrival(in cell: ActorTable.Cell) async -> Result<Resident, ActorError> {
        let logger = core.environment.logger
        do throws(ActorError) {
            let resident = try await residency.arrive(cell.address, cell.meter)
            logger.log(.debug, .activated, [LogField(.actor, .text("\(cell.address)"))])
            return .success(resident)
        } catch {
            let fields = [
                LogField(.actor, .text("\(cell.address)")), LogField(.error, .text(error.identity)),
                LogField(.reason, .text(error.message)),
            ]
            logger.log(.warning, .activationFailed, fields)
            return .failure(error)
        }
    }

    func wake(_ address: ActorAddress, _ wallTime: WallTime) async -> WakeOutcome {
        switch table.enter(address, for: self, isUse: false) {
        case .here(let cell, let resident):
            defer { table.exit(cell, isUse: false, nil) }
            return await residency.wake(typed(resident), wallTime)
        case .starting(let cell):
            defer { table.exit(cell, isUse: false, nil) }
            guard case .success(let resident)? = try? await cell.started.wait() else { return .stillDue }
            return await residency.wake(typed(resident), wallTime)
        case .elsewhere: return .moved
        case .leaving(let cell):
            table.waitEnded(cell)
            return .stillDue
        case .nobody, .overloaded, .stopping: return .stillDue
        }
    }
}
