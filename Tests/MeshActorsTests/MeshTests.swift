import MeshActors
import MeshCheck
import MeshCore
import MeshTestKit
import MeshWire
import Testing

@Suite struct `Effects and alarms` {
    @Test func `an effect is performed after the commit, and its completion is journaled`() throws {
        try forSeeds(1...10) { mesh in
            let node = try mesh.node("one")
            try await mesh.running(node) {
                let account = try node.actor(SampleAccount.self, "a")
                _ = try await account.call(SampleAccount.Deposit(amount: 10))
                _ = try await account.call(SampleAccount.Transfer(amount: 4, to: "b"))
                try await mesh.world.clock.sleep(for: .milliseconds(1))
                let done = mesh.bank.state.withLock { $0.done }
                try check(done == ["sample-account/a/2/0": 4], "the bank was told \(done)")
                let entries = try await mesh.store.entries(of: account.address, after: .none)
                try check(entries.count == 3, "\(entries.count) entries")
            }
        }
    }

    @Test func `crashes at every step perform each effect under one key only`() throws {
        try forSeeds(1...60) { mesh in
            mesh.bank.state.withLock { state in
                state.clock = mesh.world.clock
                state.delay = .milliseconds(2)
            }
            var generator = mesh.world.generator
            let id = CommandID(at: mesh.world.clock.wallTime, using: &generator)
            let slow = FaultyJournal(mesh.store, clock: mesh.world.clock, delay: .milliseconds(1))
            let lives = generator.integer(in: 2...5)
            for life in 1...lives {
                let node = try mesh.node("one", incarnation: UInt64(life), journal: slow)
                let time = Duration.microseconds(generator.integer(in: 100...9_000))
                try await mesh.running(node) {
                    let account = try node.actor(SampleAccount.self, "a")
                    await withTaskGroup(of: Void.self) { group in
                        group.addTask {
                            _ = try? await account.call(SampleAccount.Deposit(amount: 10), id: id)
                            let transfer = SampleAccount.Transfer(amount: 4, to: "b")
                            var ids = SeededGenerator(seed: 5)
                            let second = CommandID(at: WallTime(millisecondsSince1970: 0), using: &ids)
                            _ = try? await account.call(transfer, id: second)
                        }
                        try? await mesh.world.clock.sleep(for: life == lives ? .seconds(10) : time)
                        group.cancelAll()
                    }
                }
            }
            let last = try mesh.node("one", incarnation: 99, journal: slow)
            try await mesh.running(last) {
                let account = try last.actor(SampleAccount.self, "a")
                try check(try await account.call(SampleAccount.Balance()) == 6, "not one deposit and one transfer")
                let done = mesh.bank.state.withLock { $0.done }
                try check(done.count == 1 && done.values.first == 4, "the bank was told \(done)")
                let wakes = try await mesh.store.actorsToWake(until: mesh.world.clock.wallTime)
                try check(wakes.isEmpty, "something is still pending")
            }
        }
    }

    @Test func `an effect that fails is put aside visibly, and done in the end though the actor is never idle`() throws
    {
        try forSeeds(1...5) { mesh in
            mesh.bank.state.withLock { $0.failures = Limits.Effects.maximumAttempts + 1 }
            let node = try mesh.node("one")
            try await mesh.running(node) {
                let account = try node.actor(SampleAccount.self, "a")
                _ = try await account.call(SampleAccount.Deposit(amount: 10))
                _ = try await account.call(SampleAccount.Transfer(amount: 4, to: "b"))
                try await mesh.world.clock.sleep(for: .seconds(30))
                try check(node.counts.effectFailures == Limits.Effects.maximumAttempts, "\(node.counts)")
                try check(node.counts.effectsAbandoned == 1, "\(node.counts)")
                let events = mesh.sink.records.map(\.event.name)
                try check(events.contains("actor.effect-abandoned"), "nobody heard of it")
                for _ in 0..<Int(Limits.Effects.restPause * 2 / .seconds(1)) {
                    try await mesh.world.clock.sleep(for: .seconds(1))
                    _ = try await account.call(SampleAccount.Balance())
                }
                try check(mesh.bank.state.withLock { $0.done.count } == 1, "it was given up")
                try check(node.counts.activations == 1 && node.counts.effectsAbandoned == 1, "\(node.counts)")
            }
        }
    }

    @Test(arguments: [false, true])
    func `an effect whose result the value does not take is performed once, visibly`(isRefused: Bool) throws {
        try forSeeds(1...3) { mesh in
            let calls = Lock(0)
            let performer = Performer(calls, refused: isRefused)
            let node = try mesh.node("one", kinds: [.journaled(SampleAccount.self, performer: performer)])
            try await mesh.running(node) {
                let account = try node.actor(SampleAccount.self, "a")
                _ = try await account.call(SampleAccount.Deposit(amount: 10))
                _ = try await account.call(SampleAccount.Transfer(amount: 4, to: "b"))
                try await mesh.world.clock.sleep(for: .seconds(200))
                try check(calls.withLock { $0 } == 1, "it was performed \(calls.withLock { $0 }) times")
                try check(node.counts.effectsNotCompleted == 1, "\(node.counts)")
            }
            let events = mesh.sink.records.map(\.event.name)
            try check(events.contains("actor.effect-not-completed"), "nobody heard of it")
        }
    }

    /// Succeeds, and says so with a command that is refused, or that leaves the transfer open.
    private struct Performer: EffectPerformer {
        let calls: Lock<Int>
        let isRefused: Bool

        init(_ calls: Lock<Int>, refused: Bool) {
            self.calls = calls
            isRefused = refused
        }

        func perform(
            _ effect: SampleAccount.OpenTransfer,
            _ context: EffectContext
        ) async throws -> SampleAccount.Withdraw {
            calls.withLock { $0 += 1 }
            return SampleAccount.Withdraw(amount: isRefused ? 1_000 : 1)
        }
    }

    @Test func `an alarm rings after a restart though nobody calls`() throws {
        try forSeeds(1...10) { mesh in
            let first = try mesh.node("one")
            let time = mesh.world.clock.wallTime.millisecondsSince1970 + 60_000
            try await mesh.running(first) {
                _ = try await first.actor(SampleAccount.self, "a").call(SampleAccount.Remind(amount: time))
            }
            let second = try mesh.node("one", incarnation: 2)
            try await mesh.running(second) {
                try await mesh.world.clock.sleep(for: .seconds(30))
                try check(second.counts.activations == 0, "it was woken early")
                try await mesh.world.clock.sleep(for: .seconds(35))
                let account = try second.actor(SampleAccount.self, "a")
                try check(try await account.call(SampleAccount.Reminded()) == 1, "it did not ring once")
                let wakes = try await mesh.store.actorsToWake(until: mesh.world.clock.wallTime)
                try check(wakes.isEmpty, "it would ring again")
            }
        }
    }
}

@Suite struct `Actors that move` {
    @Test func `a call to the wrong owner is led to the right one`() throws {
        try forSeeds(1...10) { mesh in
            let both = try SampleMesh.membership(2, "one", "two")
            let old = try SampleMesh.membership(1, "one")
            let one = try mesh.node("one", membership: both)
            let two = try mesh.node("two", membership: both)
            let late = try mesh.node("late", membership: old)
            try await mesh.running(one, two, late) {
                for number in 0..<20 {
                    let account = try late.actor(SampleAccount.self, "account-\(number)")
                    try check(try await account.call(SampleAccount.Deposit(amount: 1)) == 1, "lost on the way")
                }
                try check(late.counts.redirects > 0, "no call went to the wrong owner")
                try check(two.residentCount > 0 && one.residentCount > 0, "all live on one node")
            }
        }
    }

    @Test func `when members come and go under load nothing is lost and nothing happens twice`() throws {
        try forSeeds(1...60) { mesh in
            let slow = FaultyJournal(mesh.store, clock: mesh.world.clock, delay: .microseconds(300))
            let start = try SampleMesh.membership(1, "one", "two")
            let nodes = try ["one", "two", "three"].map { try mesh.node($0, membership: start, journal: slow) }
            try await mesh.running(nodes[0], nodes[1], nodes[2]) {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for caller in 0..<9 {
                        group.addTask {
                            let account = try nodes[caller % 3].actor(SampleAccount.self, "account-\(caller / 3)")
                            for _ in 0..<20 {
                                _ = try await account.call(SampleAccount.Deposit(amount: 1))
                                try await mesh.world.clock.sleep(for: .microseconds(200))
                            }
                        }
                    }
                    let changes = [
                        ["one", "two", "three"], ["two", "three"], ["one", "three"], ["one", "two", "three"],
                    ]
                    for (number, names) in changes.enumerated() {
                        try await mesh.world.clock.sleep(for: .milliseconds(2))
                        let members = try names.map { try SampleMesh.member($0) }
                        let membership = Membership(epoch: UInt64(number + 2), members: members)
                        for node in nodes {
                            node.adopt(membership)
                            try await mesh.world.clock.sleep(for: .microseconds(400))
                        }
                    }
                    try await group.waitForAll()
                }
                for number in 0..<3 {
                    let account = try nodes[0].actor(SampleAccount.self, "account-\(number)")
                    let balance = try await account.call(SampleAccount.Balance())
                    try check(balance == 60, "account \(number) holds \(balance)")
                }
            }
        }
    }

    @Test func `a kind for hubs lives on hubs alone`() throws {
        let members = try [SampleMesh.member("edge", role: .edge), SampleMesh.member("hub")]
        let membership = Membership(epoch: 1, members: members)
        for number in 0..<50 {
            #expect(try membership.node(for: SampleAccount.kind, "\(number)", .hubs) == NodeID("hub"))
        }
        #expect(membership.node(for: SampleAccount.kind, "a", PlacementRule(labels: ["gpu"])) == nil)
    }

    @Test func `a kind placed by name lives on the member that its key names, if the rule allows it`() throws {
        let members = try [SampleMesh.member("edge", role: .edge), SampleMesh.member("hub")]
        let membership = Membership(epoch: 1, members: members)
        func node(_ key: String, _ rule: PlacementRule) -> String? {
            membership.node(for: SampleAccount.kind, key, rule)?.text
        }
        #expect(node("hub", .namedByKey) == "hub" && node("edge", .namedByKey) == "edge")
        #expect(node("other", .namedByKey) == nil && node("hub2", .namedByKey) == nil)
        #expect(node("hub", .namedByKey(roles: [.hub])) == "hub")
        #expect(node("edge", .namedByKey(roles: [.hub])) == nil)
        #expect(PlacementRule.namedByKey != .anywhere)
    }

    @Test func `a new member takes its share and moves nothing else`() throws {
        let three = try SampleMesh.membership(1, "one", "two", "three")
        let four = try SampleMesh.membership(2, "one", "two", "three", "four")
        var counts: [NodeID: Int] = [:]
        for number in 0..<2_000 {
            let before = try #require(three.node(for: SampleAccount.kind, "k\(number)", .anywhere))
            let after = try #require(four.node(for: SampleAccount.kind, "k\(number)", .anywhere))
            #expect(try before == after || after == NodeID("four"))
            counts[after, default: 0] += 1
        }
        #expect(counts.count == 4 && counts.values.allSatisfy { (400...600).contains($0) })
    }

    @Test func `members beyond the bound are left out, edges first, and are not held for dead`() throws {
        let edges = try (0..<Limits.Placement.maximumMembers).map { try SampleMesh.member("n\($0)", role: .edge) }
        let hub = try SampleMesh.member("z-hub", incarnation: 3)
        let membership = Membership(epoch: 1, members: edges + [hub])
        #expect(membership.members.count == Limits.Placement.maximumMembers && membership.omittedCount == 1)
        #expect(membership.node(for: SampleAccount.kind, "a", .hubs) == hub.owner.node)
        for member in edges + [hub] { #expect(!membership.isDead(member.owner)) }
        #expect(membership.isDead(Owner(node: hub.owner.node, incarnation: 2)))
        let whole = Membership(epoch: 1, members: edges)
        #expect(whole.omittedCount == 0 && whole.isDead(hub.owner))
    }

    @Test func `a life later than the one that is known has begun since, and is not over`() throws {
        let hub = try NodeID("hub")
        let membership = Membership(epoch: 1, members: [try SampleMesh.member("hub", incarnation: 3)])
        for life in [UInt64(3), 4, 7] { #expect(!membership.isDead(Owner(node: hub, incarnation: life))) }
        #expect(membership.isDead(Owner(node: hub, incarnation: 2)))
        #expect(membership.isDead(Owner(node: try NodeID("stranger"), incarnation: 1)))
    }

    @Test func `a membership that leaves members out is reported`() throws {
        try forSeeds(1...1) { mesh in
            let members = try (0...Limits.Placement.maximumMembers).map { try SampleMesh.member("n\($0)") }
            let node = try mesh.node("n1")
            try check(mesh.sink.records.isEmpty, "there is nothing to report")
            node.adopt(Membership(epoch: 2, members: members))
            let events = mesh.sink.records.map(\.event.name)
            try check(events == ["actor.members-omitted"], "\(events)")
        }
    }
}
