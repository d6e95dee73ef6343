import Glibc
import MeshAPI
import MeshCore
import MeshNode
import MeshTestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct `Looks of the doctor at a node that runs` {
    private static let found = [DoctorCheck("clock", .ok, "noon")]

    @Test func `are none too often, however many ask`() async throws {
        let clock = VirtualClock()
        let looks = Lock(0)
        let rounds = DoctorRounds(clock: clock, threads: DoctorThreads()) {
            looks.withLock { $0 += 1 }
            return Self.found
        }
        for _ in 0..<3 { #expect(await rounds.findings().map(\.name) == ["clock"]) }
        #expect(looks.withLock { $0 } == 1)
        async let sleep: Void = clock.sleep(for: Limits.Doctor.findingsAge)
        while clock.sleeperCount == 0 { await Task.yield() }
        #expect(clock.advanceToNextDeadline())
        try await sleep
        _ = await rounds.findings()
        #expect(looks.withLock { $0 } == 2)
    }

    @Test func `are one at a time, and all who ask are told what was found`() async {
        let looks = Watched(0)
        let isEnding = Watched(false)
        let rounds = DoctorRounds(clock: VirtualClock(), threads: DoctorThreads()) {
            looks.change { $0 += 1 }
            await isEnding.wait { $0 }
            return Self.found
        }
        await withTaskGroup(of: Int.self) { group in
            for _ in 0..<5 { group.addTask { await rounds.findings().count } }
            await looks.wait { $0 == 1 }
            isEnding.change { $0 = true }
            for await count in group { #expect(count == 1) }
        }
        #expect(looks.value == 1)
    }

    @Test func `wait for what hangs of a former one, and say so`() async throws {
        let clock = VirtualClock()
        let threads = DoctorThreads()
        let looks = Lock(0)
        let rounds = DoctorRounds(clock: clock, threads: threads) {
            looks.withLock { $0 += 1 }
            return Self.found
        }
        // A thread that hangs until a byte comes.
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        let (reader, writer) = (ends[0], ends[1])
        defer { for end in [reader, writer] { close(end) } }
        let hanging = Task {
            await threads.run {
                var byte = UInt8(0)
                return read(reader, &byte, 1)
            }
        }
        hanging.cancel()
        #expect(await hanging.value == nil)
        #expect(threads.leftCount == 1)
        async let told = rounds.findings()
        while clock.sleeperCount == 0 { await Task.yield() }
        #expect(clock.advanceToNextDeadline())
        #expect(clock.now.nanoseconds == Limits.Doctor.threadPatience.wholeNanoseconds)
        let check = try #require(await told.first)
        #expect(check.status == .failure && check.detail.contains("a former look still hangs, in one thread"))
        #expect(looks.withLock { $0 } == 0)
        #expect(write(writer, [1], 1) == 1)
        try await threads.allEnded()
        #expect(threads.leftCount == 0)
        // What hung is no finding that others are told.
        #expect(await rounds.findings().map(\.name) == ["clock"])
    }

    @Test func `that are cancelled leave the next one to look, and what ends in time is not left behind`() async {
        let threads = DoctorThreads()
        #expect(await threads.run { 7 } == 7)
        #expect(threads.leftCount == 0)
        let looks = Watched(0)
        let isEnding = Watched(false)
        let rounds = DoctorRounds(clock: VirtualClock(), threads: threads) {
            looks.change { $0 += 1 }
            await isEnding.wait { $0 }
            return Self.found
        }
        let first = Task { await rounds.findings() }
        await looks.wait { $0 == 1 }
        first.cancel()
        isEnding.change { $0 = true }
        _ = await first.value
        #expect(await rounds.findings().count == 1)
        #expect(looks.value == 2)
    }
}
