internal import CMeshAllocations
internal import MeshActors
internal import MeshCheck
internal import MeshCommandLine
internal import MeshCore
internal import MeshIO
internal import MeshTestKit
internal import MeshWire

/// What is measured, as the command line calls it.
enum ActorsOperation: String, CaseIterable, CommandLineValue {
    case localQuery = "local-query"
    case localCommand = "local-command"
    case remoteQuery = "remote-query"

    /// Whether a whole round stays on one thread, so that its allocations can be counted.
    var staysOnThread: Bool { self != .localCommand }

    /// As the table calls it.
    var title: String {
        switch self {
        case .localQuery: "local query"
        case .localCommand: "local command"
        case .remoteQuery: "remote query, in process"
        }
    }
}

/// Calls of actors over a store in memory: here, and on another node of the process.
struct ActorsBenchmark {
    let rounds: Int
    let iterations: Int
    /// The one operation to measure, for a profiler; nil for all.
    let only: ActorsOperation?

    func run() async throws -> BenchmarkReport {
        let loop = try EventLoop.start(name: "bench-clock")
        defer { loop.stop() }
        let clock = MachineClock(loop: loop)
        let store = VolatileJournal()
        let network = InProcessNetwork()
        let members = try ["one", "two"].map { name in
            Member(Owner(node: try NodeID(name), incarnation: 1), role: .hub)
        }
        let membership = Membership(epoch: 1, members: members)
        let nodes = members.map { member in
            ActorNode(
                owner: member.owner,
                kinds: [.journaled(SampleAccount.self, performer: NoTransfers())],
                membership: membership,
                journal: store,
                transport: network.transport(of: member.owner.node, clock: clock),
                clock: clock,
                generator: SeededGenerator(seed: 1),
                logger: Logger(sink: VolatileLogSink(), clock: clock, minimumLevel: .error)
            )
        }
        return try await withThrowingTaskGroup(of: BenchmarkReport?.self) { group in
            for node in nodes {
                group.addTask {
                    await node.run()
                    return nil
                }
            }
            let report = try await measure(nodes[0], membership, members[0].owner.node)
            group.cancelAll()
            return report
        }
    }

    private func measure(
        _ node: ActorNode,
        _ membership: Membership,
        _ here: NodeID
    ) async throws -> BenchmarkReport {
        let keys = (0..<100).map { "account-\($0)" }
        let isHere = { (key: String) in membership.node(for: SampleAccount.kind, key, .anywhere) == here }
        guard let near = keys.first(where: isHere), let far = keys.first(where: { !isHere($0) }) else {
            preconditionFailure("one of two nodes got all of a hundred accounts")
        }
        let local = try node.actor(SampleAccount.self, near)
        let remote = try node.actor(SampleAccount.self, far)
        let measured = ActorsOperation.allCases.filter { only == nil || $0 == only }
        var costs: [[Cost]] = measured.map { _ in [] }
        for _ in 0..<rounds {
            for (index, operation) in measured.enumerated() {
                // Each closure at its own call, where it is inlined: one that is stored costs more than some calls.
                let cost =
                    switch operation {
                    case .localQuery:
                        try await Cost.measure(iterations) { _ = try await local.call(SampleAccount.Balance()) }
                    case .localCommand:
                        try await Cost.measure(iterations / 10) {
                            _ = try await local.call(SampleAccount.Deposit(amount: 1))
                        }
                    case .remoteQuery:
                        try await Cost.measure(iterations / 10) { _ = try await remote.call(SampleAccount.Balance()) }
                    }
                costs[index].append(cost)
            }
        }
        let rows = zip(measured, costs).map { Self.row($0, $1) }
        return BenchmarkReport(benchmark: "actors", rows: rows)
    }

    private static func row(_ operation: ActorsOperation, _ costs: [Cost]) -> BenchmarkReport.Row {
        BenchmarkReport.Row(
            name: operation.title,
            nanoseconds: Spread(costs.map(\.nanoseconds)),
            allocations: operation.staysOnThread ? Spread(costs.map(\.allocations)).median : nil,
            bytes: 0,
            speedup: nil,
            peer: nil
        )
    }
}

extension Cost {
    /// Runs `operation` as often as `iterations` says, one after the other, and divides.
    fileprivate static func measure(
        _ iterations: Int,
        _ operation: () async throws -> Void
    ) async throws -> Cost {
        for _ in 0..<max(1, iterations / 10) { try await operation() }
        let clock = ContinuousClock()
        let allocationsBefore = cmesh_allocation_count()
        let start = clock.now
        for _ in 0..<iterations { try await operation() }
        let elapsed = clock.now - start
        // The count is the thread's own; `staysOnThread` says where it tells the truth.
        let allocations = max(0, Int64(cmesh_allocation_count()) - Int64(allocationsBefore))
        return Cost(
            nanoseconds: elapsed / .nanoseconds(1) / Double(iterations),
            allocations: Double(allocations) / Double(iterations)
        )
    }
}
