internal import MeshActors
internal import MeshCertificates
internal import MeshCheck
internal import MeshCore
internal import MeshIO
internal import MeshNode
internal import MeshTopology
internal import MeshTunnel

/// `--check`: clients work while nodes are killed, stopped and cut off; afterwards all is held against the store.
struct CheckRun: Sendable {
    let cluster: Cluster
    let plan: ClusterPlan
    let clock: any Clock
    let notes = CheckNotes()

    /// Works, waits until everybody is back, and stops the cluster; then the store can be looked at.
    func work() async throws -> [CheckResult] {
        let loop = try EventLoop.start(name: "check")
        defer { loop.stop() }
        let clients = try await openClients(loop)
        let check = plan.topology.check
        let faults = plan.topology.faults.isEmpty ? CheckFaults.standard(for: plan.topology) : plan.topology.faults
        await cluster.say(
            "check",
            "\(clients.count) clients work on \(check.accounts) accounts for \(check.lasts.shortText), "
                + "while \(faults.count) faults happen"
        )
        return await withTaskGroup(of: Void.self) { group in
            for client in clients { group.addTask { await client.service.run() } }
            await cluster.beginFaults(faults)
            let end = clock.now + max(check.lasts, (faults.last?.at ?? .zero) + .seconds(1))
            await withDiscardingTaskGroup { workers in
                for client in clients {
                    workers.addTask {
                        await client.client.work(until: end, patience: Self.patience, client.generator)
                    }
                }
            }
            let results = await settle(clients)
            group.cancelAll()
            return results
        }
    }

    private static var patience: Duration { .seconds(60) }

    // MARK: Clients

    private struct Client: Sendable {
        let service: EdgeService
        let client: CheckClient
        let generator: SeededGenerator
    }

    private func openClients(_ loop: EventLoop) async throws -> [Client] {
        guard let hub = await cluster.hubAddress, let enrolAt = await cluster.enrolmentAddress else {
            throw ClusterError(.failed, "nobody knows the hub yet")
        }
        let names = try (1...plan.topology.check.clients).map { try NodeID("\(CheckPlan.clientPrefix)\($0)") }
        let enrolment = ClusterEnrolment(plan: plan, hubAt: enrolAt, loop: loop, clock: clock)
        try await enrolment.enrol(names) { _ in }
        var system = SystemRandomNumberGenerator()
        var clients: [Client] = []
        for name in names {
            let credentials = CredentialFolder(path: plan.folder(of: name))
            let place = ConfiguredHub(try HubAddress("\(hub)"))
            var configuration = EdgeService.Configuration(credentials: credentials, hubs: [place])
            configuration.kinds = [.journaled(SampleAccount.self, performer: NoTransfers(), placed: .hubs)]
            var generator = SeededGenerator(seed: system.next())
            let service = try await EdgeService.open(
                configuration,
                loop: loop,
                clock: clock,
                generator: generator.split(),
                logger: Logger(sink: SilentLog(), clock: clock, minimumLevel: .error)
            )
            let client = CheckClient(
                edge: service.edge,
                accounts: plan.topology.check.accounts,
                clock: clock,
                notes: notes
            )
            clients.append(Client(service: service, client: client, generator: generator))
        }
        return clients
    }

    // MARK: Afterwards

    /// Waits until every node is back and has been heard, and asks for the last balances.
    private func settle(_ clients: [Client]) async -> [CheckResult] {
        let begin = clock.now
        await cluster.healAll()
        let isDone = !Task.isCancelled
        await cluster.say("check", isDone ? "the work is done; waiting until every node is back" : "interrupted")
        let isBack = await within(Self.patience) { await cluster.wait { $0.allSatisfy(\.isBack) } }
        let elapsed = (clock.now - begin).shortText
        let status = await cluster.status
        let away = status.filter { $0.phase != .ready }.map { "\($0.name) is \($0.phase.rawValue)" }
        var results = [
            CheckResult(
                "all-back",
                looked: "\(status.count) nodes, after \(elapsed)",
                problem: isBack ? nil : away.prefix(5).joined(separator: ", ")
            )
        ]
        if isBack { await cluster.say("check", "all are back; waiting for a beat of each, the usual 30 s at most") }
        results.append(await beats(since: clock.now))
        var asked = true
        for client in clients where asked {
            asked = await client.client.askBalances(until: clock.now + .seconds(30), client.generator)
        }
        if !asked { results.append(CheckResult("last-balances", looked: "accounts", problem: "one does not answer")) }
        return results
    }

    /// Every edge has one more beat acknowledged.
    private func beats(since moment: Instant) async -> CheckResult {
        let isHeard = await within(.seconds(75)) {
            await cluster.wait { nodes in
                nodes.allSatisfy { $0.description.role == .hub || $0.lastAcknowledged.map { $0 > moment } ?? false }
            }
        }
        let status = await cluster.status
        let (sent, acknowledged) = status.reduce((0, 0)) { ($0.0 + $1.beatsSent, $0.1 + $1.beatsAcknowledged) }
        return CheckResult(
            "beats",
            looked: "\(sent) sent, \(acknowledged) acknowledged",
            problem: isHeard ? nil : "some edges had none acknowledged since"
        )
    }

    /// Whether `body` has come to its end in time.
    private func within(_ patience: Duration, _ body: @escaping @Sendable () async -> Void) async -> Bool {
        await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                await body()
                return !Task.isCancelled
            }
            group.addTask {
                try? await clock.sleep(for: patience)
                return false
            }
            defer { group.cancelAll() }
            return await group.next() ?? false
        }
    }
}

extension ClusterNode {
    /// Whether it does what it is there for, and is not about to stop doing so.
    fileprivate var isBack: Bool { isReady && life.phase == .ready }
}

/// What befalls a cluster that is checked and whose description says nothing.
enum CheckFaults {
    /// Kills of the hub, an edge that stops for a while, one that is cut off, and one that is killed.
    static func standard(for topology: Topology) -> [TopologyFault] {
        let lasts = topology.check.lasts
        let edges = topology.edges
        let hub = NodeSelector(topology.hub?.name.text ?? "hub-1")
        var faults = [
            TopologyFault(at: lasts / 8, .kill(hub, comesBackAfter: nil)),
            TopologyFault(at: lasts / 2, .kill(hub, comesBackAfter: nil)),
        ]
        if let edge = edges.first.map({ NodeSelector($0.name.text) }) {
            faults += [
                TopologyFault(at: lasts / 4, .pause(edge)), TopologyFault(at: lasts / 8 * 3, .resume(edge)),
                TopologyFault(at: lasts / 4 * 3, .kill(edge, comesBackAfter: nil)),
            ]
        }
        if let cut = edges.last, !cut.link.isDirect {
            let edge = NodeSelector(cut.name.text)
            faults += [
                TopologyFault(at: lasts / 4, .partition(edge, hub)), TopologyFault(at: lasts / 8 * 5, .heal(edge, hub)),
            ]
        }
        return faults.sorted { $0.at < $1.at }
    }
}

/// Clients of a check have no log: what they see is noted.
private struct SilentLog: LogSink {
    func write(_ record: LogRecord) {}
}
