import MeshCore
import MeshNode
import MeshTestKit
import Testing

@Suite struct `A nudge` {
    @Test func `ends a pause before its time, and only one`() throws {
        let outcome = try SeededRun.run(seed: 3) { world in
            let nudge = Nudge()
            let begin = world.clock.now
            #expect(await !nudge.wait(.seconds(5), on: world.clock))
            #expect(world.clock.now - begin == .seconds(5))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await world.clock.sleep(for: .seconds(1))
                    nudge.give()
                }
                #expect(await nudge.wait(.seconds(60), on: world.clock))
                #expect(world.clock.now - begin == .seconds(6))
                try await group.waitForAll()
            }
            // One that was given while nobody waited counts for the next pause.
            nudge.give()
            nudge.give()
            #expect(await nudge.wait(.seconds(60), on: world.clock))
            #expect(await !nudge.wait(.seconds(5), on: world.clock))
        }
        try outcome.result.get()
    }
}
