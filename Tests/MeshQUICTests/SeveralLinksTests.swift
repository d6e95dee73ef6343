import MeshActors
import MeshCore
import MeshIO
import MeshQUIC
import Testing

@Suite(.timeLimit(.minutes(2))) struct `Several links to one name` {
    @Test func `are those of one identity`() async throws {
        try await LinkPair.run { pair in
            let node = try await pair.connect()
            let witness = WitnessedLinks()
            let stranger = try await LinkPair.transport(
                pair.loop,
                .loopbackIPv4(port: 0),
                accepts: false,
                try pair.authority.credentials(.edge, "laptop-7", of: "other"),
                pair.authority,
                QUICConfiguration(),
                witness
            )
            // The hub's hello may be there before its refusal.
            _ = try? await stranger.connect(to: pair.hubAddress, serverName: .dns("localhost"))
            let words = "is taken by spiffe://mesh/acme/edge/laptop-7"
            let told = try await witness.closed.wait()
            #expect(told.side == .peer && told.kind == .application(1) && told.message.contains(words), "\(told)")
            let heard = try await pair.hubLinks.closed.wait()
            #expect(heard.side == .us && heard.message.contains(words), "\(heard)")
            #expect(try await pair.ask(node))
            await stranger.close()
        }
    }

    @Test func `are those of one role`() async throws {
        try await Hubs.run { hubs in
            // The edge is there first: the hub of its name must not get what is meant for it.
            _ = try await hubs.edge.connect(to: hubs.all[1].localAddress, serverName: .dns("localhost"))
            _ = try? await hubs.all[0].connect(to: hubs.all[1].localAddress, serverName: .dns("localhost"))
            while await !hubs.all[0].connectedNodes().isEmpty { await Task.yield() }
            #expect(await hubs.all[1].connectedNodes() == [hubs.names[0]])
            #expect(try await hubs.edge.request([7], to: hubs.names[1], deadline: nil) == [7])
        }
    }

    @Test func `become one without a loss where both nodes dial at once`() async throws {
        try await Hubs.run { hubs in
            for _ in 0..<20 {
                async let first = hubs.dialAndAsk(0)
                async let second = hubs.dialAndAsk(1)
                let answered = try await [first, second]
                #expect(answered == [20, 20])
                #expect(Limits.Link.surplusPatience > QUICConfiguration().idleTimeout, "a dead link ends before")
                for hub in hubs.all {
                    while true {
                        let found = await hub.statistics()
                        if found.connections == 1, found.links == 1 { break }
                        await Task.yield()
                    }
                }
                #expect(try await hubs.ask(0))
                #expect(try await hubs.ask(1))
                await hubs.all[0].disconnect(from: hubs.names[1])
                for hub in hubs.all { while await hub.statistics().connections > 0 { await Task.yield() } }
            }
        }
    }

    @Test func `are all waited for by a node that leaves`() async throws {
        try await Hubs.run { hubs in
            _ = try await hubs.all[0].connect(to: hubs.all[1].localAddress, serverName: .dns("localhost"))
            while await hubs.all[1].connectedNodes().isEmpty { await Task.yield() }
            async let slow = hubs.all[1].request([1], to: hubs.names[0], deadline: nil)
            while await hubs.started() == 0 { await Task.yield() }
            // The peer leaves; what it is answered meanwhile must reach it although we leave, too.
            async let second: Void = hubs.all[1].leave("second", patience: .seconds(60))
            while await !hubs.all[0].connectedNodes().isEmpty { await Task.yield() }
            #expect(await hubs.all[0].statistics(to: hubs.names[1]) != nil)
            async let first: Void = hubs.all[0].leave("first", patience: .seconds(60))
            try await hubs.clock.sleep(for: .milliseconds(100))
            hubs.release.open(true)
            let answer = try await slow
            #expect(answer == [1])
            await first
            await second
        }
    }

    @Test func `end for both where a node is told to leave twice`() async throws {
        try await Hubs.run { hubs in
            _ = try await hubs.all[0].connect(to: hubs.all[1].localAddress, serverName: .dns("localhost"))
            while await hubs.all[1].connectedNodes().isEmpty { await Task.yield() }
            async let slow = hubs.all[1].request([1], to: hubs.names[0], deadline: nil)
            while await hubs.started() == 0 { await Task.yield() }
            async let once: Void = hubs.all[1].leave("once", patience: .seconds(60))
            while await !hubs.all[0].connectedNodes().isEmpty { await Task.yield() }
            async let twice: Bool = hubs.leaveAndSeeWhetherGone(1)
            try await hubs.clock.sleep(for: .milliseconds(100))
            hubs.release.open(true)
            let isGone = await twice
            #expect(isGone)
            let answer = try await slow
            #expect(answer == [1])
            await once
        }
    }
}

/// Two hubs, each on a loop of its own, that answer after a moment.
private struct Hubs: Sendable {
    let all: [QUICTransport]
    let names: [NodeID]
    /// Another node that has the name of the first.
    let edge: QUICTransport
    /// Lets those be answered who ask for `[1]`.
    let release = OneShot<Bool>()
    let clock: MachineClock
    private let requests: Lock<Int>

    static func run(_ body: (Hubs) async throws -> Void) async throws {
        let loops = [try EventLoop.start(name: "hub-1"), try EventLoop.start(name: "hub-2")]
        defer { for loop in loops { loop.stop() } }
        let clock = MachineClock(loop: loops[0])
        let authority = try SampleAuthority(clock: clock)
        var all: [QUICTransport] = []
        for loop in loops {
            let credentials = try authority.credentials(.hub, loop.name)
            let address = SocketAddress.loopbackIPv4(port: 0)
            all.append(try await LinkPair.transport(loop, address, accepts: true, credentials, authority))
        }
        let edge = try await LinkPair.transport(
            loops[0],
            .loopbackIPv4(port: 0),
            accepts: false,
            try authority.credentials(.edge, "hub-1"),
            authority
        )
        let names = try loops.map { try NodeID($0.name) }
        let hubs = Hubs(all: all, names: names, edge: edge, clock: clock, requests: Lock(0))
        let result: Result<Void, any Error> = await withTaskGroup(of: Void.self) { group in
            for hub in all {
                group.addTask {
                    await hub.serve { request in
                        hubs.requests.withLock { $0 += 1 }
                        if request.payload == [1] {
                            _ = try? await hubs.release.wait()
                        } else {
                            try? await clock.sleep(for: .milliseconds(20))
                        }
                        return request.payload
                    }
                }
            }
            for hub in all { while !(await hub.serves()) { await Task.yield() } }
            defer { group.cancelAll() }
            do { return .success(try await body(hubs)) } catch { return .failure(error) }
        }
        for end in all + [edge] { await end.close() }
        try result.get()
    }

    /// Whether nothing is connected any more once a hub has left.
    func leaveAndSeeWhetherGone(_ index: Int) async -> Bool {
        await all[index].leave("twice", patience: .seconds(60))
        return await all[index].statistics().connections == 0
    }

    func started() async -> Int { requests.withLock { $0 } }

    func ask(_ index: Int) async throws -> Bool {
        try await all[index].request([7], to: names[1 - index], deadline: nil) == [7]
    }

    /// Dials the other hub and asks it in the same moment; returns how many requests were answered.
    func dialAndAsk(_ index: Int) async throws -> Int {
        _ = try await all[index].connect(to: all[1 - index].localAddress, serverName: .dns("localhost"))
        return try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<20 { group.addTask { try await askUntilSent(index) } }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
    }

    /// What was never sent is asked again: between two links there may be none for a moment.
    private func askUntilSent(_ index: Int) async throws -> Bool {
        while true {
            do throws(TransportError) {
                return try await all[index].request([7], to: names[1 - index], deadline: nil) == [7]
            } catch {
                guard error.code == .unreachable else { throw error }
                await Task.yield()
            }
        }
    }
}
