import Glibc
import MeshCore
import MeshIO
import MeshTestKit
import Testing

@Suite struct `The end of a loop` {
    @Test func `comes after the work that was queued`() async throws {
        let loop = try EventLoop.start(name: "end")
        let ran = Watched(0)
        _ = loop.execute {
            for _ in 0..<1_000 { _ = loop.execute { ran.change { $0 += 1 } } }
            loop.stop()
        }
        await loop.ended()
        #expect(ran.value == 1_000)
        loop.join()
    }

    @Test func `leaves no thread that a broken pipe could end`() async throws {
        let loop = try EventLoop.start(name: "end")
        #expect(try await loop.run { Self.isBrokenPipeBlocked() })
        loop.stop()
        await loop.ended()
        let isBlocked = await withCheckedContinuation { continuation in
            loop.executeAlways { continuation.resume(returning: Self.isBrokenPipeBlocked()) }
        }
        #expect(isBlocked)
    }

    private static func isBrokenPipeBlocked() -> Bool {
        var signals = sigset_t()
        pthread_sigmask(SIG_BLOCK, nil, &signals)
        return sigismember(&signals, SIGPIPE) == 1
    }

    @Test func `comes after hooks that were marked last`() async throws {
        let loop = try EventLoop.start(name: "end")
        let isCalled = Watched(false)
        let farewell = try await loop.run {
            let farewell = Farewell(loop, isCalled)
            farewell.hook?.mark()
            loop.stop()
            return farewell
        }
        await loop.ended()
        #expect(isCalled.value)
        withExtendedLifetime(farewell) {}
    }

    @Test func `cancels sleepers and lets timers, hooks and handlers go`() async throws {
        let loop = try EventLoop.start(name: "end")
        let clock = MachineClock(loop: loop)
        let sleepers = (0..<100).map { index in
            Task { () -> Bool in
                do { try await clock.sleep(for: .seconds(3_600 + index)) } catch { return true }
                return false
            }
        }
        let pipe = Pipe()
        defer { pipe.close() }
        weak let handler = try await loop.run {
            let handler = Quiet()
            _ = try loop.register(pipe.reading, for: .readable, handler: handler)
            loop.schedule(handler.timer, at: loop.now + .seconds(3_600))
            return handler
        }
        await allAsleep(sleepers.count + 1, on: loop)
        loop.stop()
        for sleeper in sleepers { #expect(await sleeper.value) }
        await loop.ended()
        #expect(handler == nil)
    }

    @Test func `lets a task that began before, or begins after, come to its end`() async throws {
        let loop = try EventLoop.start(name: "end")
        let isReleased = Watched(false)
        let before = Task(executorPreference: loop) { await isReleased.wait { $0 } }
        loop.stop()
        await loop.ended()
        isReleased.change { $0 = true }
        #expect(await before.value)
        let after = Task(executorPreference: loop) {
            for _ in 0..<100 { await Task.yield() }
            return loop.isOnLoop
        }
        #expect(await after.value)
        #expect(!loop.execute {})
        await #expect(throws: IOError(.stopped, "")) { try await loop.run {} }
        await #expect(throws: CancellationError.self) { try await MachineClock(loop: loop).sleep(for: .seconds(9)) }
    }

    @Test func `does not wait for ever for tasks that never rest`() async throws {
        let loop = try EventLoop.start(name: "end")
        let yields = Watched(0)
        let isOver = Watched(false)
        let restless = Task(executorPreference: loop) {
            while !isOver.value {
                yields.change { $0 += 1 }
                await Task.yield()
            }
            return loop.isOnLoop
        }
        await yields.wait { $0 > 10 }
        loop.stop()
        // After `Limits.IO.maximumRoundsAfterStop` rounds the thread ends, and another one goes on with the task.
        await loop.ended()
        let atTheEnd = yields.value
        await yields.wait { $0 > atTheEnd + Limits.IO.maximumRoundsAfterStop }
        isOver.change { $0 = true }
        #expect(await restless.value)
    }

    @Test func `can be asked for by many at once, and waited for`() async throws {
        let loop = try EventLoop.start(name: "end")
        await withTaskGroup { group in
            for _ in 0..<50 {
                group.addTask {
                    loop.stop()
                    await loop.ended()
                }
            }
        }
        loop.join()
    }
}

/// Returns once `count` timers wait on `loop`.
func allAsleep(_ count: Int, on loop: EventLoop) async {
    while let waiting = try? await loop.run({ loop.timerCount }), waiting < count { await Task.yield() }
}

/// Does something last.
///
/// Sendable: confined to its loop.
private final class Farewell: TurnHandler, @unchecked Sendable {
    private(set) var hook: TurnHook?
    private let isCalled: Watched<Bool>

    init(_ loop: EventLoop, _ isCalled: Watched<Bool>) {
        self.isCalled = isCalled
        hook = TurnHook(loop: loop, handler: self)
    }

    func prepareToWait() { isCalled.change { $0 = true } }
}

/// Hears nothing.
///
/// Sendable: confined to its loop.
private final class Quiet: LoopHandler, TimerHandler, @unchecked Sendable {
    private(set) lazy var timer = LoopTimer(handler: self)

    func ready(_ readiness: Readiness) { Issue.record("was told \(readiness)") }

    func timerFired(_ timer: LoopTimer) { Issue.record("was told of a timer") }
}
