internal import MeshActors
internal import MeshCheck
internal import MeshCore
internal import MeshIO
internal import MeshQUIC
internal import MeshTestKit

/// An edge and a hub joined by the transport that nodes use: requests of tasks, and calls of actors on the other side.
struct QUICCalls: Sendable {
    private let ground: QUICGround
    private let hub: QUICTransport
    private let edge: QUICTransport

    init(_ ground: QUICGround) async throws {
        self.ground = ground
        hub = try await Self.transport(ground, ground.far, ground.hub, accepts: true)
        edge = try await Self.transport(ground, ground.near, ground.edge, accepts: false)
    }

    private static func transport(
        _ ground: QUICGround,
        _ loop: EventLoop,
        _ credentials: NodeCredentials,
        accepts: Bool
    ) async throws -> QUICTransport {
        try await QUICTransport(
            loop: loop,
            address: .loopbackIPv4(port: 0),
            accepts: accepts,
            credentials: credentials,
            verifier: ground.verifier,
            software: "meshbench/1",
            configuration: ground.configuration,
            clock: ground.clock
        )
    }

    func close() async {
        await edge.close()
        await hub.close()
    }

    /// What is called, and from where.
    enum Call {
        /// Bytes to a function of the hub.
        case request
        /// A plain actor that lives on the hub.
        case plain
        /// A journaled actor that lives on the hub, its journal in memory.
        case journaled
    }

    /// Calls for `duration`, `inFlight` of them at a time; with `prefersLoop` from tasks that prefer the edge's loop.
    func measure(_ call: Call, inFlight: Int, prefersLoop: Bool, for duration: Duration) async throws -> QUICOutcome {
        let hubNode = try await edge.connect(to: hub.localAddress, serverName: QUICGround.serverName)
        switch call {
        case .request:
            let hub = hub
            let echo: @Sendable () async -> Void = { await hub.serve { $0.payload } }
            return try await serving(echo) {
                let payload = [UInt8](repeating: 3, count: 64)
                return try await repeated(inFlight, prefersLoop, duration) { [edge] in
                    _ = try await edge.request(payload, to: hubNode, deadline: nil)
                }
            }
        case .plain:
            let mesh = try ActorMesh(ground, hub: hub, edge: edge)
            return try await serving(mesh.run) {
                let echo = try mesh.node.actor(BenchEcho.self, mesh.key(of: BenchEcho.kind, at: hubNode))
                return try await repeated(inFlight, prefersLoop, duration) {
                    _ = try await echo.call(BenchEcho.Count())
                }
            }
        case .journaled:
            let mesh = try ActorMesh(ground, hub: hub, edge: edge)
            return try await serving(mesh.run) {
                let account = try mesh.node.actor(SampleAccount.self, mesh.key(of: SampleAccount.kind, at: hubNode))
                return try await repeated(inFlight, prefersLoop, duration) {
                    _ = try await account.call(SampleAccount.Deposit(amount: 1))
                }
            }
        }
    }

    /// Runs `service` on the hub's loop while `body` runs.
    private func serving(
        _ service: @escaping @Sendable () async -> Void,
        _ body: @escaping @Sendable () async throws -> QUICOutcome
    ) async throws -> QUICOutcome {
        try await withThrowingTaskGroup(of: QUICOutcome?.self) { group in
            group.addTask(executorPreference: ground.far) {
                await service()
                return nil
            }
            group.addTask { try await body() }
            for try await case let outcome? in group {
                group.cancelAll()
                return outcome
            }
            throw UDPBaselineFailure("nothing was measured")
        }
    }

    /// The other side begins to serve in a task of its own; whoever asks before is told that nobody does.
    private func waitForService(_ call: () async throws -> Void) async throws {
        let latest = ground.clock.now + .seconds(5)
        var reason = ""
        while ground.clock.now < latest {
            do { return try await call() } catch {
                reason = "\(error)"
                try await ground.clock.sleep(until: ground.clock.now + .milliseconds(1))
            }
        }
        throw UDPBaselineFailure("the hub does not serve: \(reason)")
    }

    private func repeated(
        _ inFlight: Int,
        _ prefersLoop: Bool,
        _ duration: Duration,
        _ call: @escaping @Sendable () async throws -> Void
    ) async throws -> QUICOutcome {
        let clock = ground.clock
        try await waitForService(call)
        for _ in 0..<100 { try await call() }
        let start = clock.now
        let end = start + duration
        let result = try await ground.costs {
            try await withThrowingTaskGroup(of: [Double].self) { group in
                for _ in 0..<inFlight {
                    group.addTask(executorPreference: prefersLoop ? ground.near : nil) {
                        var waits: [Double] = []
                        var before = clock.now
                        while before < end {
                            try await call()
                            let after = clock.now
                            waits.append((after - before) / .microseconds(1))
                            before = after
                        }
                        return waits
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
        }
        let seconds = (clock.now - start) / .seconds(1)
        return QUICOutcome(waits: result.value, seconds: seconds, nearCost: result.near, farCost: result.far)
    }
}

/// Two nodes of actors over the transports of a `QUICCalls`; the edge's is the one that calls.
private struct ActorMesh: Sendable {
    let node: ActorNode
    private let other: ActorNode
    private let membership: Membership
    private let ground: QUICGround

    init(_ ground: QUICGround, hub: QUICTransport, edge: QUICTransport) throws {
        self.ground = ground
        let owners = [ground.edge, ground.hub].map { Owner(node: $0.identity.node, incarnation: 1) }
        membership = Membership(epoch: 1, members: owners.map { Member($0, role: .hub) })
        let store = VolatileJournal()
        let nodes = [edge, hub].enumerated().map { [membership] index, transport in
            ActorNode(
                owner: owners[index],
                kinds: [
                    .journaled(SampleAccount.self, performer: NoTransfers(), access: .edges(.any)),
                    .plain(BenchEcho.self, access: .edges(.any)) { _ in BenchEcho() },
                ],
                membership: membership,
                journal: store,
                transport: transport,
                clock: ground.clock,
                generator: SeededGenerator(seed: UInt64(index)),
                logger: Logger(sink: VolatileLogSink(), clock: ground.clock, minimumLevel: .error)
            )
        }
        node = nodes[0]
        other = nodes[1]
    }

    /// A key that is placed on `node`.
    func key(of kind: ActorKind, at node: NodeID) -> String {
        let keys = (0..<1_000).map { "key-\($0)" }
        guard let key = keys.first(where: { membership.node(for: kind, $0, .anywhere) == node }) else {
            preconditionFailure("one of two nodes got all of a thousand keys")
        }
        return key
    }

    /// Both nodes, each on its loop, until the task is cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask(executorPreference: ground.near) { await node.run() }
            group.addTask(executorPreference: ground.far) { await other.run() }
        }
    }
}
