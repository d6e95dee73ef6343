internal import MeshActors
package import MeshCore
package import MeshIO
package import MeshQUIC

/// A hub, and edges that connect, ask, change their minds and leave, as fast as they can.
package final class LinkChurn: Sendable {
    /// What was done.
    package struct Counts: Hashable, Sendable {
        /// Connections made and closed.
        package var connections = 0
        /// Requests answered rightly.
        package var requests = 0
        /// Requests whose caller left first.
        package var cancelled = 0
        /// What should have worked and did not.
        package var failed = 0
    }

    private let loop: EventLoop
    private let clock: any Clock
    private let authority: PeerAuthority
    private let hub: QUICTransport
    private let counts = Lock(Counts())

    private init(loop: EventLoop, clock: any Clock, authority: PeerAuthority, hub: QUICTransport) {
        self.loop = loop
        self.clock = clock
        self.authority = authority
        self.hub = hub
    }

    /// Opens the hub.
    package static func start(loop: EventLoop, clock: any Clock) async throws -> LinkChurn {
        let authority = try PeerAuthority.make(clock: clock)
        let hub = try await QUICTransport(
            loop: loop,
            address: .loopbackIPv4(port: 0),
            accepts: true,
            credentials: try authority.credentials(.hub, "hub-1"),
            verifier: authority.verifier,
            software: "churn/1",
            clock: clock
        )
        return LinkChurn(loop: loop, clock: clock, authority: authority, hub: hub)
    }

    /// Has `workers` edges come and go until `end`.
    package func run(until end: Instant, workers: Int, seed: UInt64) async throws -> Counts {
        var generator = SeededGenerator(seed: seed)
        counts.withLock { $0 = Counts() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            // Without a memory of its own, which would look like a leak.
            group.addTask { await self.hub.serve { NumberedRequest(payload: $0.payload)?.answer ?? [] } }
            try await withThrowingTaskGroup(of: Void.self) { edges in
                for worker in 0..<workers {
                    let share = generator.split()
                    edges.addTask { try await self.comeAndGo("edge-\(worker)", until: end, share) }
                }
                try await edges.waitForAll()
            }
            group.cancelAll()
        }
        return counts.withLock { $0 }
    }

    /// Waits until the hub has forgotten everybody, at most as long as a close takes, and says what is left.
    package func settle() async throws -> TransportStatistics {
        let end = clock.now + .seconds(10)
        while clock.now < end {
            let left = await hub.statistics()
            if left.connections == 0 { return left }
            try await clock.sleep(for: .milliseconds(20))
        }
        return await hub.statistics()
    }

    /// Closes the hub.
    package func end() async { await hub.close() }

    private func comeAndGo(_ name: String, until end: Instant, _ generator: SeededGenerator) async throws {
        var generator = generator
        let credentials = try authority.credentials(.edge, name)
        var lastNumber = UInt64(0)
        while clock.now < end {
            let edge = try await QUICTransport(
                loop: loop,
                address: .loopbackIPv4(port: 0),
                accepts: false,
                credentials: credentials,
                verifier: authority.verifier,
                software: "churn/1",
                clock: clock
            )
            do throws(QUICError) {
                let node = try await edge.connect(to: hub.localAddress, serverName: .dns("localhost"))
                for _ in 0..<generator.integer(in: 0...8) {
                    lastNumber += 1
                    await ask(edge, node, lastNumber, &generator)
                }
                counts.withLock { $0.connections += 1 }
            } catch {
                counts.withLock { $0.failed += 1 }
            }
            await edge.close()
        }
    }

    /// Asks once, a little or a lot, and one time in four leaves before the answer.
    private func ask(
        _ edge: QUICTransport,
        _ node: NodeID,
        _ number: UInt64,
        _ generator: inout SeededGenerator
    ) async {
        let request = NumberedRequest(number: number, wantedBytes: generator.integer(in: 0...100_000))
        let payload = request.payload(byteCount: generator.integer(in: 12...50_000))
        let leaves = generator.chance(1, in: 4)
        let deadline = leaves ? clock.now + .microseconds(generator.integer(in: 0...500)) : nil
        let answer = try? await edge.request(payload, to: node, deadline: deadline)
        counts.withLock { counts in
            if answer == request.answer {
                counts.requests += 1
            } else if leaves, answer == nil {
                counts.cancelled += 1
            } else {
                counts.failed += 1
            }
        }
    }
}
