import MeshActors
import MeshCore
import MeshNode
import MeshTestKit
import Testing

@Suite struct `The pulse of a hub` {
    /// A store that answers until it hangs, and then when it is let go on.
    private final class Store: Sendable {
        private let hanging = Lock<OneShot<Done>?>(nil)

        func hang() { hanging.withLock { $0 = OneShot() } }

        func goOn() { hanging.withLock { $0.take() }?.open(Done()) }

        /// As a store does it, it hears nothing of a cancellation.
        func answers() async {
            while let open = hanging.withLock({ $0 }) {
                guard (try? await open.wait()) != nil else { return }
            }
        }
    }

    /// Runs `body` beside a pulse that asks `store`.
    private static func run(
        seed: UInt64,
        _ body: @escaping @Sendable (HubPulse, Store, SeededWorld) async throws -> Void
    ) throws {
        let outcome = try SeededRun.run(seed: seed) { world in
            let store = Store()
            let pulse = HubPulse(clock: world.clock) { await store.answers() }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await pulse.run() }
                try await body(pulse, store, world)
                group.cancelAll()
            }
        }
        try outcome.result.get()
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `keeps nobody waiting while the store answers`(seed: UInt64) throws {
        try Self.run(seed: seed) { pulse, _, world in
            var generator = world.generator
            for _ in 0..<100 {
                try await world.clock.sleep(for: .milliseconds(generator.integer(in: 0...700)))
                let before = world.clock.now
                await pulse.waitUntilFresh()
                #expect(world.clock.now == before)
            }
        }
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `believes the last answer for its patience, and no longer`(seed: UInt64) throws {
        try Self.run(seed: seed) { pulse, store, world in
            try await world.clock.sleep(for: .milliseconds(10_500))
            store.hang()
            // The last answer came half a second ago, at a whole second.
            let last = Instant.origin + .seconds(10)
            try await world.clock.sleep(until: last + (Limits.Hub.pulsePatience - .milliseconds(1)))
            let before = world.clock.now
            await pulse.waitUntilFresh()
            #expect(world.clock.now == before)
            #expect(pulse.isFresh)
            try await world.clock.sleep(until: last + Limits.Hub.pulsePatience)
            #expect(!pulse.isFresh)
            try await withThrowingTaskGroup(of: Instant.self) { group in
                for _ in 0..<10 {
                    group.addTask {
                        await pulse.waitUntilFresh()
                        return world.clock.now
                    }
                }
                try await world.clock.sleep(for: .seconds(3_600))
                store.goOn()
                let end = world.clock.now
                for try await returned in group { #expect(returned == end) }
            }
            // It beats again.
            try await world.clock.sleep(for: Limits.Hub.pulsePatience * 3)
            let later = world.clock.now
            await pulse.waitUntilFresh()
            #expect(world.clock.now == later)
        }
    }

    @Test func `asks as often as its interval says`() throws {
        let asked = Lock(0)
        let outcome = try SeededRun.run(seed: 1) { world in
            let pulse = HubPulse(clock: world.clock) { asked.withLock { $0 += 1 } }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await pulse.run() }
                try await world.clock.sleep(for: Limits.Hub.pulseInterval * 60 + .milliseconds(500))
                group.cancelAll()
            }
        }
        try outcome.result.get()
        #expect(asked.withLock { $0 } == 61)
    }

    @Test func `lets go of whoever is cancelled while it waits`() throws {
        try Self.run(seed: 1) { pulse, store, world in
            store.hang()
            try await world.clock.sleep(for: Limits.Hub.pulsePatience * 2)
            let before = world.clock.now
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await pulse.waitUntilFresh() }
                group.cancelAll()
            }
            #expect(world.clock.now == before)
        }
    }
}
