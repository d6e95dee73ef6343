import MeshCore
import MeshTestKit
import Testing

@Suite struct `A virtual clock` {
    @Test func `sleepers wake in the order of their deadlines, then of their arrival`() throws {
        let woken = Lock<[Int]>([])
        let outcome = try SeededRun.run(seed: 3) { world in
            await withTaskGroup(of: Void.self) { group in
                for number in [30, 10, 20, 40] {
                    group.addTask {
                        try? await world.clock.sleep(until: .origin + .milliseconds(number))
                        woken.withLock { $0.append(number) }
                    }
                }
            }
        }
        #expect(woken.withLock { $0 } == [10, 20, 30, 40])
        #expect(outcome.virtualTime == .milliseconds(40))
    }

    @Test func `a deadline in the past does not wait`() throws {
        let outcome = try SeededRun.run(seed: 1) { world in
            try await world.clock.sleep(until: .origin + .seconds(-1))
        }
        #expect(outcome.virtualTime == .zero)
    }

    @Test func `cancelling ends the wait at once and is thrown`() throws {
        let outcome = try SeededRun.run(seed: 1) { world in
            await withTaskGroup(of: Bool.self) { group in
                group.addTask {
                    do {
                        try await world.clock.sleep(for: .seconds(100))
                        return false
                    } catch {
                        return true
                    }
                }
                try? await world.clock.sleep(for: .seconds(1))
                group.cancelAll()
                return await group.next() ?? false
            }
        }
        #expect(try outcome.result.get() == true)
        #expect(outcome.virtualTime == .seconds(1))
    }

    @Test func `a task cancelled before it sleeps does not wait`() throws {
        let outcome = try SeededRun.run(seed: 1) { world in
            await withTaskGroup(of: Void.self) { group in
                group.cancelAll()
                group.addTask { try? await world.clock.sleep(for: .seconds(5)) }
            }
        }
        #expect(outcome.virtualTime == .zero)
    }

    @Test func `wall time jumps and the monotonic clock does not notice`() {
        let clock = VirtualClock()
        #expect(clock.wallTime == VirtualClock.firstWallTime)
        clock.jumpWallTime(by: .seconds(-3_600))
        #expect(clock.wallTime.description == "2025-12-31T23:00:00.000Z")
        #expect(clock.now == .origin && !clock.advanceToNextDeadline())
    }
}

@Suite struct `A trace` {
    @Test func `its hash depends on what was noted and in which order`() {
        func hash(_ notes: String...) -> UInt64 {
            let trace = Trace(clock: VirtualClock())
            for note in notes { trace.note(note) }
            return trace.hash
        }
        #expect(hash("a", "b") == hash("a", "b"))
        #expect(Set([hash(), hash("a"), hash("b"), hash("a", "b"), hash("b", "a"), hash("ab")]).count == 6)
    }

    @Test func `it keeps the last notes for the report`() {
        let trace = Trace(clock: VirtualClock())
        for number in 0..<Limits.Trace.notesKept + 3 { trace.note("\(number)") }
        #expect(trace.latest.count == Limits.Trace.notesKept && trace.latest.first == "0 3")
        #expect(trace.noteCount == Limits.Trace.notesKept + 3)
    }
}
