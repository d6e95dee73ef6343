import MeshActors
import MeshCheck
import MeshCore
import MeshTestKit
import MeshWire
import Testing

@Suite struct `Bounds of the actor runtime` {
    @Test func `names of kinds and keys beyond their bounds are refused`() throws {
        let kind = String(repeating: "k", count: Limits.Address.maximumKindBytes)
        #expect(try ActorKind(checking: kind).name == kind)
        #expect(throws: WireError.self) { try ActorKind(checking: kind + "k") }
        #expect(throws: WireError.self) { try ActorKind(checking: "Ledger") }
        let key = String(repeating: "k", count: Limits.Address.maximumKeyBytes)
        #expect(try ActorAddress(SampleAccount.kind, key).key == key)
        #expect(throws: WireError.self) { try ActorAddress(SampleAccount.kind, key + "k") }
        #expect(throws: WireError.self) { try ActorAddress(SampleAccount.kind, "") }
    }

    @Test func `a full kind refuses another resident`() throws {
        #expect(ActorNodeConfiguration().maximumResidents == Limits.Hosting.maximumResidentsPerKind)
        #expect(ActorNodeConfiguration().mailbox == Limits.Hosting.mailbox)
        try forSeeds(1...3) { mesh in
            let node = try mesh.node("one") { $0.maximumResidents = 2 }
            try await mesh.running(node) {
                for key in ["a", "b"] { _ = try await node.actor(SampleEcho.self, key).call(SampleEcho.Count()) }
                let third = try node.actor(SampleEcho.self, "c")
                await #expect(throws: CallFailure<NoRefusal>.overloaded(retryAfter: Limits.Hosting.retryAfter)) {
                    try await third.call(SampleEcho.Count())
                }
            }
        }
    }

    @Test func `snapshots and reads of a journal are bounded`() async throws {
        let large = [UInt8](repeating: 0, count: Limits.Journal.maximumSnapshotBytes + 1)
        #expect(throws: JournalError(.tooLarge, "")) { try Snapshot(head: .none, bytes: large).checkBounds() }
        let journal = VolatileJournal()
        let laws: [JournalConformance] = [.readingGoesOnBehindAHead, .scansAreOrderedAndGoOn, .boundsAreKept]
        for law in laws { try await law.check(JournalUnderTest(VolatileJournal()) { journal }) }
    }

    @Test func `residents beyond the budget do not come, though no sweep has been`() throws {
        try forSeeds(1...3) { mesh in
            let slow = FaultyJournal(mesh.store, clock: mesh.world.clock, delay: .milliseconds(10))
            let node = try mesh.node("one", journal: slow) { $0.memoryBudget = 0 }
            let room = Limits.Hosting.slackBytes / (Limits.Hosting.residentBytes + Limits.Hosting.assumedBytes)
            try await mesh.running(node) {
                await withTaskGroup(of: Void.self) { group in
                    for number in 0..<room + 40 {
                        group.addTask {
                            _ = try? await node.actor(SampleAccount.self, "a\(number)").call(SampleAccount.Balance())
                        }
                    }
                }
                try check(node.counts.activations == room, "\(node.counts.activations) came, room is for \(room)")
                try check(node.counts.overloads == 40, "\(node.counts.overloads) were refused")
                try await mesh.world.clock.sleep(for: .seconds(1))
                let late = try node.actor(SampleAccount.self, "late")
                try check(try await late.call(SampleAccount.Balance()) == 0, "nobody has left")
            }
        }
    }

    @Test func `callers that wait for an actor to leave are bounded like those inside`() throws {
        try forSeeds(1...3) { mesh in
            let slow = FaultyJournal(mesh.store, clock: mesh.world.clock, delay: .milliseconds(50))
            let node = try mesh.node("one", journal: slow) { configuration in
                configuration.mailbox = 4
                configuration.idleTime = .milliseconds(1)
                configuration.sweepInterval = .milliseconds(10)
            }
            try await mesh.running(node) {
                let account = try node.actor(SampleAccount.self, "a")
                _ = try await account.call(SampleAccount.Deposit(amount: 1))
                while node.residentCount > 0 { try await mesh.world.clock.sleep(for: .milliseconds(1)) }
                let answered = await withTaskGroup(of: Bool.self) { group in
                    for _ in 0..<10 {
                        group.addTask { (try? await account.call(SampleAccount.Deposit(amount: 1))) != nil }
                    }
                    return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
                }
                try check(answered == 4 && node.counts.overloads == 6, "\(answered) waited, \(node.counts)")
                try check(try await account.call(SampleAccount.Balance()) == 5, "a refused call was carried out")
            }
        }
    }

    @Test func `a read and a scan return no more than their bounds`() async throws {
        let journal = VolatileJournal()
        let owner = try SampleMesh.member("one").owner
        for number in 0...Limits.Journal.maximumActorsScanned {
            _ = try await journal.claim(ActorAddress(SampleAccount.kind, "a\(number)"), for: owner, .ifFree)
        }
        #expect(try await journal.actors(after: nil).count == Limits.Journal.maximumActorsScanned)
        let address = try ActorAddress(SampleAccount.kind, "b")
        let claim = try await journal.claim(address, for: owner, .ifFree)
        var generator = SeededGenerator(seed: 1)
        let event = SampleAccount.Event.deposited(1).wireBytes
        for head in [0, Limits.Journal.maximumEntries] {
            let entries = (0..<Limits.Journal.maximumEntries).map { _ in
                JournalEntry(
                    command: CommandID(at: VirtualClock.firstWallTime, using: &generator),
                    events: [event],
                    answer: []
                )
            }
            let append = JournalAppend(
                address: address,
                epoch: claim.epoch,
                head: Head(rawValue: UInt64(head)),
                wallTime: VirtualClock.firstWallTime,
                entries: entries,
                wake: nil
            )
            try await journal.append(append)
        }
        #expect(try await journal.entries(of: address, after: .none).count == Limits.Journal.maximumEntriesRead)
    }

    @Test func `routes beyond their bound are worked out afresh`() throws {
        try forSeeds(1...1) { mesh in
            let elsewhere = try SampleMesh.membership(1, "two")
            let node = try mesh.node(
                "one",
                membership: elsewhere,
                kinds: [.plain(SampleEcho.self) { _ in SampleEcho() }]
            )
            let two = try mesh.node("two", membership: elsewhere) { $0.maximumResidents = 0 }
            try await mesh.running(node, two) {
                for number in 0...Limits.Placement.maximumRoutes {
                    let echo = try node.actor(SampleEcho.self, "e\(number)")
                    await #expect(throws: CallFailure<NoRefusal>.overloaded(retryAfter: Limits.Hosting.retryAfter)) {
                        try await echo.call(SampleEcho.Count())
                    }
                    // All are kept in mind up to the bound; the one beyond it is the first of the next ones.
                    let kept = number < Limits.Placement.maximumRoutes ? number + 1 : 1
                    try check(node.routeCount == kept, "\(node.routeCount) routes after \(number + 1)")
                }
            }
        }
    }

    @Test func `an actor whose owner lives and holds on is taken over in the end`() throws {
        try forSeeds(1...3) { mesh in
            let both = try SampleMesh.membership(1, "one", "two")
            let key = try (0..<100).map { "k\($0)" }.first { key in
                try both.node(for: SampleAccount.kind, key, .anywhere) == NodeID("one")
            }
            let address = try ActorAddress(SampleAccount.kind, try #require(key))
            _ = try await mesh.store.claim(address, for: SampleMesh.member("two").owner, .ifFree)
            let one = try mesh.node("one", membership: both)
            try await mesh.running(one) {
                let start = mesh.world.clock.now
                let account = try one.actor(SampleAccount.self, address.key)
                try check(try await account.call(SampleAccount.Balance()) == 0, "the account is empty")
                let most = Limits.Hosting.longestClaimPause * Limits.Hosting.claimAttempts
                try check(mesh.world.clock.now - start < most, "it waited longer than \(most)")
            }
        }
    }

    @Test func `a call that goes round in circles ends`() throws {
        try forSeeds(1...3) { mesh in
            // Each holds the other for the owner.
            let one = try mesh.node("one", membership: SampleMesh.membership(1, "two"))
            let two = try mesh.node("two", membership: SampleMesh.membership(1, "one"))
            try await mesh.running(one, two) {
                let account = try one.actor(SampleAccount.self, "a")
                await #expect(throws: CallFailure<NoRefusal>.failed(ActorError(.tooManyRedirects, ""))) {
                    try await account.call(SampleAccount.Balance())
                }
                try check(one.counts.redirects <= Limits.Placement.maximumAttempts, "\(one.counts.redirects)")
            }
        }
    }

    @Test func `alarms of other nodes, however many are overdue, do not hide ours`() throws {
        try forSeeds(1...1) { mesh in
            let both = try SampleMesh.membership(1, "one", "two")
            let (one, two) = (try NodeID("one"), try NodeID("two"))
            let keys = (0..<10_000).map { "k\($0)" }
            let placed = { (key: String) in both.node(for: SampleAccount.kind, key, .anywhere) }
            let theirs = keys.filter { placed($0) == two }.prefix(Limits.Journal.maximumActorsScanned)
            let ours = try #require(keys.first { placed($0) == one })
            // All are overdue, ours last; the other node does not run.
            for (number, key) in (theirs + [ours]).enumerated() {
                let address = try ActorAddress(SampleAccount.kind, key)
                let claim = try await mesh.store.claim(address, for: SampleMesh.member("two").owner, .ifFree)
                let time = WallTime(millisecondsSince1970: Int64(number))
                var generator = SeededGenerator(seed: UInt64(number))
                let command = CommandID(at: time, using: &generator)
                let event = SampleAccount.Event.reminderSet(time).wireBytes
                let append = JournalAppend(
                    address: address,
                    epoch: claim.epoch,
                    head: claim.head,
                    wallTime: time,
                    entries: [JournalEntry(command: command, events: [event], answer: [])],
                    wake: time
                )
                try await mesh.store.append(append)
                try await mesh.store.release(address, claim.epoch)
            }
            let node = try mesh.node("one", membership: both)
            try await mesh.running(node) {
                try await mesh.world.clock.sleep(for: .seconds(30))
                // Asked of the node and the store: a call would ring by itself.
                try check(node.counts.activations == 1, "\(node.counts.activations) were woken here")
                let last = WallTime(millisecondsSince1970: Int64(theirs.count) - 1)
                let behind = WakeMark(last, try ActorAddress(SampleAccount.kind, "z"))
                let left = try await mesh.store.actorsToWake(until: mesh.world.clock.wallTime, after: behind)
                try check(left.isEmpty, "ours has not rung")
            }
        }
    }

    @Test func `alarms beyond those that ring at a time wait their turn`() throws {
        try forSeeds(1...2) { mesh in
            let first = try mesh.node("one")
            let count = Limits.Alarms.maximumConcurrent * 2 + 1
            let time = mesh.world.clock.wallTime.millisecondsSince1970 + 5_000
            try await mesh.running(first) {
                for number in 0..<count {
                    _ = try await first.actor(SampleAccount.self, "a\(number)").call(SampleAccount.Remind(amount: time))
                }
            }
            try await mesh.world.clock.sleep(for: .seconds(10))
            let second = try mesh.node("one", incarnation: 2)
            try await mesh.running(second) {
                try await mesh.world.clock.sleep(for: .seconds(3))
                let left = try await mesh.store.actorsToWake(until: mesh.world.clock.wallTime)
                try check(left.isEmpty, "\(left.count) alarms did not ring")
            }
        }
    }
}
