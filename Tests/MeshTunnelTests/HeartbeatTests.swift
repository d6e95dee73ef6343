import MeshCore
import MeshTunnel
import MeshVitals
import Testing

@Suite struct `Beats of an edge` {
    private func machine(_ change: (inout HeartbeatConfiguration) -> Void = { _ in }) -> HeartbeatStateMachine {
        var configuration = HeartbeatConfiguration()
        change(&configuration)
        return HeartbeatStateMachine(configuration)
    }

    @Test func `that come together spread over a second at first, and over an interval then`() {
        var (firsts, pauses) = ([Duration](), [Duration]())
        for seed in 0..<200 {
            var generator = SeededGenerator(seed: UInt64(seed))
            var machine = machine()
            machine.tunnelConnected(now: .origin, &generator)
            let first = machine.nextDeadline ?? .origin
            firsts.append(first - .origin)
            guard case .read(1) = machine.deadlineReached(now: first, &generator) else {
                Issue.record("no beat")
                return
            }
            _ = machine.vitalsRead(for: 1, now: first, &generator)
            _ = machine.acknowledged(1, now: first + .milliseconds(1))
            pauses.append((machine.nextDeadline ?? first) - first)
        }
        #expect(firsts.allSatisfy { $0 < .seconds(1) } && Set(firsts).count > 190)
        #expect(pauses.allSatisfy { $0 >= .seconds(15) && $0 < .seconds(45) })
        #expect((pauses.max() ?? .zero) - (pauses.min() ?? .zero) > .seconds(27))
    }

    @Test func `are numbered from one, an interval apart`() {
        var generator = SeededGenerator(seed: 1)
        var machine = machine { $0.interval = .seconds(5) }
        machine.tunnelConnected(now: .origin, &generator)
        var times: [Instant] = []
        for number in UInt64(1)...10 {
            let now = machine.nextDeadline ?? .origin
            #expect(machine.deadlineReached(now: now, &generator) == .read(number))
            #expect(machine.vitalsRead(for: number, now: now, &generator) == .send(number))
            #expect(machine.acknowledged(number, now: now + .milliseconds(2)) == .inTime(.milliseconds(2)))
            times.append(now)
        }
        #expect(zip(times.dropFirst(2), times.dropFirst()).allSatisfy { $0 - $1 == .seconds(5) })
        #expect(machine.counts.acknowledged == 10 && machine.counts.coalesced == 0)
        #expect(machine.counts.lastRoundTrip == .milliseconds(2))
    }

    @Test func `that come due while one waits become one`() {
        var generator = SeededGenerator(seed: 1)
        var machine = machine {
            $0.interval = .seconds(1)
            $0.acknowledgementPatience = .seconds(10)
        }
        machine.tunnelConnected(now: .origin, &generator)
        let first = machine.nextDeadline ?? .origin
        _ = machine.deadlineReached(now: first, &generator)
        _ = machine.vitalsRead(for: 1, now: first, &generator)
        // Nothing but its acknowledgement is waited for.
        #expect(machine.nextDeadline == first + .seconds(10))
        #expect(machine.deadlineReached(now: first + .seconds(9), &generator) == .nothing)
        _ = machine.acknowledged(1, now: first + .seconds(9))
        let second = first + .seconds(9)
        #expect((machine.nextDeadline ?? second + .seconds(1)) <= second, "the next one is due at once")
        _ = machine.deadlineReached(now: second, &generator)
        _ = machine.vitalsRead(for: 2, now: second, &generator)
        _ = machine.acknowledged(2, now: second)
        #expect(machine.counts.sent == 2 && machine.counts.coalesced >= 6)
        #expect(machine.nextDeadline == second + .seconds(1), "and then an interval later")
    }

    @Test func `stop when too many are overdue, until one is settled`() {
        var generator = SeededGenerator(seed: 1)
        var machine = machine {
            $0.interval = .seconds(1)
            $0.acknowledgementPatience = .seconds(1)
        }
        machine.tunnelConnected(now: .origin, &generator)
        var now = Instant.origin
        var sent = UInt64(0)
        while let next = machine.nextDeadline, next < .origin + .seconds(50) {
            now = max(now, next)
            if case .read(let number) = machine.deadlineReached(now: now, &generator) {
                _ = machine.vitalsRead(for: number, now: now, &generator)
                sent = number
            }
        }
        #expect(sent == UInt64(Limits.Heartbeat.maximumOverdue))
        // The first is given up a minute after it was sent, and then another may leave.
        guard let next = machine.nextDeadline else {
            Issue.record("nothing is ever given up")
            return
        }
        #expect(machine.deadlineReached(now: next, &generator) == .lost(1))
        #expect(machine.deadlineReached(now: next, &generator) == .read(5))
        #expect(machine.acknowledged(1, now: next) == .unknown)
        guard case .late = machine.acknowledged(3, now: next) else {
            Issue.record("an overdue one may still be acknowledged")
            return
        }
        #expect(machine.counts.late == 1 && machine.counts.lost == 1)
    }

    @Test func `are not sent more often than a hub takes them`() {
        #expect(machine { $0.interval = .milliseconds(1) }.interval == Limits.Heartbeat.shortestInterval)
    }

    @Test func `all come to an end that is counted`() {
        for seed in UInt64(0)..<300 {
            var generator = SeededGenerator(seed: seed)
            var machine = machine { $0.interval = .seconds(3) }
            var (now, under) = (Instant.origin, Set<UInt64>())
            for _ in 0..<400 {
                switch generator.integer(below: 8) {
                case 0: machine.tunnelConnected(now: now, &generator)
                case 1 where generator.chance(1, in: 4):
                    if case .lost = machine.tunnelLost() { under = [] }
                case 2:
                    if let number = under.randomElement(using: &generator) {
                        _ = machine.acknowledged(number, now: now)
                    }
                case 3: _ = machine.acknowledged(UInt64(generator.integer(below: 50)), now: now)
                case 4: _ = machine.notSent(machine.counts.sent)
                case 5: now = now + .milliseconds(Int64(generator.integer(below: 4_000)))
                default: now = max(now, machine.nextDeadline ?? now)
                }
                switch machine.deadlineReached(now: now, &generator) {
                case .read(let number):
                    if generator.chance(4, in: 5),
                        case .send(let number) = machine.vitalsRead(for: number, now: now, &generator)
                    {
                        under.insert(number)
                    }
                case .sendWithoutVitals(let number): under.insert(number)
                case .nothing, .overdue, .lost: break
                }
                let counts = machine.counts
                let settled = counts.acknowledged + counts.late + counts.lost
                let open = counts.sent - settled
                #expect(settled <= counts.sent && open <= UInt64(Limits.Heartbeat.maximumOverdue) + 1)
            }
            machine.stop()
            let counts = machine.counts
            #expect(counts.sent == counts.acknowledged + counts.late + counts.lost + counts.abandoned)
            #expect(machine.nextDeadline == nil)
        }
    }
}

@Suite struct `When an edge pre-warms its hub` {
    private func vitals(load: Double? = nil, celsius: Double? = nil) -> Vitals {
        var vitals = Vitals()
        var card = GraphicsVitals(name: "card")
        card.load = load
        vitals.graphics = [card]
        vitals.temperatureCelsius = celsius
        return vitals
    }

    private func at(_ seconds: Int64) -> Instant { .origin + .seconds(seconds) }

    @Test func `it does so above a threshold, and not at it`() {
        var trigger = PreWarmTrigger()
        #expect(trigger.observe(vitals(load: 0.8, celsius: 80), now: at(0)) == false)
        #expect(trigger.observe(vitals(load: 0.81, celsius: 20), now: at(30)) == true)
        var other = PreWarmTrigger()
        #expect(other.observe(vitals(celsius: 80.1), now: at(0)) == true)
    }

    @Test func `it does so once until the machine has rested`() {
        var trigger = PreWarmTrigger()
        #expect(trigger.observe(vitals(load: 0.9), now: at(0)) == true)
        #expect(trigger.observe(vitals(load: 0.95), now: at(100)) == false)
        #expect(trigger.observe(vitals(load: 0.75), now: at(200)) == false, "cooler, but not rested")
        #expect(trigger.observe(vitals(load: 0.9), now: at(300)) == false)
        #expect(trigger.observe(vitals(load: 0.7, celsius: 76), now: at(400)) == false, "the other one has not rested")
        #expect(trigger.observe(vitals(load: 0.9), now: at(500)) == false)
        #expect(trigger.observe(vitals(load: 0.7, celsius: 75), now: at(600)) == false)
        #expect(trigger.observe(vitals(load: 0.9), now: at(700)) == true)
    }

    @Test func `it keeps a pause`() {
        var trigger = PreWarmTrigger()
        #expect(trigger.observe(vitals(load: 0.9), now: at(0)) == true)
        #expect(trigger.observe(vitals(load: 0.1), now: at(10)) == false)
        #expect(trigger.observe(vitals(load: 0.9), now: at(20)) == false)
        #expect(trigger.observe(vitals(load: 0.9), now: at(60)) == true, "still above when the pause is over")
    }

    @Test func `a machine that says nothing is no reason`() {
        var trigger = PreWarmTrigger()
        let told = [Vitals(), vitals()].map { trigger.observe($0, now: at(0)) }
        #expect(told == [false, false])
    }

    @Test func `what the hub was not told is told the next time`() {
        var trigger = PreWarmTrigger()
        #expect(trigger.observe(vitals(load: 0.9), now: at(0)) == true)
        trigger.wasNotTold()
        #expect(trigger.observe(vitals(load: 0.9), now: at(1)) == true)
    }
}
