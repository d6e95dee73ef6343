import MeshActors
import MeshCheck
import MeshCore
import MeshTestKit
import Testing

@Suite struct `A mesh of actors under a seed` {
    @Test func `runs the same twice`() throws {
        func run(_ seed: UInt64) throws -> UInt64 {
            try SeededRun.run(seed: seed) { world in
                let mesh = SampleMesh(world: world)
                let membership = try SampleMesh.membership(1, "one", "two")
                let (one, two) = (
                    try mesh.node("one", membership: membership), try mesh.node("two", membership: membership)
                )
                try await mesh.running(one, two) {
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for number in 0..<30 {
                            group.addTask {
                                let account = try one.actor(SampleAccount.self, "account-\(number % 7)")
                                let balance = try await account.call(SampleAccount.Deposit(amount: 1))
                                world.trace.note("\(number) sees \(balance) at \(world.clock.now)")
                            }
                        }
                        try await group.waitForAll()
                    }
                    two.adopt(try SampleMesh.membership(2, "two"))
                    one.adopt(try SampleMesh.membership(2, "two"))
                    try await world.clock.sleep(for: .seconds(1))
                    world.trace.note("\(one.counts) \(two.counts)")
                }
            }.traceHash
        }
        for seed in 1...5 as ClosedRange<UInt64> { #expect(try run(seed) == run(seed)) }
        #expect(try run(1) != run(2))
    }
}
