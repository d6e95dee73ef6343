package import MeshActors
package import MeshCore

/// Two nodes that can reach each other.
package struct TransportsUnderTest: Sendable {
    /// The node that asks.
    package let client: any Transport
    /// The node that answers, once it serves.
    package let server: any Transport
    /// The server's name.
    package let serverNode: NodeID
    /// The client's name, as the server must see it.
    package let clientNode: NodeID
    /// The clock on which both wait.
    package let clock: any Clock

    /// A pair for one law.
    package init(
        client: any Transport,
        _ clientNode: NodeID,
        server: any Transport,
        _ serverNode: NodeID,
        clock: any Clock
    ) {
        self.client = client
        self.clientNode = clientNode
        self.server = server
        self.serverNode = serverNode
        self.clock = clock
    }
}

/// The contract of ``Transport``, a law for each promise.
///
/// Every law wants a fresh pair.
package enum TransportConformance: String, CaseIterable, Sendable {
    case aResponseReachesItsOwnCaller
    case theSenderIsNamed
    case requestsDoNotWaitForEachOther
    case aDeadlineEndsTheWait
    case cancellingEndsTheWaitAndReachesTheHandler
    case aNodeThatDoesNotServeIsUnreachable
    case noHandlerRunsAfterServing

    /// Holds `subject` to this law, or throws what was seen instead.
    package func check(_ subject: TransportsUnderTest) async throws {
        let laws = TransportLaws(pair: subject)
        switch self {
        case .aResponseReachesItsOwnCaller: try await laws.ownCaller()
        case .theSenderIsNamed: try await laws.sender()
        case .requestsDoNotWaitForEachOther: try await laws.independence()
        case .aDeadlineEndsTheWait: try await laws.deadline()
        case .cancellingEndsTheWaitAndReachesTheHandler: try await laws.cancellation()
        case .aNodeThatDoesNotServeIsUnreachable: try await laws.unreachable()
        case .noHandlerRunsAfterServing: try await laws.end()
        }
    }
}

private struct TransportLaws: Sendable {
    typealias Handler = @Sendable (IncomingRequest) async -> [UInt8]

    let pair: TransportsUnderTest

    private func serving(
        _ handler: @escaping Handler,
        while body: @escaping @Sendable () async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await pair.server.serve(handler) }
            try await pair.clock.sleep(for: .milliseconds(1))
            try await body()
            group.cancelAll()
        }
    }

    private func ask(_ payload: [UInt8], deadline: Instant? = nil) async throws(TransportError) -> [UInt8] {
        try await pair.client.request(payload, to: pair.serverNode, deadline: deadline)
    }

    private func failure(of payload: [UInt8], deadline: Instant? = nil) async -> TransportErrorCode? {
        do throws(TransportError) { _ = try await ask(payload, deadline: deadline) } catch { return error.code }
        return nil
    }

    func ownCaller() async throws {
        let handler: Handler = { $0.payload + [1] }
        try await serving(handler) {
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<50 as Range<UInt8> {
                    group.addTask { try await ask([number]) == [number, 1] }
                }
                for try await isOwn in group { try require(isOwn, "a response went to another caller") }
            }
        }
    }

    func sender() async throws {
        let seen = Lock<NodeID?>(nil)
        let handler: Handler = { request in
            seen.withLock { $0 = request.sender }
            return []
        }
        try await serving(handler) { _ = try await ask([]) }
        try require(seen.withLock { $0 } == pair.clientNode, "the sender has another name")
    }

    func independence() async throws {
        let handler: Handler = { request in
            if request.payload == [0] { try? await pair.clock.sleep(for: .seconds(60)) }
            return request.payload
        }
        try await serving(handler) {
            let slow = pair.clock.now + .milliseconds(10)
            async let stuck = failure(of: [0], deadline: slow)
            try require(try await ask([1]) == [1], "a request waited for another")
            try require(pair.clock.now < slow, "a request waited until another's deadline")
            _ = await stuck
        }
    }

    func deadline() async throws {
        let handler: Handler = { _ in
            try? await pair.clock.sleep(for: .seconds(60))
            return []
        }
        try await serving(handler) {
            let deadline = pair.clock.now + .milliseconds(5)
            let code = await failure(of: [1], deadline: deadline)
            try require(code == .timedOut, "a request beyond its deadline: \(String(describing: code))")
            try require(pair.clock.now < deadline + .seconds(1), "the wait went on behind the deadline")
        }
    }

    func cancellation() async throws {
        let wasCancelled = OneShot<Bool>()
        let handler: Handler = { _ in
            try? await pair.clock.sleep(for: .seconds(60))
            wasCancelled.open(Task.isCancelled)
            return []
        }
        try await serving(handler) {
            let start = pair.clock.now
            await withDiscardingTaskGroup { group in
                group.addTask { _ = await failure(of: [1]) }
                try? await pair.clock.sleep(for: .milliseconds(5))
                group.cancelAll()
            }
            try require(pair.clock.now < start + .seconds(1), "a cancelled caller went on waiting")
            try require(try await wasCancelled.wait(), "the handler was not cancelled")
        }
    }

    func unreachable() async throws {
        let code = await failure(of: [1], deadline: pair.clock.now + .seconds(1))
        try require(code == .unreachable, "a node that does not serve: \(String(describing: code))")
    }

    func end() async throws {
        let running = Lock(0)
        await withDiscardingTaskGroup { group in
            group.addTask {
                await pair.server.serve { _ in
                    running.withLock { $0 += 1 }
                    try? await pair.clock.sleep(for: .seconds(60))
                    running.withLock { $0 -= 1 }
                    return []
                }
            }
            try? await pair.clock.sleep(for: .milliseconds(1))
            await withDiscardingTaskGroup { callers in
                callers.addTask { _ = await failure(of: [1], deadline: pair.clock.now + .seconds(120)) }
                try? await pair.clock.sleep(for: .milliseconds(5))
                group.cancelAll()
            }
        }
        try require(running.withLock { $0 } == 0, "a handler runs behind the end of serving")
    }
}
