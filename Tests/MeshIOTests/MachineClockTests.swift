import MeshCore
import MeshIO
import MeshTestKit
import Testing

@Suite struct `The machine's clock` {
    @Test func `never goes back, and knows the year`() async throws {
        try await withLoop { loop in
            let clock = MachineClock(loop: loop)
            var last = clock.now
            for _ in 0..<1_000 {
                let now = clock.now
                #expect(now >= last)
                last = now
            }
            #expect(clock.wallTime > WallTime(millisecondsSince1970: 1_735_689_600_000))
            let turn = try await loop.run { loop.now }
            #expect(turn >= last)
        }
    }

    @Test func `wakes sleepers in the order of their deadlines, equal ones in that of arrival`() async throws {
        try await withLoop { loop in
            let expected = (0..<20).flatMap { third in (0..<3).map { 57 - third * 3 + $0 } }
            // On a machine so busy that some came after the first deadline, they get more time.
            for lead in [Duration.milliseconds(20), .milliseconds(200), .seconds(2), .seconds(20)] {
                guard let woken = await wake(on: loop, after: lead) else { continue }
                #expect(woken == expected)
                return
            }
            Issue.record("sixty tasks could not fall asleep within twenty seconds")
        }
    }

    /// Who woke, in order, of sixty that sleep in reverse and by threes; nil where the first deadline came too early.
    private func wake(on loop: EventLoop, after lead: Duration) async -> [Int]? {
        let clock = MachineClock(loop: loop)
        let woken = Watched<[Int]>([])
        let lastArrival = Watched(Instant.origin)
        let start = clock.now + lead
        await withTaskGroup { group in
            for index in 0..<60 {
                // Started one after the other on the loop: arrival is the order of starting.
                group.addTask(executorPreference: loop) {
                    lastArrival.change { $0 = max($0, clock.now) }
                    try? await clock.sleep(until: start + .microseconds((59 - index) / 3 * 3))
                    woken.change { $0.append(index) }
                }
            }
        }
        // Sleeping begins right after the look at the clock; a millisecond is plenty between the two, or seen here.
        return lastArrival.value + .milliseconds(1) < start ? woken.value : nil
    }

    @Test func `returns at once for what has passed, and throws at once where the task is cancelled`() async throws {
        try await withLoop { loop in
            let clock = MachineClock(loop: loop)
            try await clock.sleep(until: clock.now)
            let cancelled = Task {
                while !Task.isCancelled { await Task.yield() }
                try await clock.sleep(until: .origin)
            }
            cancelled.cancel()
            await #expect(throws: CancellationError.self) { try await cancelled.value }
        }
    }

    @Test func `lets go of cancelled sleepers and their timers, wherever they run`() async throws {
        try await withLoop { loop in
            let clock = MachineClock(loop: loop)
            for isOnLoop in [true, false] {
                let tasks = (0..<500).map { _ in
                    Task(executorPreference: isOnLoop ? loop : nil) { try await clock.sleep(for: .seconds(3_600)) }
                }
                await allAsleep(tasks.count, on: loop)
                for task in tasks { task.cancel() }
                for task in tasks { await #expect(throws: CancellationError.self) { try await task.value } }
                // What the cancellations left for the loop stands before this.
                let timers = try await loop.run { loop.timerCount }
                #expect(timers == 0)
            }
        }
    }

    @Test func `survives sleeping and cancelling at the same moment`() async throws {
        try await withLoop { loop in
            let clock = MachineClock(loop: loop)
            await withTaskGroup { group in
                for index in 0..<2_000 {
                    group.addTask {
                        let sleeper = Task { try await clock.sleep(for: .microseconds(index % 50)) }
                        if index % 3 != 0 { sleeper.cancel() }
                        _ = await sleeper.result
                    }
                }
            }
            let timers = try await loop.run { loop.timerCount }
            #expect(timers == 0)
        }
    }
}
