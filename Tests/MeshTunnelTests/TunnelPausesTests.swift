import MeshCore
import MeshTunnel
import Testing

@Suite struct `The pauses of a tunnel` {
    private let pauses = TunnelPauses(TunnelConfiguration())

    private func draws(_ draw: (inout SeededGenerator) -> Duration) -> [Duration] {
        var generator = SeededGenerator(seed: 7)
        return (0..<2_000).map { _ in draw(&generator) }
    }

    /// Whether they fill the range from `least` to `most`, rather than lie somewhere in it.
    private func fill(_ drawn: [Duration], _ least: Duration, _ most: Duration) -> Bool {
        let margin = (most - least) / 50
        let (low, high) = (drawn.min() ?? .zero, drawn.max() ?? .zero)
        let sum = drawn.reduce(Duration.zero, +) / drawn.count
        let isEven = sum > least + (most - least) * 9 / 20 && sum < least + (most - least) * 11 / 20
        return low >= least && low < least + margin && high <= most && high > most - margin && isEven
    }

    @Test func `double from one second to a minute, and are drawn from nothing on`() {
        #expect((0...8).map { pauses.range(after: $0) } == [1, 2, 4, 8, 16, 32, 60, 60, 60].map { .seconds($0) })
        #expect(pauses.range(after: 1_000_000) == .seconds(60))
        let error = DialError(.unreachable, "")
        for failures in [1, 3, 9] {
            let drawn = draws { pauses.pause(after: error, failures: failures, &$0) }
            #expect(fill(drawn, .zero, pauses.range(after: failures)))
        }
    }

    @Test func `after a loss are drawn from the window that the hub said, however long, within a bound`() {
        var pauses = pauses
        #expect(fill(draws { pauses.pauseAfterLoss(failures: 0, &$0) }, .zero, .seconds(1)))
        pauses.heard(window: .seconds(30))
        #expect(fill(draws { pauses.pauseAfterLoss(failures: 0, &$0) }, .zero, .seconds(30)))
        #expect(fill(draws { pauses.pauseAfterLoss(failures: 9, &$0) }, .zero, .seconds(60)))
        pauses.heard(window: .seconds(1_000_000))
        #expect(fill(draws { pauses.pauseAfterLoss(failures: 0, &$0) }, .zero, Limits.Tunnel.longestWindow))
        pauses.heard(window: .seconds(-5))
        #expect(draws { pauses.pauseAfterLoss(failures: 0, &$0) }.allSatisfy { $0 == .zero })
    }

    @Test func `after a refusal are what the hub asks and a little, within a bound`() {
        let asked = DialError(.refused, "", retryAfter: .seconds(20))
        #expect(fill(draws { pauses.pause(after: asked, failures: 9, &$0) }, .seconds(20), .seconds(21)))
        let rude = DialError(.refused, "", retryAfter: .seconds(1_000_000))
        let longest = Limits.Tunnel.longestRetryAfter
        #expect(fill(draws { pauses.pause(after: rude, failures: 1, &$0) }, longest, longest + .seconds(1)))
    }

    @Test func `before a replacement end while the hub still waits`() {
        let farewell = TunnelRig.farewell(window: .seconds(60), patience: .seconds(10))
        #expect(fill(draws { pauses.pause(before: farewell, &$0) }, .zero, .seconds(5)))
        let short = TunnelRig.farewell(window: .seconds(2), patience: .seconds(10))
        #expect(fill(draws { pauses.pause(before: short, &$0) }, .zero, .seconds(2)))
    }

    @Test func `of the slow lane double up to an hour, and are still drawn then`() {
        #expect(fill(draws { pauses.slowLane(doublings: 0, &$0) }, .seconds(60), .seconds(120)))
        #expect(fill(draws { pauses.slowLane(doublings: 2, &$0) }, .seconds(240), .seconds(480)))
        #expect(fill(draws { pauses.slowLane(doublings: 63, &$0) }, .seconds(1_800), .seconds(3_600)))
    }

    @Test func `are forgotten only after a link has lasted, the longer the more there were`() {
        #expect(fill(draws { pauses.grace(after: 0, &$0) }, .seconds(1), .seconds(2)))
        #expect(fill(draws { pauses.grace(after: 4, &$0) }, .seconds(16), .seconds(32)))
    }
}

@Suite struct `A tunnel's patience` {
    @Test func `ends after ten attempts, and begins anew after one to two minutes`() throws {
        var rig = TunnelRig()
        _ = try rig.machine.start(now: rig.now)
        for _ in 0..<10 {
            rig.fail(rig.making)
            if rig.phase == .connecting { rig.waitForDial() }
        }
        guard case .failed(let failure) = rig.machine.state, let triesAt = failure.triesAt else {
            Issue.record("it has not failed: \(rig.machine.state)")
            return
        }
        #expect(failure.reason == .attemptsSpent("words"))
        #expect((Duration.seconds(60)...Duration.seconds(120)).contains(triesAt - rig.now))
        rig.waitForDial()
        #expect(rig.phase == .connecting)
    }

    @Test func `is longer each time that nobody believes the certificate, until a hub does`() throws {
        var rig = TunnelRig()
        _ = try rig.machine.start(now: rig.now)
        var pauses: [Duration] = []
        for _ in 0..<4 {
            rig.fail(rig.making, .notAuthenticated)
            let found = rig.triesAt
            let triesAt = try #require(found)
            pauses.append(triesAt - rig.now)
            rig.waitForDial()
        }
        for (index, pause) in pauses.enumerated() {
            let shortest = Duration.seconds(60) * (1 << index)
            #expect(pause >= shortest && pause <= shortest * 2)
        }
        _ = rig.open()
        _ = rig.answer(rig.making)
        rig.becomeWell()
        rig.end(rig.current)
        rig.waitForDial()
        rig.fail(rig.making, .incompatible)
        let found = rig.triesAt
        let triesAt = try #require(found)
        #expect(triesAt - rig.now <= .seconds(120))
    }

    @Test func `counts a link that did not last like a vain attempt, and forgets after one that did`() throws {
        var rig = TunnelRig()
        try rig.connect()
        for number in 2...6 {
            rig.end(rig.current)
            let found = rig.attempt
            let attempt = try #require(found)
            #expect(attempt.number == number)
            rig.waitForDial()
            _ = rig.open()
            _ = rig.answer(rig.making)
        }
        while rig.now < Instant(nanoseconds: 1_000_000_000_000) {
            if case .probe(let probe) = rig.wait() { _ = rig.answer(probe.link) }
        }
        rig.end(rig.current)
        let found = rig.attempt
        let attempt = try #require(found)
        #expect(attempt.number == 1)
    }

    @Test func `with attempts has a bound, and at least one is made`() throws {
        for (asked, made) in [(0, 1), (1_000_000, Limits.Tunnel.maximumAttempts)] {
            var rig = TunnelRig { $0.attempts = asked }
            _ = try rig.machine.start(now: rig.now)
            let found = rig.attempt
            let attempt = try #require(found)
            #expect(attempt.limit == made)
        }
    }

    @Test func `with a dial that addresses interrupt begins after a second`() throws {
        var rig = TunnelRig()
        _ = try rig.machine.start(now: rig.now)
        rig.now = rig.now + (Limits.Tunnel.shortestDial - .nanoseconds(1))
        #expect(rig.machine.addressesChanged(now: rig.now) == .nothing)
        rig.now = rig.now + .nanoseconds(1)
        #expect(rig.machine.addressesChanged(now: rig.now) != .nothing)
    }

    @Test func `with links that retire has a bound in number and in time`() throws {
        var rig = TunnelRig()
        try rig.connect()
        rig.becomeWell()
        for _ in 0..<Limits.Tunnel.maximumRetiring {
            _ = try rig.machine.renew(now: rig.now)
            _ = rig.open()
            _ = rig.answer(rig.making)
        }
        let oldest = rig.machine.retiringLinks.first
        #expect(rig.machine.retiringLinks.count == Limits.Tunnel.maximumRetiring)
        #expect((rig.machine.nextDeadline ?? .origin) > rig.now)
        _ = try rig.machine.renew(now: rig.now)
        _ = rig.open()
        _ = rig.answer(rig.making)
        #expect(rig.wait() == oldest.map { .close($0) })
        #expect(rig.machine.retiringLinks.count == Limits.Tunnel.maximumRetiring)
        rig.now = rig.now + .seconds(60)
        for _ in 0..<Limits.Tunnel.maximumRetiring { _ = rig.wait() }
        #expect(rig.machine.retiringLinks.isEmpty)
    }

    @Test func `with a hub that leaves is bounded, whatever the hub says`() throws {
        var rig = TunnelRig()
        try rig.connect()
        rig.becomeWell()
        let farewell = TunnelRig.farewell(window: .zero, patience: .seconds(1_000_000))
        _ = rig.machine.linkLeaving(rig.current, farewell, now: rig.now, &rig.generator)
        let left = rig.now
        _ = rig.wait()
        _ = rig.open()
        _ = rig.answer(rig.making)
        for _ in 0..<10_000 where rig.machine.retiringLinks.count == 1 {
            if case .probe(let probe) = rig.wait() { _ = rig.answer(probe.link) }
        }
        #expect(rig.now - left == Limits.Tunnel.longestPatience)
    }

    @Test func `with an early error of a probe lasts until the probe's deadline`() throws {
        var rig = TunnelRig()
        try rig.connect()
        rig.becomeWell()
        guard case .probe(let first) = rig.wait() else {
            Issue.record("the hub was not asked")
            return
        }
        var asked = 1
        var closed: LinkID?
        while closed == nil {
            _ = rig.miss(first.link)
            switch rig.wait() {
            case .probe(let probe):
                #expect(probe.deadline == first.deadline)
                asked += 1
            case .close(let link): closed = link
            case .nothing, .dial, .giveUp: Issue.record("neither asked again nor given up")
            }
        }
        #expect(asked == 5 && closed == first.link && rig.now == first.deadline)
        #expect(rig.phase == .reconnecting)
    }

    @Test func `is renewed by whatever the hub's actors say to others`() throws {
        var rig = TunnelRig()
        try rig.connect()
        rig.becomeWell()
        _ = rig.wait()
        rig.machine.heard(over: rig.current, now: rig.now)
        #expect(rig.machine.nextDeadline == rig.now + .seconds(5))
        rig.machine.heard(over: TunnelRig.stale, now: rig.now + .seconds(1))
        #expect(rig.machine.nextDeadline == rig.now + .seconds(5))
    }
}
