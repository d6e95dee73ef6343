import MeshCore
import MeshIO
import MeshProxy
import Testing

@Suite struct `One direction of a bad link` {
    private func fates(_ rule: LinkRule, seed: UInt64) -> [ProxyStateMachine.DatagramArrivedAction] {
        var machine = ProxyStateMachine(rule: rule, seed: seed)
        return (0..<1_000).map { _ in machine.datagramArrived(byteCount: 100, now: .origin) }
    }

    /// Everything that leaves until `end`, as number and moment.
    private func drain(_ machine: inout ProxyStateMachine, to end: Instant) -> [(number: UInt64, at: Instant)] {
        var sent: [(UInt64, Instant)] = []
        while let now = machine.nextDeadline, now <= end {
            while case .send(let number, _, _) = machine.deadlineReached(now: now) { sent.append((number, now)) }
        }
        return sent
    }

    @Test func `a perfect link sends on at once and in order`() {
        var machine = ProxyStateMachine(rule: LinkRule(), seed: 1)
        for number in 1...3 {
            #expect(machine.datagramArrived(byteCount: 10, now: .origin) == .hold(number: UInt64(number)))
        }
        #expect(machine.deadlineReached(now: .origin) == .send(number: 1, flippedBit: nil, isLast: true))
        #expect(machine.deadlineReached(now: .origin) == .send(number: 2, flippedBit: nil, isLast: true))
        #expect(machine.deadlineReached(now: .origin) == .send(number: 3, flippedBit: nil, isLast: true))
        #expect(machine.deadlineReached(now: .origin) == .none)
    }

    @Test func `a seed means the same losses, whatever else the link does`() {
        var lossy = LinkRule()
        lossy.lostPerThousand = 300
        var slow = lossy
        slow.delay = .milliseconds(200)
        slow.jitter = .milliseconds(100)
        #expect(fates(lossy, seed: 7) == fates(lossy, seed: 7))
        #expect(fates(lossy, seed: 7) == fates(slow, seed: 7))
        #expect(fates(lossy, seed: 7) != fates(lossy, seed: 8))
        let lost = fates(lossy, seed: 7).count { $0 == .drop }
        #expect((250...350).contains(lost))
    }

    @Test func `delays lie within the jitter and let datagrams overtake each other`() {
        var rule = LinkRule()
        rule.delay = .milliseconds(200)
        rule.jitter = .milliseconds(100)
        var machine = ProxyStateMachine(rule: rule, seed: 3)
        for _ in 0..<1_000 { _ = machine.datagramArrived(byteCount: 10, now: .origin) }
        let sent = drain(&machine, to: .origin + .seconds(1))
        #expect(sent.count == 1_000)
        #expect(sent.allSatisfy { $0.at >= .origin + .milliseconds(100) && $0.at <= .origin + .milliseconds(300) })
        #expect(sent.map(\.number) != sent.map(\.number).sorted())
        #expect(sent[0].at < .origin + .milliseconds(105) && sent[999].at > .origin + .milliseconds(295))
    }

    @Test func `a rate spreads datagrams out and drops what does not fit the queue`() {
        var rule = LinkRule()
        rule.bytesPerSecond = 1_000_000
        rule.queueBytes = 10_000
        var machine = ProxyStateMachine(rule: rule, seed: 1)
        for _ in 0..<20 { _ = machine.datagramArrived(byteCount: 1_000, now: .origin) }
        #expect(machine.counts.overflowed == 10)
        let sent = drain(&machine, to: .origin + .seconds(1))
        #expect(sent.map(\.at) == (1...10).map { .origin + .milliseconds($0) })
    }

    @Test func `a blackhole swallows what comes and what is on its way, until its end or until it is told`() {
        var rule = LinkRule()
        rule.delay = .milliseconds(10)
        var machine = ProxyStateMachine(rule: rule, seed: 1)
        _ = machine.datagramArrived(byteCount: 1, now: .origin)
        machine.blackholed(until: .origin + .milliseconds(50))
        #expect(machine.deadlineReached(now: .origin + .milliseconds(10)) == .forget(number: 1, isLast: true))
        #expect(machine.datagramArrived(byteCount: 1, now: .origin + .milliseconds(49)) == .drop)
        #expect(machine.datagramArrived(byteCount: 1, now: .origin + .milliseconds(50)) == .hold(number: 2))
        machine.blackholed(until: nil)
        #expect(machine.datagramArrived(byteCount: 1, now: .origin + .seconds(3_600)) == .drop)
        machine.healed()
        #expect(machine.datagramArrived(byteCount: 1, now: .origin + .seconds(3_600)) == .hold(number: 3))
        #expect(machine.counts.swallowed == 3)
    }

    @Test func `a second copy is the last, and a flipped bit lies inside`() {
        var rule = LinkRule()
        rule.duplicatedPerThousand = 1_000
        rule.corruptedPerThousand = 1_000
        rule.jitter = .milliseconds(5)
        var machine = ProxyStateMachine(rule: rule, seed: 5)
        for _ in 0..<100 { _ = machine.datagramArrived(byteCount: 3, now: .origin) }
        var copies: [UInt64: [Bool]] = [:]
        var flips: Set<Int> = []
        while let now = machine.nextDeadline {
            guard case .send(let number, let bit, let isLast) = machine.deadlineReached(now: now) else { continue }
            copies[number, default: []].append(isLast)
            if let bit { flips.insert(bit) }
        }
        #expect(copies.count == 100)
        #expect(copies.values.allSatisfy { $0 == [false, true] })
        #expect(flips == Set(0..<24))
    }

    @Test func `reordered datagrams are overtaken`() {
        var rule = LinkRule()
        rule.reorderedPerThousand = 100
        var machine = ProxyStateMachine(rule: rule, seed: 5)
        for _ in 0..<100 { _ = machine.datagramArrived(byteCount: 3, now: .origin) }
        let sent = drain(&machine, to: .origin + .seconds(1))
        #expect(sent.count == 100)
        #expect(sent.count { $0.at == .origin + .milliseconds(10) } == Int(machine.counts.reordered))
        #expect((1...30).contains(machine.counts.reordered))
    }

    @Test func `no more datagrams are held than the bound allows`() {
        var rule = LinkRule()
        rule.delay = .seconds(1)
        var machine = ProxyStateMachine(rule: rule, seed: 5)
        for _ in 0..<(Limits.Proxy.maximumHeld + 10) { _ = machine.datagramArrived(byteCount: 3, now: .origin) }
        #expect(machine.heldCount < Limits.Proxy.maximumHeld)
        #expect(machine.counts.overflowed == 11)
    }

    @Test func `what a person says is understood, and nothing else`() throws {
        let loss = try #require(ProxyCommand("loss 30"))
        #expect(loss.directions == [.up, .down] && loss.action == .loss(perThousand: 300))
        let slow = try #require(ProxyCommand("down delay 200 100"))
        #expect(slow.directions == [.down])
        #expect(slow.action == .delay(.milliseconds(200), jitter: .milliseconds(100)))
        #expect(ProxyCommand("blackhole 5000")?.action == .blackhole(.after(.seconds(5))))
        #expect(ProxyCommand("blackhole off")?.action == .blackhole(.now))
        #expect(ProxyCommand("rate 1000000 5000")?.action == .rate(bytesPerSecond: 1_000_000, queueBytes: 5_000))
        #expect(ProxyCommand("rebind 127.0.0.2")?.action == .rebind(SocketAddress(ipv4: (127, 0, 0, 2), port: 0)))
        for line in ["", "up", "loss", "loss 101", "loss -1", "delay x", "rate 0", "rebind here", "blackhole maybe"] {
            #expect(ProxyCommand(line) == nil)
        }
    }
}

@Suite struct `The proxy` {
    @Test func `no more clients are served than the bound allows`() async throws {
        #expect(Limits.Proxy.maximumClients >= 2_000, "the herd of a tunnel's test goes through one link")
        let loop = try EventLoop.start(name: "proxy")
        let (clients, refused) = try await loop.run {
            let proxy = try UDPProxy(
                loop: loop,
                address: .loopbackIPv4(port: 0),
                server: .loopbackIPv4(port: 9),
                maximumClients: 3,
                seed: 1
            )
            defer { proxy.close() }
            let bytes: [UInt8] = [1, 2, 3]
            for port in 1...5 {
                proxy.received(
                    ReceivedDatagram(
                        bytes: bytes.span.bytes,
                        remote: .loopbackIPv4(port: UInt16(port)),
                        local: proxy.localAddress,
                        congestion: .none
                    )
                )
            }
            return (proxy.clientCount, proxy.refused)
        }
        #expect(clients == 3 && refused == 2)
        loop.stop()
    }
}
