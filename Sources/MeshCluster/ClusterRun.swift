internal import Glibc
internal import MeshActors
internal import MeshCheck
internal import MeshCommandLine
internal import MeshCore
internal import MeshIO
internal import MeshJSON
internal import MeshNode
internal import MeshTopology

/// A cluster from its first node to its last, as `meshnode cluster up` runs it.
struct ClusterRun: Sendable {
    let plan: ClusterPlan
    let style: ClusterOutput.Style
    let terminal: Terminal
    let patience: Duration
    let checks: Bool

    /// Runs until it is told to stop, a node does not start, or the check is over.
    func run() async throws -> ExitCode {
        let folder = try NodeFolder.take(plan.folder, as: "cluster")
        defer { withExtendedLifetime(folder) {} }
        try takeHub()
        let signals = NodeSignals.take()
        // Both kinds of nodes, one after the other.
        signals.letStopTake(Limits.Cluster.stopPatience * 2)
        let loop = try EventLoop.start(name: "cluster")
        defer { loop.stop() }
        let clock = MachineClock(loop: loop)
        let output = ClusterOutput(terminal, style) { signals.stop() }
        defer { output.finish() }
        var system = SystemRandomNumberGenerator()
        let cluster = Cluster(plan, on: loop, clock: clock, output: output, checks: checks, seed: system.next())
        try await cluster.open()
        let server = try ControlServer(in: plan.folder) { await answer($0, cluster, signals) }
        defer { server.close() }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await cluster.keepTime() }
            group.addTask { await server.run() }
            defer { group.cancelAll() }
            do {
                let code = try await live(cluster, signals, clock, output)
                await cluster.close()
                return code
            } catch {
                await cluster.stop()
                await cluster.close()
                throw error
            }
        }
    }

    /// The folder is that of one mesh: a hub of another name would be of another.
    private func takeHub() throws {
        let path = "\(plan.folder)/nodes"
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw ClusterError(.failed, "the folder '\(path)' cannot be made: \(String(cString: strerror(errno)))")
        }
        let note = "\(path)/.hub"
        if let bytes = try? ProcessGround.content(of: note, called: "the note") {
            let known = String(decoding: bytes, as: UTF8.self)
            guard known == plan.hub.name.text || access("\(path)/\(known)", F_OK) != 0 else {
                throw ClusterError(
                    .refused,
                    "the folder '\(plan.folder)' is that of a cluster whose hub is '\(known)', and not "
                        + "'\(plan.hub.name)': choose another (--folder), or remove it"
                )
            }
        }
        let name = Array(plan.hub.name.text.utf8)
        let file = open(note, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        defer { if file >= 0 { close(file) } }
        guard file >= 0, write(file, name, name.count) == name.count else {
            throw ClusterError(.failed, "'\(note)' cannot be written: \(String(cString: strerror(errno)))")
        }
    }

    // MARK: Its life

    private func live(
        _ cluster: Cluster,
        _ signals: NodeSignals,
        _ clock: any Clock,
        _ output: ClusterOutput
    ) async throws -> ExitCode {
        let count = plan.topology.nodes.count
        let about = plan.topology.about
        await cluster.say(
            "starting",
            "starting \(count) nodes in '\(plan.folder)'" + (about.isEmpty ? "" : ": \(about)")
        )
        let begin = clock.now
        let isUp = try await race(signals) { try await start(cluster, clock, output) }
        guard isUp else {
            await end(cluster)
            // Nobody shall take a check that was never made for one that has passed.
            return checks ? .interrupted : .success
        }
        output.started()
        let elapsed = clock.now - begin
        let words = "\(count) of \(count) nodes are ready after \(elapsed.shortText)\(await memory(cluster))"
        await cluster.say("ready", words)
        if checks { return try await check(cluster, signals, clock, output) }
        await cluster.beginFaults(plan.topology.faults)
        await signals.waitForStop()
        await end(cluster)
        return .success
    }

    private func end(_ cluster: Cluster) async {
        await cluster.say("stopping", "stopping the edges, then the hub")
        await cluster.stop()
        await cluster.say("stopped", "no node is left")
    }

    /// True where `body` came to its end, and false where the cluster was told to stop before.
    private func race(_ signals: NodeSignals, _ body: @escaping @Sendable () async throws -> Void) async throws -> Bool
    {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await body()
                return true
            }
            group.addTask {
                await signals.waitForStop()
                return false
            }
            defer { group.cancelAll() }
            return try await group.next() ?? false
        }
    }

    private func memory(_ cluster: Cluster) async -> String {
        let sizes = await cluster.status.filter { $0.role == .edge }.compactMap(\.anonymousKibibytes)
        guard let largest = sizes.max() else { return "" }
        return "; an edge has \(largest) KiB of memory of its own, or less"
    }

    // MARK: The start

    private func start(_ cluster: Cluster, _ clock: any Clock, _ output: ClusterOutput) async throws {
        let deadline = clock.now + patience
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await startAll(cluster, clock)
            }
            group.addTask {
                let total = plan.topology.nodes.count
                while !Task.isCancelled {
                    output.progress("\(await cluster.readyCount) of \(total) nodes are ready")
                    do { try await clock.sleep(for: .milliseconds(100)) } catch { return }
                    guard clock.now < deadline else { throw await notReady(cluster) }
                    if let failed = await cluster.firstFailure { throw failed }
                }
            }
            defer {
                group.cancelAll()
                output.progress("")
            }
            try await group.next()
        }
    }

    private func startAll(_ cluster: Cluster, _ clock: any Clock) async throws {
        await cluster.start(plan.hub.name)
        await cluster.wait { nodes in nodes.contains { $0.description.role == .hub && $0.isReady } }
        try Task.checkCancellation()
        guard let enrolAt = await cluster.enrolmentAddress else {
            throw ClusterError(.failed, "the hub does not say where it listens")
        }
        let loop = try EventLoop.start(name: "enrolment")
        defer { loop.stop() }
        let enrolment = ClusterEnrolment(plan: plan, hubAt: enrolAt, loop: loop, clock: clock)
        try await enrolment.enrol(plan.topology.edges.map(\.name)) { await cluster.start($0) }
        await cluster.wait { nodes in nodes.allSatisfy { $0.isReady } }
    }

    private func notReady(_ cluster: Cluster) async -> ClusterError {
        let late = await cluster.status.filter { $0.phase != .ready }
        let names = late.prefix(5).map(\.name.text).joined(separator: ", ") + (late.count > 5 ? " …" : "")
        let why = late.compactMap(\.lastWarning).first.map { "; one says: \($0)" } ?? ""
        return ClusterError(
            .notReady,
            "\(late.count) nodes are not ready after \(patience.shortText) (--ready-within): \(names)\(why)"
        )
    }

    // MARK: The check

    private func check(
        _ cluster: Cluster,
        _ signals: NodeSignals,
        _ clock: any Clock,
        _ output: ClusterOutput
    ) async throws -> ExitCode {
        let checkRun = CheckRun(cluster: cluster, plan: plan, clock: clock)
        let told = Lock<[CheckResult]>([])
        let isDone = try await race(signals) {
            let results = try await checkRun.work()
            told.withLock { $0 = results }
        }
        await end(cluster)
        guard isDone else { return .interrupted }
        var results = told.withLock { $0 }
        let (store, journals) = try await StoreLook.look(at: HubFolder(path: plan.folder(of: plan.hub.name)).store)
        let owner = Owner(node: plan.hub.name, incarnation: 1)
        results += JournalCheck(seen: checkRun.notes.all, journals: journals, owner: owner).results + [store]
        return await report(results, cluster, output)
    }

    private func report(_ results: [CheckResult], _ cluster: Cluster, _ output: ClusterOutput) async -> ExitCode {
        let isGreen = results.allSatisfy(\.hasPassed)
        if style.isJSON {
            let rows = results.map { result -> JSONValue in
                [
                    "check": .string(result.name), "looked": .string(result.looked), "passed": .bool(result.hasPassed),
                    "problem": result.problem.map { .string($0) } ?? .null,
                ]
            }
            output.show(
                JSONWriter.text(of: ["event": "cluster.verdict", "passed": .bool(isGreen), "checks": .array(rows)])
            )
        } else {
            var table = Table(columns: [Table.Column("CHECK"), Table.Column("LOOKED AT"), Table.Column("RESULT")])
            for result in results {
                table.append([result.name, result.looked, result.problem.map { "failed: \($0)" } ?? "passed"])
            }
            output.show("\n" + table.text)
            output.show("verdict: " + (isGreen ? "passed" : "FAILED"))
        }
        return isGreen ? .success : ClusterCommand.broken
    }

    // MARK: Requests

    private func answer(_ request: ControlRequest, _ cluster: Cluster, _ signals: NodeSignals) async -> String {
        switch request {
        case .status:
            let table = StatusTable.object(await cluster.status, operators: await cluster.operatorsAddress)
            return JSONWriter.text(of: table)
        case .down:
            signals.stop()
            return "{}"
        case .befall(let action):
            if let problem = await cluster.befall(action) { return JSONWriter.text(of: ["error": .string(problem)]) }
            await cluster.say("asked", "\(action)")
            return "{}"
        }
    }
}

extension Cluster {
    /// Why a node will not be ready: it has failed for good, or ended for a reason that another try does not mend.
    var firstFailure: ClusterError? {
        for node in nodes where node.life.phase == .failed {
            let why = node.lastLine.map { ": \($0.words)" } ?? ""
            return ClusterError(.notReady, "\(node.name) does not start\(why)")
        }
        return nil
    }
}
