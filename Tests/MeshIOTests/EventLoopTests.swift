import MeshCore
import MeshIO
import MeshTestKit
import Testing

@Suite struct `An event loop` {
    @Test func `runs a task that prefers it, start to end, on its thread`() async throws {
        try await withLoop { loop in
            let places = await Task(executorPreference: loop) {
                var places = [loop.isOnLoop]
                await Task.yield()
                places.append(loop.isOnLoop)
                try? await MachineClock(loop: loop).sleep(for: .milliseconds(1))
                places.append(loop.isOnLoop)
                await withTaskGroup { group in
                    group.addTask { loop.isOnLoop }
                    for await place in group { places.append(place) }
                }
                return places
            }.value
            #expect(places == [true, true, true, true])
            #expect(!loop.isOnLoop)
        }
    }

    @Test func `is where an actor with its executor lives`() async throws {
        try await withLoop { loop in
            let resident = Resident(loop: loop)
            for _ in 0..<100 { await resident.visit() }
            #expect(await resident.visits == 100)
            let visits = try await loop.run { resident.assumeIsolated { $0.visits } }
            #expect(visits == 100)
        }
    }

    @Test func `loses no wake-up while threads add work and it falls asleep in between`() async throws {
        try await withLoop { loop in
            let count = Watched(0)
            await withTaskGroup { group in
                for _ in 0..<8 {
                    group.addTask {
                        for round in 0..<1_250 {
                            for _ in 0..<9 where !loop.execute({ count.change { $0 += 1 } }) { Issue.record("refused") }
                            // Waits for the loop, which then often has nothing left to do and sleeps.
                            let seen = try? await loop.run { round }
                            #expect(seen == round)
                            count.change { $0 += 1 }
                        }
                    }
                }
            }
            await count.wait { $0 == 100_000 }
        }
    }

    @Test func `runs closures of one thread in their order`() async throws {
        try await withLoop { loop in
            let seen = Watched<[Int]>([])
            for number in 0..<10_000 { _ = loop.execute { seen.change { $0.append(number) } } }
            #expect(await seen.wait { $0.count == 10_000 } == Array(0..<10_000))
        }
    }

    @Test func `calls a marked hook before it waits, and again where it marks itself`() async throws {
        try await withLoop { loop in
            let calls = Watched(0)
            let flusher = try await loop.run { Flusher(loop: loop, calls: calls, again: 3) }
            try await loop.run { flusher.hook?.mark() }
            await calls.wait { $0 == 4 }
            try await loop.run {
                // Twice in one turn is once.
                flusher.hook?.mark()
                flusher.hook?.mark()
            }
            try await loop.run {}
            #expect(calls.value == 5)
        }
    }

    @Test func `calls a marked hook within a turn of many jobs, not behind the last of them`() async throws {
        try await withLoop { loop in
            let calls = Watched(0)
            let flusher = try await loop.run { Flusher(loop: loop, calls: calls, again: 0) }
            let seen = Watched([Int]())
            try await loop.run {
                // All of them are there when the next turn begins, and the first has something to send.
                for number in 0..<Limits.IO.jobsBetweenHooks * 4 {
                    _ = loop.execute {
                        if number == 0 { flusher.hook?.mark() }
                        seen.change { $0.append(calls.value) }
                    }
                }
            }
            await seen.wait { $0.count == Limits.IO.jobsBetweenHooks * 4 }
            #expect(seen.value.first == 0 && seen.value.last == 1)
            #expect(seen.value.firstIndex(of: 1) ?? .max <= Limits.IO.jobsBetweenHooks)
        }
    }

    @Test func `waits for the end of time although its waits were short`() async throws {
        try await withLoop { loop in
            let sleeping = Task(executorPreference: loop) {
                try await MachineClock(loop: loop).sleep(until: .origin + .nanoseconds(Int64.max))
            }
            // Many short waits, so that the loop looks before it sleeps.
            for _ in 0..<2_000 { try await loop.run {} }
            sleeping.cancel()
            await #expect(throws: CancellationError.self) { try await sleeping.value }
        }
    }

    @Test func `lets timers and descriptors have their turn while work keeps adding work`() async throws {
        try await withLoop { loop in
            let rounds = Watched(0)
            let isOver = Watched(false)
            @Sendable func again() {
                rounds.change { $0 += 1 }
                if !isOver.value { _ = loop.execute { again() } }
            }
            _ = loop.execute { again() }
            await rounds.wait { $0 > Limits.IO.maximumJobsPerTurn * 2 }
            try await Task(executorPreference: loop) {
                try await MachineClock(loop: loop).sleep(for: .milliseconds(1))
                isOver.change { $0 = true }
            }.value
            #expect(rounds.value > Limits.IO.maximumJobsPerTurn)
        }
    }

    @Test func `refuses closures beyond its bound, but not those that take others away`() async throws {
        try await withLoop { loop in
            let gate = Lock(())
            let isHeld = Watched(false)
            let isCancelled = Watched(false)
            let taken = await withCheckedContinuation { continuation in
                gate.withLock { _ in
                    // The loop stands at the gate, so that nothing is taken out meanwhile.
                    _ = loop.execute {
                        isHeld.change { $0 = true }
                        gate.withLock { _ in }
                    }
                    while !isHeld.value {}
                    var taken = 0
                    while loop.execute({}) { taken += 1 }
                    loop.executeAlways { isCancelled.change { $0 = true } }
                    continuation.resume(returning: taken)
                }
            }
            #expect(taken == Limits.IO.maximumClosuresWaiting)
            // Once it has gone on there is room again.
            while !loop.execute({}) { await Task.yield() }
            while !isCancelled.value { await Task.yield() }
        }
    }

    @Test func `gives a group's loops out in turn, and no group without loops or with too many`() async throws {
        let group = try EventLoopGroup(count: 3, name: "group")
        let names = (0..<6).map { _ in group.next().name }
        #expect(names == ["group-1", "group-2", "group-0", "group-1", "group-2", "group-0"])
        group.stop()
        await group.ended()
        for count in [0, -1, Limits.IO.maximumLoopsInGroup + 1] {
            #expect(throws: IOError(.tooMany, "")) { try EventLoopGroup(count: count, name: "group") }
        }
    }

    @Test func `has as many loops in a group as there are processors to use`() async throws {
        let group = try EventLoopGroup(name: "group")
        #expect(group.loops.count >= 1)
        group.stop()
        for loop in group.loops { loop.join() }
    }
}

private actor Resident {
    let loop: EventLoop
    var visits = 0

    init(loop: EventLoop) { self.loop = loop }

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    func visit() {
        precondition(loop.isOnLoop)
        visits += 1
    }
}

/// Marks itself some times more.
///
/// Sendable: confined to its loop.
private final class Flusher: TurnHandler, @unchecked Sendable {
    private(set) var hook: TurnHook?
    private let calls: Watched<Int>
    private var again: Int

    init(loop: EventLoop, calls: Watched<Int>, again: Int) {
        self.calls = calls
        self.again = again
        hook = TurnHook(loop: loop, handler: self)
    }

    func prepareToWait() {
        calls.change { $0 += 1 }
        guard again > 0 else { return }
        again -= 1
        hook?.mark()
    }
}
