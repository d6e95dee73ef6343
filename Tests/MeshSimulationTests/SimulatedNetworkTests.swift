import MeshActors
import MeshCore
import MeshSimulation
import MeshTestKit
import Testing

@Suite struct `A simulated network` {
    @Test func `carries a request there and its response back, in virtual time`() throws {
        let outcome = try run(seed: 1) { net in
            let response = try await net.near.request([7], to: net.farID, deadline: nil)
            return (response, net.network.counts, net.clock.now)
        }
        #expect(outcome.0 == [7, 7])
        #expect(outcome.1.requestsDelivered == 2 && outcome.1.responsesDelivered == 2)
        #expect(outcome.2 > .origin)
    }

    @Test func `messages overtake each other`() throws {
        let orders = try (1...20).map { seed in
            try run(seed: UInt64(seed)) { net in
                let order = Lock<[UInt8]>([])
                await withTaskGroup(of: Void.self) { group in
                    for number in 1...4 as ClosedRange<UInt8> {
                        group.addTask {
                            _ = try? await net.near.request([number], to: net.farID, deadline: nil)
                            order.withLock { $0.append(number) }
                        }
                    }
                }
                return order.withLock { $0 }
            }
        }
        #expect(Set(orders).count > 10)
    }

    @Test func `a cut that is known is unreachable, and a lost response was handled all the same`() throws {
        let (first, second, handled) = try run(seed: 3) { net in
            net.network.partition([net.nearID], from: [net.farID])
            let first = await net.code { try await net.near.request([1], to: net.farID, deadline: nil) }
            net.network.heal()
            net.network.cut(from: net.farID, to: net.nearID)
            let second = await net.code { try await net.near.request([1], to: net.farID, deadline: nil) }
            return (first, second, net.handled.withLock { $0 })
        }
        #expect(first == .unreachable && second == .lost)
        #expect(handled == 1)
    }

    @Test func `what its caller has given up arrives all the same, but not at a later life`() throws {
        for isNewLife in [false, true] {
            let (code, handled, counts) = try run(seed: 7) { net in
                var conditions = LinkConditions()
                conditions.shortestDelay = .seconds(2)
                conditions.longestDelay = .seconds(2)
                net.network.setConditions(conditions)
                return try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { await net.network.run() }
                    let deadline = net.clock.now + .seconds(1)
                    let code = await net.code { try await net.near.request([1], to: net.farID, deadline: deadline) }
                    if isNewLife { group.addTask { await net.serve() } }
                    try await net.clock.sleep(for: .seconds(2))
                    group.cancelAll()
                    return (code, net.handled.withLock { $0 }, net.network.counts)
                }
            }
            #expect(code == .timedOut)
            #expect(handled == (isNewLife ? 0 : 1) && counts.lateRequestsDelivered == handled)
        }
    }

    @Test func `loses about as many as it is told`() throws {
        let counts = try run(seed: 4) { net in
            var conditions = LinkConditions()
            conditions.lostPerThousand = 200
            conditions.cloggedPerThousand = 100
            net.network.setConditions(conditions)
            for _ in 0..<300 { _ = await net.code { try await net.near.request([1], to: net.farID, deadline: nil) } }
            return net.network.counts
        }
        #expect((70...150).contains(counts.lost))
        #expect(counts.clogged > 20)
    }

    @Test func `a deadline ends the wait, and the handler is cancelled`() throws {
        let (code, late, isCancelled) = try run(seed: 5) { net in
            net.delay.withLock { $0 = .seconds(60) }
            let deadline = net.clock.now + .seconds(1)
            let code = await net.code { try await net.near.request([1], to: net.farID, deadline: deadline) }
            let late = net.clock.now - deadline
            try await net.clock.sleep(for: .seconds(1))
            return (code, late, net.cancelled.withLock { $0 })
        }
        #expect(code == .timedOut)
        #expect(late == .zero)
        #expect(isCancelled == 1)
    }

    @Test func `a node that is paused answers late, and one that is dead never`() throws {
        let (response, now, dead) = try run(seed: 6) { net in
            let response = try await withThrowingTaskGroup(of: [UInt8].self) { group in
                net.farGate.setPaused(true)
                group.addTask { try await net.near.request([1], to: net.farID, deadline: nil) }
                try await net.clock.sleep(for: .seconds(5))
                net.farGate.setPaused(false)
                return try await group.next()
            }
            let now = net.clock.now
            net.farGate.kill()
            let dead = await net.code {
                try await net.near.request([1], to: net.farID, deadline: net.clock.now + .seconds(9))
            }
            return (response, now, dead)
        }
        #expect(response == [1, 1])
        #expect(now >= .origin + .seconds(5))
        #expect(dead == .timedOut || dead == .lost)
    }

    @Test(arguments: TransportConformance.allCases)
    func `keeps every law of a transport`(law: TransportConformance) throws {
        for seed in 1...5 as ClosedRange<UInt64> {
            let outcome = try SeededRun.run(seed: seed, maximumSteps: 2_000_000) { world in
                let (client, server) = (try NodeID("client"), try NodeID("server"))
                let network = SimulatedNetwork(clock: world.clock, generator: world.generator)
                let pair = TransportsUnderTest(
                    client: SimulatedTransport(network, as: client),
                    client,
                    server: SimulatedTransport(network, as: server),
                    server,
                    clock: world.clock
                )
                try await law.check(pair)
            }
            try outcome.result.get()
        }
    }
}

/// Two nodes; the far one doubles what it is sent.
private struct Net: Sendable {
    let clock: VirtualClock
    let network: SimulatedNetwork
    let near: SimulatedTransport
    let nearID: NodeID
    let farID: NodeID
    let farGate = NodeGate()
    let delay = Lock(Duration.zero)
    let handled = Lock(0)
    let cancelled = Lock(0)

    init(_ world: SeededWorld) throws {
        clock = world.clock
        network = SimulatedNetwork(clock: world.clock, generator: world.generator)
        nearID = try NodeID("near")
        farID = try NodeID("far")
        near = SimulatedTransport(network, as: nearID)
    }

    func serve() async {
        await SimulatedTransport(network, as: farID, gate: farGate).serve { request in
            handled.withLock { $0 += 1 }
            do { try await clock.sleep(for: delay.withLock { $0 }) } catch { cancelled.withLock { $0 += 1 } }
            return request.payload + request.payload
        }
    }

    func code(_ request: () async throws -> [UInt8]) async -> TransportErrorCode? {
        do {
            _ = try await request()
            return nil
        } catch {
            return (error as? TransportError)?.code
        }
    }
}

private func run<Value: Sendable>(seed: UInt64, _ body: @escaping @Sendable (Net) async throws -> Value) throws -> Value
{
    let outcome = try SeededRun.run(seed: seed) { world in
        let net = try Net(world)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await net.serve() }
            try await world.clock.sleep(for: .nanoseconds(0))
            await Task.yield()
            while await net.code({ try await net.near.request([0], to: net.farID, deadline: nil) }) != nil {
                try Task.checkCancellation()
            }
            net.handled.withLock { $0 = 0 }
            defer { group.cancelAll() }
            return try await body(net)
        }
    }
    return try outcome.result.get()
}
