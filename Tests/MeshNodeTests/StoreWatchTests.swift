import MeshActors
import MeshCore
import MeshNode
import MeshStore
import MeshTestKit
import Testing

@Suite struct `The watch of a store` {
    private static func events(_ sink: VolatileLogSink) -> [String] {
        sink.records.map { "\($0.level.name) \($0.event.name)" }
    }

    @Test func `says once when something fails, and once when it is well again`() {
        let sink = VolatileLogSink()
        let watch = StoreWatch(logger: Logger(sink: sink, clock: VirtualClock(), minimumLevel: .info))
        var found = StoreStatistics()
        watch.look(at: found)
        #expect(Self.events(sink).isEmpty)
        found.compactionFailure = JournalError(.corrupt, "a segment does not check")
        found.indexFailure = JournalError(.readOnly, "the index does not follow")
        for _ in 0..<3 { watch.look(at: found) }
        #expect(Self.events(sink) == ["error hub.store-compaction-failed", "error hub.store-index-failed"])
        found.compactionFailure = JournalError(.corrupt, "another segment does not check")
        watch.look(at: found)
        found.compactionFailure = nil
        found.indexFailure = nil
        for _ in 0..<3 { watch.look(at: found) }
        let rest = Self.events(sink).dropFirst(2)
        #expect(
            rest == [
                "error hub.store-compaction-failed", "info hub.store-compaction-well", "info hub.store-index-well",
            ]
        )
        #expect(watch.counts.compaction == 1 && watch.counts.index == 1 && watch.counts.writer == 0)
    }

    @Test func `tells a store without room from one that has failed`() {
        let sink = VolatileLogSink()
        let watch = StoreWatch(logger: Logger(sink: sink, clock: VirtualClock(), minimumLevel: .info))
        var found = StoreStatistics()
        for condition in [StoreCondition.readOnly, .readOnly, .serving, .failed, .failed] {
            found.condition = condition
            watch.look(at: found)
        }
        let event = "hub.store-condition"
        #expect(Self.events(sink) == ["error \(event)", "info \(event)", "error \(event)"])
        #expect(watch.counts.writer == 2)
        #expect(!NodeState.Check.store(.readOnly).isPassing && NodeState.Check.store(.readOnly).weight == .readiness)
        #expect(NodeState.Check.store(.failed).weight == .liveness && NodeState.Check.store(.serving).isPassing)
    }

    @Test func `looks as often as its interval says`() throws {
        let looks = Lock(0)
        let outcome = try SeededRun.run(seed: 1) { world in
            let watch = StoreWatch(logger: Logger(sink: VolatileLogSink(), clock: world.clock, minimumLevel: .info))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    await watch.run(clock: world.clock) {
                        looks.withLock { $0 += 1 }
                        return StoreStatistics()
                    }
                }
                try await world.clock.sleep(for: Limits.Hub.storeLookInterval * 10 + .milliseconds(500))
                group.cancelAll()
            }
        }
        try outcome.result.get()
        #expect(looks.withLock { $0 } == 10)
    }
}
