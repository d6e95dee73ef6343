import MeshCore
import MeshHTTP
import MeshNode
import MeshTestKit
import Testing

@Suite struct `The metrics of a node` {
    @Test func `are what docs say of them`() throws {
        let text = try #require(RepositoryFile.text("docs/metrics.md"))
        #expect(text == MetricsDocument.reference, "write it again: meshnode metrics reference > docs/metrics.md")
    }

    @Test func `have help that is a sentence, and names as Prometheus has them`() {
        let rows = MetricsDocument.reference.split(separator: "\n").filter { $0.hasPrefix("| `") }
        #expect(rows.count > 90)
        for row in rows {
            let cells = row.split(separator: "|").map { $0.drop { $0 == " " } }
            #expect(row.hasSuffix(". |") || row.hasSuffix("always 1. |") || row.hasSuffix("0 or 1. |"), "\(row)")
            #expect(cells[5].first?.isUppercase == true, "\(row)")
        }
    }

    @Test func `are gathered once in a while, however many ask`() async throws {
        let clock = VirtualClock()
        let rounds = Lock(0)
        let prepared = Prepared<Int>(clock: clock) {
            rounds.withLock {
                $0 += 1
                return $0
            }
        }
        #expect(prepared.latest == nil)
        for _ in 0..<5 { await prepared.refresh() }
        #expect(prepared.latest == 1)
        async let sleep: Void = clock.sleep(for: Limits.Operations.readingAge)
        while clock.sleeperCount == 0 { await Task.yield() }
        #expect(clock.advanceToNextDeadline())
        try await sleep
        for _ in 0..<5 { await prepared.refresh() }
        #expect(prepared.latest == 2 && rounds.withLock { $0 } == 2)
    }

    @Test func `are those of before where nothing can be gathered`() async throws {
        let clock = VirtualClock()
        let answer = Lock<Int?>(nil)
        let prepared = Prepared<Int>(clock: clock) { answer.withLock { $0 } }
        await prepared.refresh()
        #expect(prepared.latest == nil)
        // What came to nothing does not count as a reading.
        answer.withLock { $0 = 7 }
        await prepared.refresh()
        #expect(prepared.latest == 7)
    }

    @Test func `are gathered by one at a time, and the others wait for it`() async throws {
        let clock = VirtualClock()
        let gate = OneShotGate()
        let rounds = Lock(0)
        let prepared = Prepared<Int>(clock: clock) {
            rounds.withLock { $0 += 1 }
            await gate.wait()
            return 1
        }
        let first = Task { await prepared.refresh() }
        while !gate.hasWaiter { await Task.yield() }
        async let second: Void = prepared.refresh()
        while clock.sleeperCount < 2 { await Task.yield() }
        // One who leaves takes nothing from the others.
        first.cancel()
        await first.value
        #expect(prepared.latest == nil)
        gate.open()
        await second
        #expect(prepared.latest == 1 && rounds.withLock { $0 } == 1)
    }

    @Test func `are waited for so long, and what is too old is not told`() async throws {
        let clock = VirtualClock()
        let gate = OneShotGate()
        let isHanging = Lock(false)
        let prepared = Prepared<Int>(clock: clock) {
            if isHanging.withLock({ $0 }) { await gate.wait() }
            return 1
        }
        await prepared.refresh()
        isHanging.withLock { $0 = true }
        for patience in [Limits.Operations.readingAge, Limits.Operations.readingPatience] {
            let before = clock.now
            async let waits: Void =
                patience == Limits.Operations.readingAge
                ? Self.sleep(patience, clock) : prepared.refresh()
            while clock.sleeperCount == 0 { await Task.yield() }
            #expect(clock.advanceToNextDeadline())
            await waits
            #expect(clock.now - before == patience && prepared.latest == 1)
        }
        async let later: Void = Self.sleep(Limits.Operations.oldestReading, clock)
        while clock.sleeperCount == 0 { await Task.yield() }
        #expect(clock.advanceToNextDeadline())
        await later
        #expect(prepared.latest == nil)
        while !gate.hasWaiter { await Task.yield() }
        gate.open()
    }

    private static func sleep(_ duration: Duration, _ clock: VirtualClock) async {
        try? await clock.sleep(for: duration)
    }
}

/// Holds one caller until it is opened.
private final class OneShotGate: Sendable {
    private let waiter = Lock<CheckedContinuation<Void, Never>?>(nil)

    var hasWaiter: Bool { waiter.withLock { $0 != nil } }

    func wait() async { await withCheckedContinuation { continuation in waiter.withLock { $0 = continuation } } }

    func open() { waiter.withLock { $0.take() }?.resume() }
}
