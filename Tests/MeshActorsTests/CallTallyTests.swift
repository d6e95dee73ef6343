import MeshActors
import MeshCheck
import MeshCore
import MeshTestKit
import Testing

@Suite struct `What a node counts of its actors` {
    private static func kind(_ node: ActorNode) throws -> KindStatistics {
        guard let found = node.statistics.kinds.first(where: { $0.kind == SampleAccount.kind }) else {
            throw Missed("no such kind")
        }
        return found
    }

    private struct Missed: Error {
        init(_ words: String) {}
    }

    @Test func `calls by how they ended, where the actor lives`() throws {
        try forSeeds(1...3) { mesh in
            let node = try mesh.node("one")
            try await mesh.running(node) {
                let account = try node.actor(SampleAccount.self, "a")
                _ = try await account.call(SampleAccount.Deposit(amount: 5))
                _ = try await account.call(SampleAccount.Balance())
                _ = try? await account.call(SampleAccount.Withdraw(amount: 9))
                let deadline = mesh.world.clock.now + .seconds(1)
                _ = try await account.call(SampleAccount.Balance(), deadline: deadline)
                let found = try Self.kind(node)
                try check(found.calls[.answered] == 3, "answered: \(found.calls)")
                try check(found.calls[.refused] == 1, "refused: \(found.calls)")
                try check(found.activations == 1 && found.stays == 1, "one actor lives here")
                try check(found.callsUnderWay == 0, "\(found.callsUnderWay) calls are under way")
                try check(found.asked == CallCounts(), "nobody elsewhere was asked")
            }
        }
    }

    @Test func `calls of other nodes, with how long they took on both sides`() throws {
        try forSeeds(1...3) { mesh in
            let membership = try SampleMesh.membership(1, "one", "two")
            let slow = FaultyJournal(mesh.store, clock: mesh.world.clock, delay: .milliseconds(3))
            let one = try mesh.node("one", membership: membership, journal: slow)
            let two = try mesh.node("two", membership: membership, journal: slow)
            let isOne = try membership.node(for: SampleAccount.kind, "a", .anywhere) == NodeID("one")
            let (owner, caller) = isOne ? (one, two) : (two, one)
            try await mesh.running(one, two) {
                let account = try caller.actor(SampleAccount.self, "a")
                _ = try await account.call(SampleAccount.Deposit(amount: 5))
                _ = try? await account.call(SampleAccount.Withdraw(amount: 9))
                let (here, there) = (try Self.kind(owner), try Self.kind(caller))
                try check(here.calls[.answered] == 1 && here.calls[.refused] == 1, "\(here.calls)")
                try check(here.served.count == 2, "\(here.served.count) calls were timed")
                try check(here.served.sum >= 3_000_000, "the journal's time is not in \(here.served.sum)")
                try check(there.asked[.answered] == 1 && there.asked[.refused] == 1, "\(there.asked)")
                try check(there.askedTimes.count == 2, "\(there.askedTimes.count) answers were timed")
                try check(there.calls == CallCounts() && there.stays == 0, "nobody lives there")
            }
        }
    }

    @Test func `actors that leave, and calls that are turned away`() throws {
        try forSeeds(1...3) { mesh in
            let node = try mesh.node("one") { $0.maximumResidents = 1 }
            try await mesh.running(node) {
                _ = try await node.actor(SampleAccount.self, "a").call(SampleAccount.Deposit(amount: 5))
                let other = try node.actor(SampleAccount.self, "b")
                let failure = try? await other.call(SampleAccount.Balance())
                try check(failure == nil, "there is room for two")
                let found = try Self.kind(node)
                try check(found.calls[.overloaded] >= 1, "\(found.calls)")
                await node.drain()
                let later = try Self.kind(node)
                try check(later.passivations == 1 && later.stays == 0, "it has not left")
                try check(later.evictions == 0 && later.callsUnderWay == 0, "\(later)")
                try check(node.statistics.startsWaiting == 0, "nobody waits")
            }
        }
    }
}
