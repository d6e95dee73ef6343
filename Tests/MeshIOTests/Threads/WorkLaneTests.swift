import Dispatch
import Glibc
import MeshCore
import MeshIO
import MeshTestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct `A lane of work` {
    private struct Refused: Error, Hashable { let why: WorkLane.Refusal }
    private struct Broken: Error {}

    private static func broken(_ refusal: WorkLane.Refusal) -> Broken { Broken() }

    /// A piece of work that a test lets go.
    private final class Gate: Sendable {
        private let semaphore = DispatchSemaphore(value: 0)
        let began = Watched(false)

        func pass() {
            began.change { $0 = true }
            semaphore.wait()
        }

        func open() { semaphore.signal() }
    }

    @Test func `does every piece, one at a time, and begins again after a rest`() async throws {
        let lane = WorkLane(capacity: 8)
        let state = Lock((running: 0, most: 0, done: 0))
        for round in 1...3 {
            let gate = Gate()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await lane.run(refusing: Refused.init) { () throws(Refused) in gate.pass() } }
                _ = await gate.began.wait { $0 }
                for _ in 0..<8 {
                    group.addTask {
                        try await lane.run(refusing: Refused.init) { () throws(Refused) in
                            state.withLock { ($0.running, $0.most) = ($0.running + 1, max($0.most, $0.running + 1)) }
                            sched_yield()
                            state.withLock { ($0.running, $0.done) = ($0.running - 1, $0.done + 1) }
                        }
                    }
                }
                gate.open()
                try await group.waitForAll()
            }
            #expect(state.withLock { $0.done } == round * 8)
        }
        #expect(state.withLock { $0.most } == 1)
    }

    @Test func `refuses what is beyond its bound, and nothing of what waits`() async throws {
        let (lane, gate, refused) = (
            WorkLane(capacity: 3, yieldsToOthers: true), Gate(), Watched<[WorkLane.Refusal]>([])
        )
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await lane.run(refusing: Refused.init) { () throws(Refused) in gate.pass() } }
            _ = await gate.began.wait { $0 }
            for _ in 0..<5 {
                group.addTask {
                    do throws(Refused) { try await lane.run(refusing: Refused.init) { () throws(Refused) in } } catch {
                        refused.change { $0.append(error.why) }
                    }
                }
            }
            _ = await refused.wait { $0.count == 2 }
            gate.open()
        }
        #expect(refused.value == [.full, .full])
    }

    @Test func `hands on what a piece returns or throws`() async throws {
        let lane = WorkLane(capacity: 1)
        #expect(try await lane.run(refusing: Refused.init) { () throws(Refused) in 7 } == 7)
        await #expect(throws: Broken.self) {
            try await lane.run(refusing: Self.broken) { () throws(Broken) in throw Broken() }
        }
    }

    @Test func `a thread has the stack that it is asked for`() async {
        let depth = OneShotDepth()
        let isStarted = WorkThread.start(stackBytes: 64 * 1_024 * 1_024) {
            depth.reached.change { $0 = Self.sink(20_000) }
        }
        #expect(isStarted)
        #expect(await depth.reached.wait { $0 > 0 } == 20_000)
    }

    private final class OneShotDepth: Sendable { let reached = Watched(0) }

    /// A kilobyte of stack for each step: more than a usual stack has.
    @inline(never)
    private static func sink(_ steps: Int) -> Int {
        guard steps > 0 else { return 0 }
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 1_024) { bytes in
            bytes[steps % 1_024] = 1
            return sink(steps - 1) + Int(bytes[steps % 1_024])
        }
    }
}
