import MeshCore
import MeshTestKit
import Testing

@Suite struct `A seeded run` {
    @Test func `the same seed gives the same run, another seed another`() throws {
        let hashes = try (1...20).map { seed in
            let first = try SeededRun.run(seed: UInt64(seed)) { await RumourWorkload.run(in: $0) }
            let second = try SeededRun.run(seed: UInt64(seed)) { await RumourWorkload.run(in: $0) }
            #expect(first.traceHash == second.traceHash && first.steps == second.steps)
            #expect(try first.result.get() == second.result.get())
            return first.traceHash
        }
        #expect(Set(hashes).count == hashes.count)
    }

    @Test func `an hour passes in no time`() throws {
        let outcome = try SeededRun.run(seed: 1) { world in
            try await world.clock.sleep(for: .seconds(3_600))
            return world.clock.now
        }
        #expect(try outcome.result.get() == .origin + .seconds(3_600))
        #expect(outcome.virtualTime == .seconds(3_600))
    }

    @Test func `what the body throws is its result`() throws {
        struct Mishap: Error {}
        let outcome = try SeededRun.run(seed: 1) { _ in throw Mishap() }
        #expect(throws: Mishap.self) { try outcome.result.get() }
    }

    @Test func `the order of jobs is drawn from the seed`() throws {
        func order(_ seed: UInt64) throws -> [Int] {
            let order = Lock<[Int]>([])
            _ = try SeededRun.run(seed: seed) { _ in
                await withTaskGroup(of: Void.self) { group in
                    for number in 0..<6 { group.addTask { order.withLock { $0.append(number) } } }
                }
            }
            return order.withLock { $0 }
        }
        let orders = try Set((1...20).map(order))
        #expect(orders.count > 10, "six jobs in twenty orders drawn at random")
        #expect(orders.allSatisfy { $0.sorted() == Array(0..<6) })
    }

    @Test func `a body that never returns for want of work is stalled`() {
        #expect(throws: SeededRunError(.stalled, "")) {
            try SeededRun.run(seed: 1) { _ in
                let (stream, continuation) = AsyncStream<Int>.makeStream(bufferingPolicy: .bufferingOldest(1))
                for await _ in stream {}
                continuation.finish()
            }
        }
    }

    @Test func `a body that never stops working runs out of steps`() {
        #expect {
            try SeededRun.run(seed: 1, maximumSteps: 1_000) { world in
                while !Task.isCancelled { try await world.clock.sleep(for: .seconds(1)) }
            }
        } throws: { error in
            (error as? SeededRunError)?.code == .tooManySteps && "\(error)".contains("seed 1")
        }
        #expect(Limits.SeededRun.maximumSteps > 1_000)
    }
}

/// An executor preference alone keeps none of these in: each must fail the run.
@Suite struct `A job that escapes the seeded executor` {
    private actor Counter {
        private(set) var count = 0
        func add() { count += 1 }
    }

    private func expectEscape(_ body: @escaping @Sendable (SeededWorld) async throws -> Void) {
        #expect(throws: SeededRunError(.escapedJob, "")) { try SeededRun.run(seed: 1, body) }
    }

    @Test func `an unstructured task fails the run, even when it does nothing`() {
        expectEscape { _ in Task {} }
    }

    @Test func `an unstructured task that is awaited fails the run`() {
        expectEscape { _ in await Task {}.value }
    }

    @Test func `an unstructured task on the main actor fails the run`() {
        expectEscape { _ in Task { @MainActor in } }
    }

    @Test func `a detached task on the main actor fails the run`() {
        expectEscape { _ in Task.detached { @MainActor in } }
    }

    @Test func `a detached task fails the run`() {
        expectEscape { _ in await Task.detached {}.value }
    }

    @Test func `a visit to the main actor fails the run`() {
        expectEscape { _ in await MainActor.run {} }
    }

    @Test func `an unstructured task from inside an actor fails the run`() {
        actor Careless {
            func start() { Task { await Counter().add() } }
        }
        expectEscape { _ in await Careless().start() }
    }

    @Test func `a continuation resumed from another thread fails the run`() {
        expectEscape { _ in
            let waiting = Lock<CheckedContinuation<Void, Never>?>(nil)
            let isResumed = Lock(false)
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    await withCheckedContinuation { continuation in waiting.withLock { $0 = continuation } }
                }
                group.addTask {
                    while waiting.withLock({ $0 == nil }) { await Task.yield() }
                    OtherThread.run {
                        waiting.withLock { $0?.resume() }
                        isResumed.withLock { $0 = true }
                    }
                    while !isResumed.withLock({ $0 }) { await Task.yield() }
                }
            }
        }
    }

    @Test func `an actor with an executor of its own fails the run`() {
        expectEscape { world in
            let elsewhere = ElsewhereActor()
            _ = await elsewhere.visit()
        }
    }

    @Test func `a sleep on the machine's clock fails the run, whether it ends before the run or not`() {
        #expect(throws: SeededRunError.self) {
            try SeededRun.run(seed: 1) { _ in try await Task.sleep(nanoseconds: 1) }
        }
    }

    @Test func `a note from another thread fails the run`() {
        expectEscape { world in
            let isNoted = Lock(false)
            OtherThread.run {
                world.trace.note("from elsewhere")
                isNoted.withLock { $0 = true }
            }
            while !isNoted.withLock({ $0 }) {}
        }
    }

    @Test func `tasks of a failed run that come back later find nobody, and nothing breaks`() {
        let gate = Lock<CheckedContinuation<Void, Never>?>(nil)
        #expect(throws: SeededRunError.self) {
            try SeededRun.run(seed: 1) { _ in
                await Task { @MainActor in
                    await withCheckedContinuation { continuation in gate.withLock { $0 = continuation } }
                }.value
            }
        }
        let isResumed = Lock(false)
        OtherThread.run {
            gate.withLock { $0?.resume() }
            isResumed.withLock { $0 = true }
        }
        while !isResumed.withLock({ $0 }) {}
    }

    @Test func `actors, groups and child tasks do not escape`() throws {
        let outcome = try SeededRun.run(seed: 1) { _ in
            let counter = Counter()
            async let left: Void = counter.add()
            async let right: Void = counter.add()
            _ = await (left, right)
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<10 { group.addTask { await counter.add() } }
            }
            await Task.yield()
            return await counter.count
        }
        #expect(try outcome.result.get() == 12)
    }

    @Test func `another test's tasks at the same time do not count`() async throws {
        async let elsewhere: Void = {
            for _ in 0..<1_000 { await Task {}.value }
        }()
        for seed in 1...20 { _ = try SeededRun.run(seed: UInt64(seed)) { await RumourWorkload.run(in: $0) } }
        await elsewhere
    }
}
