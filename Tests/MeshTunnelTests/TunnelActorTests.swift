import MeshActors
import MeshCore
import MeshTestKit
import MeshTunnel
import Testing

@Suite struct `A tunnel that runs` {
    /// Runs `body` beside a tunnel to `one` and `two` under a few seeds; afterwards nothing may be left of it.
    private func forSeeds(
        _ change: @escaping @Sendable (inout TunnelConfiguration) -> Void = { _ in },
        _ body: @escaping @Sendable (TunnelActor, TunnelGround, VirtualClock) async throws -> Void
    ) throws {
        for seed in 1...10 as ClosedRange<UInt64> {
            let outcome = try SeededRun.run(seed: seed) { world in
                let ground = TunnelGround(clock: world.clock)
                let tunnel = try ground.tunnel("one:1", "two:2", generator: world.generator, change)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { await tunnel.run() }
                    defer { group.cancelAll() }
                    try await body(tunnel, ground, world.clock)
                }
                try check(ground.openLinks.isEmpty, "links outlive the tunnel")
                try check(ground.log.withLock { $0.dialsUnderWay } == 0, "a dial outlives the tunnel")
            }
            try outcome.result.get()
        }
    }

    private func connect(_ tunnel: TunnelActor, _ clock: VirtualClock) async throws {
        try await tunnel.start()
        try await tunnel.waitUntilConnected(deadline: clock.now + .seconds(5))
    }

    @Test func `connects once the hub's actors have answered, and counts it`() throws {
        try forSeeds { tunnel, ground, clock in
            ground.rule.withLock { $0.silent = ["one"] }
            try await tunnel.start()
            try await clock.sleep(for: .seconds(4))
            try check(tunnel.state.phase == .connecting, "connected to a hub that hangs")
            ground.rule.withLock { $0.silent = [] }
            try await tunnel.waitUntilConnected(deadline: clock.now + .seconds(2))
            try check(tunnel.state.hub?.text == "one", "\(tunnel.state)")
            try await clock.sleep(for: .seconds(96))
            let statistics = await tunnel.statistics()
            try check(statistics.connections == 1 && statistics.attempts == 1, "\(statistics)")
            try check(statistics.figures.bytesSent == 100, "\(statistics)")
            try check(statistics.figures.roundTrip == .milliseconds(20), "\(statistics)")
            try check((940_000...980_000).contains(statistics.availabilityPartsPerMillion), "\(statistics)")
            try check((15...25).contains(statistics.probesAnswered), "\(statistics)")
        }
    }

    @Test func `goes to the next hub when one hangs, and comes back to the first when it loses the second`() throws {
        try forSeeds { tunnel, ground, clock in
            try await connect(tunnel, clock)
            ground.rule.withLock { $0.silent = ["one"] }
            try await clock.sleep(for: .milliseconds(10_005))
            try check(tunnel.state.phase != .connected, "it has not noticed that nobody answers")
            try await tunnel.waitUntilConnected(deadline: clock.now + .seconds(2))
            try check(tunnel.state.hub?.text == "two", "\(tunnel.state)")
            try check(ground.log.withLock { $0.dialled } == ["one:1", "two:2"], "the dead one was tried again")
            try check(ground.openLinks.count == 1, "\(ground.openLinks.count) links")
            ground.rule.withLock { $0.silent = [] }
            try await clock.sleep(for: .seconds(20))
            ground.openLinks.first?.tell(.ended("cut"))
            try await clock.sleep(for: .milliseconds(1))
            try await tunnel.waitUntilConnected(deadline: clock.now + .seconds(10))
            try check(tunnel.state.hub?.text == "one", "\(tunnel.state)")
            let statistics = await tunnel.statistics()
            try check(statistics.reconnects == 2 && statistics.figures.bytesSent >= 300, "\(statistics)")
        }
    }

    @Test func `follows a farewell to the hub that it names, without a break`() throws {
        try forSeeds { tunnel, ground, clock in
            try await connect(tunnel, clock)
            let first = ground.openLinks[0]
            let farewell = HubFarewell(
                patience: .seconds(10),
                message: "restart",
                alternates: ["three:3"],
                window: .seconds(2)
            )
            let seen = Lock<[TunnelState.Phase]>([])
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for await state in tunnel.states { seen.withLock { $0.append(state.phase) } }
                }
                try await clock.sleep(for: .seconds(5))
                first.tell(.leaving(farewell))
                try await clock.sleep(for: .seconds(4))
                group.cancelAll()
            }
            try check(tunnel.state.hub?.text == "three", "\(tunnel.state)")
            try check(seen.withLock { Set($0) } == [.connected], "\(seen.withLock { $0 })")
            try check(first.isRetired && !first.isOver, "the old link was not retired")
            try check(ground.log.withLock { $0.dialled } == ["one:1", "three:3"], "dialled elsewhere")
            try await clock.sleep(for: .seconds(8))
            try check(first.isOver, "the old link outlives the patience of its hub")
            try check(await tunnel.statistics().replacements == 1, "not counted")
        }
    }

    @Test func `makes a new link to the same hub when it is renewed, and keeps the old one where that fails`() throws {
        try forSeeds { tunnel, ground, clock in
            try await connect(tunnel, clock)
            try await clock.sleep(for: .seconds(5))
            try await tunnel.renewLink()
            guard case .connected(let connection) = tunnel.state else { throw TunnelError(.over, "\(tunnel.state)") }
            try check(connection.link.number == 2 && ground.log.withLock { $0.dialled } == ["one:1", "one:1"], "no")
            let error = DialError(.notAuthenticated, "nobody knows you")
            ground.rule.withLock { $0.errors = ["one": error] }
            do throws(TunnelError) {
                try await tunnel.renewLink()
                throw TunnelError(.over, "it was renewed")
            } catch {
                try check(error.code == .notRenewed && error.message.contains("nobody knows you"), "\(error)")
            }
            try check(tunnel.state.phase == .connected, "\(tunnel.state)")
            try await tunnel.stop()
            do throws(TunnelError) {
                try await tunnel.renewLink()
                throw TunnelError(.over, "it was renewed")
            } catch { try check(error.code == .notConnected, "\(error)") }
        }
    }

    @Test func `migrates when its addresses change, and reconnects where that does not help`() throws {
        try forSeeds { tunnel, ground, clock in
            try await connect(tunnel, clock)
            try await clock.sleep(for: .seconds(2))
            let probes = ground.log.withLock { $0.probes }
            ground.changeAddress()
            try await clock.sleep(for: .milliseconds(50))
            try check(ground.log.withLock { $0.migrations == 1 && $0.probes == probes + 1 }, "it was not asked")
            try check(await tunnel.statistics().migrations == 1, "not counted")
            ground.rule.withLock { rule in
                rule.canMigrate = false
                rule.silent = ["one"]
            }
            ground.changeAddress()
            try await clock.sleep(for: .milliseconds(4_900))
            try check(await tunnel.statistics().reconnects == 0, "it did not wait for an answer")
            try await clock.sleep(for: .milliseconds(2_000))
            try check(tunnel.state.hub?.text == "two", "\(tunnel.state)")
            try check(await tunnel.statistics().reconnects == 1, "not counted")
        }
    }

    @Test func `does not wait for a pause when its addresses change or somebody asks`() throws {
        try forSeeds { tunnel, ground, clock in
            ground.rule.withLock { $0.errors = ["one": DialError(.refused, "full", retryAfter: .seconds(300))] }
            ground.rule.withLock { $0.errors["two"] = $0.errors["one"] }
            try await tunnel.start()
            try await clock.sleep(for: .seconds(1))
            try check(ground.log.withLock { $0.dialled.count } == 1, "it did not wait")
            ground.changeAddress()
            try await clock.sleep(for: .seconds(1))
            try check(ground.log.withLock { $0.dialled.count } == 2, "it waited")
            try await tunnel.reconnectNow()
            try await clock.sleep(for: .seconds(1))
            try check(ground.log.withLock { $0.dialled.count } == 3, "it waited")
        }
    }

    @Test func `stops at once, whatever is under way, and starts again`() throws {
        try forSeeds { tunnel, ground, clock in
            ground.rule.withLock { $0.dialTime = .seconds(9) }
            try await tunnel.start()
            try await clock.sleep(for: .seconds(1))
            try await tunnel.stop()
            try await clock.sleep(for: .milliseconds(1))
            try check(ground.log.withLock { $0.dialsUnderWay } == 0, "it still dials")
            try check("\(tunnel.state)" == "failed: stopped", "\(tunnel.state)")
            do throws(TunnelError) {
                try await tunnel.reconnectNow()
                throw TunnelError(.over, "it was hurried")
            } catch { try check(error.code == .illegalMove, "\(error)") }
            ground.rule.withLock { $0.dialTime = .milliseconds(20) }
            try await connect(tunnel, clock)
            try await tunnel.stop()
            try check(tunnel.state == .disconnected, "\(tunnel.state)")
            try await clock.sleep(for: .seconds(1))
            try check(ground.openLinks.isEmpty, "a link is left")
            let statistics = await tunnel.statistics()
            try await clock.sleep(for: .seconds(50))
            try check(await tunnel.statistics().timeWanted == statistics.timeWanted, "nobody wanted it")
        }
    }

    @Test func `gives a dial up that takes too long`() throws {
        try forSeeds { tunnel, ground, clock in
            ground.rule.withLock { $0.dialTime = .seconds(1_000) }
            try await tunnel.start()
            try await clock.sleep(for: .milliseconds(10_050))
            try check(ground.log.withLock { $0.dialsUnderWay } == 0, "it still dials")
            guard case .connecting(let attempt) = tunnel.state else { throw TunnelError(.over, "\(tunnel.state)") }
            try check(attempt.number == 2 && attempt.lastError == "nobody said hello in time", "\(attempt)")
        }
    }

    @Test func `fails without the slow lane, and says so to who waits`() throws {
        let change = { @Sendable (configuration: inout TunnelConfiguration) in
            configuration.attempts = 3
            configuration.hasSlowLane = false
        }
        try forSeeds(change) { tunnel, ground, clock in
            let error = DialError(.unreachable, "no route")
            ground.rule.withLock { $0.errors = ["one": error, "two": error] }
            try await tunnel.start()
            do throws(TunnelError) {
                try await tunnel.waitUntilConnected(deadline: clock.now + .seconds(100))
                throw TunnelError(.illegalMove, "it is connected")
            } catch { try check(error.code == .over && error.message.contains("no route"), "\(error)") }
            try await clock.sleep(for: .seconds(10_000))
            try check(ground.log.withLock { $0.dialled } == ["one:1", "two:2", "one:1"], "it went on")
        }
    }

    @Test func `says so to who waits when the time is over`() throws {
        try forSeeds { tunnel, _, clock in
            let begun = clock.now
            do throws(TunnelError) {
                try await tunnel.waitUntilConnected(deadline: begun + .seconds(3))
                throw TunnelError(.over, "it is connected")
            } catch { try check(error.code == .timedOut && clock.now == begun + .seconds(3), "\(error)") }
        }
    }

    @Test func `follows announcements, and its own name where there are none`() throws {
        for seed in 1...5 as ClosedRange<UInt64> {
            let outcome = try SeededRun.run(seed: seed) { world in
                let ground = TunnelGround(clock: world.clock)
                let record = ServiceRecord(priority: 0, weight: 0, host: "far.sim.", port: 9)
                ground.rule.withLock { rule in
                    rule.services["mesh"] = [record]
                    rule.errors["far.sim"] = DialError(.unreachable, "")
                }
                let tunnel = try ground.tunnel("nowhere:1", "mesh", "plain", generator: world.generator)
                await withTaskGroup(of: Void.self) { group in
                    group.addTask { await tunnel.run() }
                    try? await tunnel.start()
                    try? await tunnel.waitUntilConnected(deadline: world.clock.now + .seconds(60))
                    group.cancelAll()
                }
                try check(ground.log.withLock { $0.dialled } == ["far.sim:9", "plain:7411"], "elsewhere")
            }
            try outcome.result.get()
        }
    }

    @Test func `has a bound on links that finish what is under way`() throws {
        try forSeeds { tunnel, ground, clock in
            try await connect(tunnel, clock)
            for _ in 0..<Limits.Tunnel.maximumRetiring * 3 {
                try await tunnel.renewLink()
                try await clock.sleep(for: .milliseconds(10))
                let open = ground.openLinks.count
                try check(open <= Limits.Tunnel.maximumRetiring + 1, "\(open) links are open")
            }
        }
    }

    @Test func `begins no further link where too many do not come to their end`() throws {
        let change = { @Sendable (configuration: inout TunnelConfiguration) in configuration.attempts = 100 }
        try forSeeds(change) { tunnel, ground, clock in
            ground.rule.withLock { rule in
                rule.isStubborn = true
                rule.silent = ["one", "two"]
            }
            try await tunnel.start()
            try await clock.sleep(for: .seconds(3_000))
            try check(ground.openLinks.count == Limits.Tunnel.maximumLinks, "\(ground.openLinks.count) links")
            let statistics = await tunnel.statistics()
            try check(statistics.attempts > UInt64(Limits.Tunnel.maximumLinks) * 2, "it has given up")
            try check(statistics.lastError?.hasPrefix("too many links") == true, "\(statistics.lastError ?? "")")
            ground.rule.withLock { $0 = TunnelGround.Rule() }
            for link in ground.openLinks { link.tell(.ended("at last")) }
            try await tunnel.waitUntilConnected(deadline: clock.now + .seconds(120))
        }
    }
}

@Suite struct `Who watches a tunnel` {
    @Test func `sees every state, or the newest if he is slow, and an end`() throws {
        let outcome = try SeededRun.run(seed: 4) { world in
            let ground = TunnelGround(clock: world.clock)
            let tunnel = try ground.tunnel("one:1", generator: world.generator)
            let quick = Lock<[TunnelState]>([])
            let slow = Lock<[TunnelState]>([])
            let moves = Limits.Tunnel.statesKept
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await tunnel.run() }
                group.addTask { for await state in tunnel.states { quick.withLock { $0.append(state) } } }
                var states = tunnel.states.makeAsyncIterator()
                if let first = await states.next() { slow.withLock { $0.append(first) } }
                for _ in 0..<moves {
                    try await tunnel.start()
                    try await world.clock.sleep(for: .milliseconds(1))
                    try await tunnel.stop()
                    try await world.clock.sleep(for: .milliseconds(1))
                }
                for _ in 0..<moves { if let next = await states.next() { slow.withLock { $0.append(next) } } }
                try check(slow.withLock { $0.last } == tunnel.state, "the newest state was dropped")
                group.cancelAll()
                try await world.clock.sleep(for: .seconds(1))
                try check(await states.next() == nil, "it goes on")
            }
            // The one before the first depends on who comes first.
            let seen = quick.withLock { $0.count }
            try check((2 * moves...2 * moves + 1).contains(seen), "\(seen) states were seen")
        }
        try outcome.result.get()
    }

    @Test func `is one of many, but not of too many`() throws {
        let outcome = try SeededRun.run(seed: 4) { world in
            let ground = TunnelGround(clock: world.clock)
            let tunnel = try ground.tunnel("one:1", generator: world.generator)
            let ended = Lock(0)
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<Limits.Tunnel.maximumWatchers + 3 {
                    group.addTask {
                        for await _ in tunnel.states {}
                        ended.withLock { $0 += 1 }
                    }
                }
                try? await world.clock.sleep(for: .seconds(1))
                group.cancelAll()
                let early = ended.withLock { $0 }
                if early != 3 { ended.withLock { $0 = -1_000_000 } }
            }
            try check(ended.withLock { $0 } == Limits.Tunnel.maximumWatchers + 3, "\(ended.withLock { $0 })")
        }
        try outcome.result.get()
    }
}

/// Throws where `condition` does not hold; expectations do not belong on the seeded executor.
private func check(_ condition: Bool, _ words: @autoclosure () -> String) throws {
    guard condition else { throw TunnelError(.over, words()) }
}
