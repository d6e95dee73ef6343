import MeshActors
import MeshCheck
import MeshCore
import MeshTestKit
import Testing

@Suite struct `Calls of actors` {
    @Test func `a deposit is seen by the next query`() throws {
        try forSeeds(1...5) { mesh in
            let node = try mesh.node("one")
            try await mesh.running(node) {
                let account = try node.actor(SampleAccount.self, "a")
                try check(try await account.call(SampleAccount.Deposit(amount: 5)) == 5, "the reply is not 5")
                try check(try await account.call(SampleAccount.Balance()) == 5, "the balance is not 5")
            }
        }
    }

    @Test func `a message is carried out, here and on another node, whatever the actor says to it`() throws {
        try forSeeds(1...3) { mesh in
            let membership = try SampleMesh.membership(1, "one", "two")
            let one = try mesh.node("one", membership: membership)
            let two = try mesh.node("two", membership: membership)
            try await mesh.running(one, two) {
                for (number, node) in [one, two].enumerated() {
                    let account = try node.actor(SampleAccount.self, "a")
                    try await account.send(SampleAccount.Deposit(amount: 5))
                    try await account.send(SampleAccount.Withdraw(amount: 1_000))
                    let balance = try await account.call(SampleAccount.Balance())
                    try check(balance == 5 * (UInt64(number) + 1), "the balance is \(balance)")
                }
            }
        }
    }

    @Test(arguments: [0, 2], [false, true])
    func `of 500 withdrawals of 1 from 100 exactly 100 succeed`(milliseconds: Int, isRemote: Bool) throws {
        try forSeeds(1...3) { mesh in
            let membership = try SampleMesh.membership(1, "one", "two")
            let slow = FaultyJournal(mesh.store, clock: mesh.world.clock, delay: .milliseconds(milliseconds))
            let one = try mesh.node("one", membership: membership, journal: slow)
            let two = try mesh.node("two", membership: membership, journal: slow)
            let owner = try membership.node(for: SampleAccount.kind, "a", .anywhere) == NodeID("one") ? one : two
            let caller = isRemote ? (owner === one ? two : one) : owner
            try await mesh.running(one, two) {
                let account = try caller.actor(SampleAccount.self, "a")
                _ = try await account.call(SampleAccount.Deposit(amount: 100))
                let succeeded = await withTaskGroup(of: Bool.self) { group in
                    for _ in 0..<500 {
                        group.addTask { (try? await account.call(SampleAccount.Withdraw(amount: 1))) != nil }
                    }
                    return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
                }
                try check(succeeded == 100, "\(succeeded) succeeded")
                try check(try await account.call(SampleAccount.Balance()) == 0, "money is left, or owed")
                try check(slow.overlapCount == 0, "two appends of an actor at a time")
            }
        }
    }

    @Test func `a refusal says why, here and from another node`() throws {
        try forSeeds(1...3) { mesh in
            let membership = try SampleMesh.membership(1, "one", "two")
            let one = try mesh.node("one", membership: membership)
            let two = try mesh.node("two", membership: membership)
            try await mesh.running(one, two) {
                for node in [one, two] {
                    let account = try node.actor(SampleAccount.self, "a")
                    do throws(Withdrawal) {
                        _ = try await account.call(SampleAccount.Withdraw(amount: 7))
                        throw Withdrawal.overloaded(retryAfter: .zero)
                    } catch {
                        try check(error == .refused(.insufficient(balance: 0)), "\(error)")
                    }
                }
            }
        }
    }

    @Test func `a plain actor is reached by the same references`() throws {
        try forSeeds(1...3) { mesh in
            let membership = try SampleMesh.membership(1, "one", "two")
            let one = try mesh.node("one", membership: membership)
            let two = try mesh.node("two", membership: membership)
            try await mesh.running(one, two) {
                try check(try await one.actor(SampleEcho.self, "e").call(SampleEcho.Count()) == 1, "not 1")
                try check(try await two.actor(SampleEcho.self, "e").call(SampleEcho.Count()) == 2, "not 2")
            }
        }
    }

    @Test func `the same command id twice is one effect and the same answer`() throws {
        try forSeeds(1...10) { mesh in
            let slow = FaultyJournal(mesh.store, clock: mesh.world.clock, delay: .milliseconds(3))
            var generator = mesh.world.generator
            let ids = (0..<4).map { _ in CommandID(at: mesh.world.clock.wallTime, using: &generator) }
            let first = try mesh.node("one", journal: slow)
            try await mesh.running(first) {
                let account = try first.actor(SampleAccount.self, "a")
                for _ in 0..<3 {
                    let reply = try await account.call(SampleAccount.Deposit(amount: 5), id: ids[0])
                    try check(reply == 5, "in sequence: \(reply)")
                }
                let replies = try await withThrowingTaskGroup(of: Int64.self) { group in
                    for _ in 0..<5 {
                        group.addTask { try await account.call(SampleAccount.Deposit(amount: 1), id: ids[1]) }
                    }
                    return try await group.reduce(into: Set<Int64>()) { $0.insert($1) }
                }
                try check(replies == [6], "at the same time: \(replies)")
            }
            let second = try mesh.node("one", incarnation: 2, journal: slow)
            try await mesh.running(second) {
                let account = try second.actor(SampleAccount.self, "a")
                let reply = try await account.call(SampleAccount.Deposit(amount: 5), id: ids[0])
                try check(reply == 5, "after a restart: \(reply)")
                try check(try await account.call(SampleAccount.Balance()) == 6, "the deposit counted twice")
                await #expect(throws: Withdrawal.failed(ActorError(.commandMismatch, ""))) {
                    try await account.call(SampleAccount.Withdraw(amount: 5), id: ids[0])
                }
            }
        }
    }

    @Test func `a full mailbox refuses and says when to come again`() throws {
        try forSeeds(1...3) { mesh in
            let slow = FaultyJournal(mesh.store, clock: mesh.world.clock, delay: .milliseconds(10))
            let node = try mesh.node("one", journal: slow) { $0.mailbox = 4 }
            try await mesh.running(node) {
                let account = try node.actor(SampleAccount.self, "a")
                let refused = await withTaskGroup(of: Bool.self) { group in
                    for _ in 0..<10 {
                        group.addTask {
                            do throws(CallFailure<NoRefusal>) {
                                _ = try await account.call(SampleAccount.Deposit(amount: 1))
                                return false
                            } catch {
                                return error == .overloaded(retryAfter: Limits.Hosting.retryAfter)
                            }
                        }
                    }
                    return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
                }
                try check(refused == 6 && node.counts.overloads == 6, "\(refused) of ten were refused")
                try check(try await account.call(SampleAccount.Balance()) == 4, "a refused call was carried out")
            }
        }
    }

    @Test func `a deadline ends the wait, not the command`() throws {
        try forSeeds(1...5) { mesh in
            let slow = FaultyJournal(mesh.store, clock: mesh.world.clock, delay: .milliseconds(50))
            let membership = try SampleMesh.membership(1, "one", "two")
            let one = try mesh.node("one", membership: membership, journal: slow)
            let two = try mesh.node("two", membership: membership, journal: slow)
            try await mesh.running(one, two) {
                for (number, node) in [one, two].enumerated() {
                    let account = try node.actor(SampleAccount.self, "a")
                    _ = try await account.call(SampleAccount.Balance())
                    let start = mesh.world.clock.now
                    do {
                        _ = try await account.call(
                            SampleAccount.Deposit(amount: 1),
                            deadline: start + .milliseconds(20)
                        )
                        throw Complaint(what: "the deadline was ignored")
                    } catch let error as CallFailure<NoRefusal> {
                        try check(error == .failed(ActorError(.deadlineExceeded, "")), "\(error)")
                    }
                    try check(mesh.world.clock.now - start == .milliseconds(20), "it waited otherwise")
                    let balance = try await account.call(SampleAccount.Balance())
                    try check(balance == Int64(number + 1), "the command was undone: \(balance)")
                }
            }
        }
    }

    @Test func `cancelling ends the wait at once`() throws {
        try forSeeds(1...5) { mesh in
            let slow = FaultyJournal(mesh.store, clock: mesh.world.clock, delay: .seconds(5))
            let node = try mesh.node("one", journal: slow)
            try await mesh.running(node) {
                let account = try node.actor(SampleAccount.self, "a")
                _ = try await account.call(SampleAccount.Balance())
                let start = mesh.world.clock.now
                let error = await withTaskGroup(of: CallFailure<NoRefusal>?.self) { group in
                    group.addTask {
                        do throws(CallFailure<NoRefusal>) {
                            _ = try await account.call(SampleAccount.Deposit(amount: 1))
                        } catch { return error }
                        return nil
                    }
                    try? await mesh.world.clock.sleep(for: .milliseconds(10))
                    group.cancelAll()
                    return await group.next() ?? nil
                }
                try check(error == .failed(ActorError(.cancelled, "")), "\(String(describing: error))")
                try check(mesh.world.clock.now - start == .milliseconds(10), "it waited for the append")
            }
        }
    }
}
