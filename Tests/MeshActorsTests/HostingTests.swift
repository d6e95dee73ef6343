import MeshActors
import MeshCheck
import MeshCore
import MeshTestKit
import Testing

@Suite struct `Actors that live on a node` {
    @Test func `racing first calls and passivation never make a twin`() throws {
        try forSeeds(1...100) { mesh in
            let slow = FaultyJournal(mesh.store, clock: mesh.world.clock, delay: .microseconds(700))
            let node = try mesh.node("one", journal: slow) { configuration in
                configuration.idleTime = .microseconds(300)
                configuration.sweepInterval = .microseconds(500)
            }
            try await mesh.running(node) {
                let account = try node.actor(SampleAccount.self, "a")
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<12 {
                        group.addTask {
                            for round in 0..<4 {
                                let pause = Duration.microseconds((number * 7 + round * 13) % 10 * 1_500)
                                try await mesh.world.clock.sleep(for: pause)
                                _ = try await account.call(SampleAccount.Deposit(amount: 1))
                            }
                        }
                    }
                    try await group.waitForAll()
                }
                try check(try await account.call(SampleAccount.Balance()) == 48, "a deposit was lost")
                try check(node.counts.evictions == 0, "an activation was fenced by its twin")
                let claims = try await mesh.store.actors(after: nil)
                try check(claims.map(\.epoch.rawValue) == [UInt64(node.counts.activations)], "a claim too many")
                try check(node.counts.passivations > 0, "nothing was passivated")
            }
        }
    }

    @Test(arguments: [
        FaultyJournal.Fault.refuse(.readOnly), .refuse(.unknownOutcome), .loseConfirmation,
    ])
    func `a failed append fails its callers, and the next call recovers from the journal`(
        fault: FaultyJournal.Fault
    ) throws {
        try forSeeds(1...10) { mesh in
            let faulty = FaultyJournal(mesh.store, clock: mesh.world.clock, delay: .milliseconds(1))
            let node = try mesh.node("one", journal: faulty)
            try await mesh.running(node) {
                let account = try node.actor(SampleAccount.self, "a")
                _ = try await account.call(SampleAccount.Deposit(amount: 10))
                faulty.failNextAppend(fault)
                do throws(Withdrawal) {
                    _ = try await account.call(SampleAccount.Withdraw(amount: 4))
                    throw .overloaded(retryAfter: .zero)
                } catch {
                    let isKnown = fault == .refuse(.readOnly)
                    try check(error == .failed(ActorError(isKnown ? .unavailable : .outcomeUnknown, "")), "\(error)")
                }
                let balance = try await account.call(SampleAccount.Balance())
                try check(balance == (fault == .loseConfirmation ? 6 : 10), "the journal says otherwise: \(balance)")
                try check(node.counts.evictions == 1 && node.counts.activations == 2, "\(node.counts)")
            }
        }
    }

    @Test func `refusals and queries wait for the commit they depend on, and fail with it`() throws {
        try forSeeds(1...10) { mesh in
            let faulty = FaultyJournal(mesh.store, clock: mesh.world.clock, delay: .milliseconds(5))
            let node = try mesh.node("one", journal: faulty)
            try await mesh.running(node) {
                let account = try node.actor(SampleAccount.self, "a")
                _ = try await account.call(SampleAccount.Deposit(amount: 10))
                faulty.failNextAppend(.refuse(.readOnly))
                let clock = mesh.world.clock
                let outcomes = await withTaskGroup(of: String.self) { group in
                    group.addTask {
                        do { return "\(try await account.call(SampleAccount.Withdraw(amount: 10)))" } catch {
                            return "\(error)"
                        }
                    }
                    try? await clock.sleep(for: .milliseconds(1))
                    group.addTask {
                        do { return "\(try await account.call(SampleAccount.Withdraw(amount: 1)))" } catch {
                            return "\(error)"
                        }
                    }
                    group.addTask {
                        do { return "\(try await account.call(SampleAccount.Balance()))" } catch { return "\(error)" }
                    }
                    return await group.reduce(into: []) { $0.append($1) }
                }
                try check(outcomes.allSatisfy { $0.contains("unavailable") }, "an answer leaked: \(outcomes)")
                try check(try await account.call(SampleAccount.Balance()) == 10, "the withdrawal counts")
            }
        }
    }

    @Test func `a fenced owner stops, and its callers reach the new one`() throws {
        try forSeeds(1...10) { mesh in
            let old = try SampleMesh.membership(1, "one")
            let new = try SampleMesh.membership(2, "two")
            let one = try mesh.node("one", membership: old)
            let two = try mesh.node("two", membership: new)
            try await mesh.running(one, two) {
                let before = try one.actor(SampleAccount.self, "a")
                _ = try await before.call(SampleAccount.Deposit(amount: 10))
                // Node two holds node one for dead, which it is not.
                let after = try two.actor(SampleAccount.self, "a")
                try check(try await after.call(SampleAccount.Withdraw(amount: 3)) == 7, "the takeover lost money")
                one.adopt(new)
                try check(try await before.call(SampleAccount.Withdraw(amount: 3)) == 4, "the old owner decided")
                try check(try await after.call(SampleAccount.Balance()) == 4, "two owners")
            }
        }
    }

    @Test func `an owner that has not heard of its fencing is stopped by the store`() throws {
        try forSeeds(1...10) { mesh in
            let one = try mesh.node("one", membership: SampleMesh.membership(1, "one"))
            let two = try mesh.node("two", membership: SampleMesh.membership(2, "two"))
            try await mesh.running(one, two) {
                let stale = try one.actor(SampleAccount.self, "a")
                _ = try await stale.call(SampleAccount.Deposit(amount: 10))
                _ = try await two.actor(SampleAccount.self, "a").call(SampleAccount.Withdraw(amount: 10))
                // Its append is refused; it looks again, takes the actor back as placed, and finds the truth.
                do throws(Withdrawal) {
                    _ = try await stale.call(SampleAccount.Withdraw(amount: 10))
                    throw .overloaded(retryAfter: .zero)
                } catch {
                    try check(error == .refused(.insufficient(balance: 0)), "\(error)")
                }
                try check(one.counts.evictions == 1, "the fenced activation lives on")
            }
        }
    }

    @Test func `a full node lets the least recently used leave`() throws {
        try forSeeds(1...5) { mesh in
            let node = try mesh.node("one") { configuration in
                // Three and a half: each remembers an answer, too.
                configuration.memoryBudget = 7 * (Limits.Hosting.residentBytes + Limits.Hosting.assumedBytes) / 2
                configuration.sweepInterval = .milliseconds(10)
            }
            try await mesh.running(node) {
                for key in ["a", "b", "c", "d", "e"] {
                    _ = try await node.actor(SampleAccount.self, key).call(SampleAccount.Deposit(amount: 1))
                    try await mesh.world.clock.sleep(for: .milliseconds(1))
                }
                try await mesh.world.clock.sleep(for: .milliseconds(20))
                try check(node.residentCount == 3, "\(node.residentCount) residents")
                try check(try await node.actor(SampleAccount.self, "a").call(SampleAccount.Balance()) == 1, "a is lost")
            }
        }
    }

    @Test func `a drained node has given up everything, with snapshots`() throws {
        try forSeeds(1...10) { mesh in
            let slow = FaultyJournal(mesh.store, clock: mesh.world.clock, delay: .milliseconds(2))
            let node = try mesh.node("one", journal: slow)
            try await mesh.running(node) {
                let account = try node.actor(SampleAccount.self, "a")
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<5 {
                        group.addTask { _ = try await account.call(SampleAccount.Deposit(amount: 1)) }
                    }
                    try await mesh.world.clock.sleep(for: .milliseconds(3))
                    await node.drain()
                    try await group.waitForAll()
                }
                try check(node.residentCount == 0, "somebody stayed")
                await #expect(throws: CallFailure<NoRefusal>.failed(ActorError(.stopping, ""))) {
                    try await account.call(SampleAccount.Balance())
                }
                let row = try await mesh.store.actors(after: nil)
                try check(
                    row.first?.head == Head(rawValue: 5) && row.first?.snapshotHead == Head(rawValue: 5),
                    "\(row)"
                )
                let stranger = try SampleMesh.member("two").owner
                _ = try await mesh.store.claim(account.address, for: stranger, .ifFree)
            }
        }
    }

    @Test func `an actor with snapshots and answers comes back as it was`() throws {
        try forSeeds(1...2) { mesh in
            var generator = mesh.world.generator
            let id = CommandID(at: mesh.world.clock.wallTime, using: &generator)
            let count = Limits.Hosting.entriesPerSnapshot + 3
            let first = try mesh.node("one")
            try await mesh.running(first) {
                let account = try first.actor(SampleAccount.self, "a")
                _ = try await account.call(SampleAccount.Deposit(amount: 1), id: id)
                for _ in 1..<count { _ = try await account.call(SampleAccount.Deposit(amount: 1)) }
            }
            let row = try await mesh.store.actors(after: nil).first
            try check((row?.snapshotHead ?? .none) >= Head(rawValue: Limits.Hosting.entriesPerSnapshot), "no snapshot")
            let second = try mesh.node("one", incarnation: 2)
            try await mesh.running(second) {
                let account = try second.actor(SampleAccount.self, "a")
                try check(try await account.call(SampleAccount.Balance()) == Int64(count), "money is lost")
                try check(try await account.call(SampleAccount.Deposit(amount: 1), id: id) == 1, "forgotten")
            }
        }
    }
}
