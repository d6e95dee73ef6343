package import MeshCore
internal import MeshWire

/// One node of the mesh of actors: what lives here, and the way to what lives elsewhere.
///
/// ``run()`` owns every task: one child for each actor that lives here, one that serves other nodes, one that lets
/// actors leave, one that wakes those whose time has come. Nothing starts outside of it. Calls may be made before;
/// they wait. When `run()` is cancelled the node stops as in a crash; call ``drain()`` first to leave in good order.
package final class ActorNode: Sendable {
    private let core: NodeCore
    private let configuration: ActorNodeConfiguration
    private let hosts: [ObjectIdentifier: any AnyActorHost]
    private let hostsByKind: [String: any AnyActorHost]
    private let accessByKind: [String: AccessRule]

    /// A node that hosts `kinds` and knows the mesh as `membership`.
    package init(
        owner: Owner,
        kinds: [HostedKind],
        membership: Membership,
        journal: any Journal,
        transport: (any Transport)?,
        clock: any Clock,
        generator: SeededGenerator,
        logger: Logger,
        configuration: ActorNodeConfiguration = ActorNodeConfiguration()
    ) {
        let environment = ActorEnvironment(journal: journal, clock: clock, logger: logger, counters: ActorCounters())
        core = NodeCore(
            owner: owner,
            environment: environment,
            transport: transport,
            membership: membership,
            generator: generator,
            memoryBudget: configuration.memoryBudget
        )
        self.configuration = configuration
        var hosts: [ObjectIdentifier: any AnyActorHost] = [:]
        var hostsByKind: [String: any AnyActorHost] = [:]
        for kind in kinds {
            precondition(hostsByKind[kind.kind.name] == nil, "two kinds are called \(kind.kind.name)")
            let host = kind.makeHost(core, configuration)
            hosts[kind.residentType] = host
            hostsByKind[kind.kind.name] = host
        }
        self.hosts = hosts
        self.hostsByKind = hostsByKind
        accessByKind = Dictionary(uniqueKeysWithValues: kinds.map { ($0.kind.name, $0.access) })
    }

    // MARK: References

    /// The journaled actor `key`, wherever it lives.
    ///
    /// The kind must be one of those given in `init`.
    package func actor<Value: Journaled>(
        _ type: Value.Type,
        _ key: String
    ) throws(ActorError) -> ActorReference<JournaledActor<Value>> {
        ActorReference(host(JournaledActor<Value>.self), try address(Value.kind, key))
    }

    /// The plain actor `key`, wherever it lives.
    ///
    /// The kind must be one of those given in `init`.
    package func actor<Plain: PlainActor>(_ type: Plain.Type, _ key: String) throws(ActorError) -> ActorReference<Plain>
    {
        ActorReference(host(Plain.self), try address(Plain.kind, key))
    }

    /// The journaled actors of a type behind `key` that the journal knows, in the order of their keys, as many as one
    /// page has; empty at the end.
    package func actors<Value: Journaled>(
        of type: Value.Type,
        after key: String?
    ) async throws(JournalError) -> [ActorSummary] {
        try await core.environment.journal.actors(of: Value.kind, after: key)
    }

    private func host<Resident: Actor>(_ type: Resident.Type) -> ActorHost<Resident> {
        guard let host = hosts[ObjectIdentifier(type)] as? ActorHost<Resident> else {
            preconditionFailure("\(type) is none of the kinds that this node was given")
        }
        return host
    }

    private func address(_ kind: ActorKind, _ key: String) throws(ActorError) -> ActorAddress {
        do {
            return try ActorAddress(kind, key)
        } catch {
            throw ActorError(.malformed, "no actor has such a key", cause: error)
        }
    }

    // MARK: The mesh

    /// The membership by which the node places actors.
    package var membership: Membership { core.membership }

    /// Places actors by `membership` from now on, if it is newer: those that belong elsewhere finish and leave.
    package func adopt(_ membership: Membership) {
        guard core.adopt(membership) else { return }
        for host in orderedHosts { host.table.adopt(membership) }
    }

    /// What has been counted so far.
    package var counts: ActorCounts { core.environment.counters.current }

    /// What the runtime has done, and is busy with; each kind is asked once, and none is looked through.
    package var statistics: ActorStatistics {
        ActorStatistics(
            kinds: orderedHosts.map { $0.table.statistics },
            counts: counts,
            startsWaiting: core.starts.count,
            routes: routeCount
        )
    }

    /// How many actors live here.
    package var residentCount: Int { orderedHosts.reduce(0) { $0 + $1.table.residentCount } }

    /// How many owners of actors that live elsewhere the node keeps in mind.
    package var routeCount: Int { orderedHosts.reduce(0) { $0 + $1.table.routeCount } }

    // MARK: Life

    /// Runs the node until the calling task is cancelled.
    ///
    /// Call it once.
    package func run() async {
        await withDiscardingTaskGroup { group in
            if let transport = core.transport {
                group.addTask { await transport.serve { await self.respond(to: $0) } }
            }
            group.addTask { await self.letLeave() }
            group.addTask { await self.wakeActors() }
            while let activation = await core.starts.next() {
                group.addTask { await activation.run() }
            }
            core.stopping.open(Done())
            for host in orderedHosts { host.table.stop() }
            for activation in core.starts.close() { activation.abandon() }
            group.cancelAll()
        }
    }

    /// Lets every actor finish, save its snapshot and give up its ownership; calls made from now on are refused.
    ///
    /// The node must be running. Cancelling ends the wait, not the leaving.
    package func drain() async {
        for host in orderedHosts { host.table.stop() }
        for host in orderedHosts { await host.table.drain() }
    }

    /// The kinds in the order of their names, so that two runs do the same.
    private var orderedHosts: [any AnyActorHost] {
        hostsByKind.sorted { $0.key < $1.key }.map(\.value)
    }

    nonisolated(nonsending) private func respond(to request: IncomingRequest) async -> [UInt8] {
        let call: ActorCall
        do throws(WireError) { call = try ActorCall(payload: request.payload) } catch {
            return ActorReply.Obstacle.failed(.malformed, retryAfter: nil).payload
        }
        guard let host = hostsByKind[call.head.address.kind.name] else {
            return ActorReply.Obstacle.failed(.unknownCommand, retryAfter: nil).payload
        }
        guard let trace = call.head.trace else {
            guard allows(request.caller, call.head) else { return Self.denial }
            return await host.answer(call)
        }
        guard TraceContext.$current.withValue(trace, operation: { allows(request.caller, call.head) }) else {
            return Self.denial
        }
        return await TraceContext.$current.withValue(trace) { await host.answer(call) }
    }

    private static var denial: [UInt8] { ActorReply.Obstacle.failed(.notAllowed, retryAfter: nil).payload }

    /// Whether the one whom the transport has authenticated may send that command.
    private func allows(_ caller: IncomingRequest.Caller, _ call: ActorCall.Head) -> Bool {
        guard case .node(let caller) = caller, let rule = accessByKind[call.address.kind.name],
            !rule.allows(caller, key: call.address.key, tag: call.tag)
        else { return true }
        core.environment.counters.add(\.callsDenied)
        let fields = [
            LogField(.actor, .text("\(call.address)")), LogField(.command, .integer(Int64(call.tag))),
            LogField(.caller, .text(caller.text)),
        ]
        core.environment.logger.log(.warning, .callDenied, fields)
        return false
    }

    /// Lets residents leave that nobody has called for a while, or for whom there is no room.
    private func letLeave() async {
        let clock = core.environment.clock
        // However many come for whom there is no room, residents are not looked through more often than this.
        let shortest = configuration.sweepInterval / 64
        var pause = configuration.sweepInterval
        while (try? await clock.sleep(for: shortest)) != nil, let isPressed = await nextSweep(in: pause - shortest) {
            let now = clock.now
            let budget = max(0, configuration.memoryBudget - core.environment.journal.memoryInUse)
            core.memory.allow(budget)
            let policy = PassivationPolicy(
                idleTime: configuration.idleTime,
                memoryBudget: budget,
                // Some room at once for those who come next.
                memoryGoal: isPressed ? budget / 16 * 15 : budget
            )
            let candidates = orderedHosts.flatMap { $0.table.candidates(now: now) }
            let arriving = orderedHosts.reduce(0) { $0 + $1.table.startingBytes }
            for address in policy.leavers(among: candidates, arriving: arriving, now: now) {
                hostsByKind[address.kind.name]?.table.passivate(address)
            }
            // Where the budget is nearly used up, a whole interval would let it be overrun by residents that grow.
            let isCrowded = policy.isCrowded(candidates, arriving: arriving)
            pause = isCrowded ? configuration.sweepInterval / 16 : configuration.sweepInterval
        }
    }

    /// Waits for `pause`, or until somebody comes for whom there is no room (true); nil when the node ends.
    private func nextSweep(in pause: Duration) async -> Bool? {
        await withTaskGroup(of: Bool?.self) { [core] group in
            group.addTask { (try? await core.environment.clock.sleep(for: pause)).map { false } }
            group.addTask {
                await core.memory.pressure.wait()
                return true
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return Task.isCancelled ? nil : first
        }
    }

    // MARK: Alarms

    /// Activates actors whose time has come, and sends them their alarms.
    private func wakeActors() async {
        let clock = core.environment.clock
        var schedule = WakeSchedule()
        repeat {
            do throws(JournalError) {
                try await wakeDue(&schedule)
            } catch {
                core.environment.logger.log(.warning, .wakeScanFailed, error: error)
            }
        } while (try? await clock.sleep(for: configuration.wakeInterval)) != nil
    }

    /// Goes through all that are due, page by page: those of other nodes and those that rest must not hide the rest.
    private func wakeDue(_ schedule: inout WakeSchedule) async throws(JournalError) {
        let clock = core.environment.clock
        let wallTime = clock.wallTime
        schedule.scanBegan()
        var mark: WakeMark?
        while !Task.isCancelled {
            let page = try await core.environment.journal.actorsToWake(until: wallTime, after: mark)
            guard let last = page.last?.wakeMark else { break }
            mark = last
            let here = page.compactMap(\.wakeMark).filter { mark in
                hostsByKind[mark.address.kind.name]?.table.owns(mark.address.key) ?? false
            }
            let woken = schedule.toWake(here, now: clock.now, wallTime: wallTime)
            for (address, outcome) in await wake(woken, wallTime) {
                switch outcome {
                case .moved: schedule.succeeded(address)
                case .effectsPending(let alarm): schedule.effectsPending(address, nextAlarm: alarm)
                case .stillDue: report(schedule.failed(address), address)
                }
            }
        }
        schedule.scanEnded()
    }

    /// Wakes all of `addresses` at the same time; returns what came of it, in their order.
    private func wake(
        _ addresses: [ActorAddress],
        _ wallTime: WallTime
    ) async -> [(address: ActorAddress, outcome: WakeOutcome)] {
        await withTaskGroup(of: (address: ActorAddress, outcome: WakeOutcome).self) { group in
            var waiting = addresses[...]
            var woken: [(address: ActorAddress, outcome: WakeOutcome)] = []
            func startNext(_ group: inout TaskGroup<(address: ActorAddress, outcome: WakeOutcome)>) {
                guard let address = waiting.popFirst(), let host = hostsByKind[address.kind.name] else { return }
                group.addTask { (address, await host.wake(address, wallTime)) }
            }
            for _ in 0..<Limits.Alarms.maximumConcurrent { startNext(&group) }
            while let result = await group.next() {
                woken.append(result)
                startNext(&group)
            }
            return woken.sorted { $0.address < $1.address }
        }
    }

    private func report(_ action: WakeSchedule.FailedAction, _ address: ActorAddress) {
        let (counters, logger) = (core.environment.counters, core.environment.logger)
        counters.add(\.alarmFailures)
        switch action {
        case .retry(let attempt):
            let fields = [LogField(.actor, .text("\(address)")), LogField(.attempt, .integer(Int64(attempt)))]
            logger.log(.warning, .alarmFailed, fields)
        case .putAside:
            counters.add(\.alarmsAbandoned)
            logger.log(.error, .alarmAbandoned, [LogField(.actor, .text("\(address)"))])
        }
    }
}
