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

    @Test func `are gathered by one at a time, and the others are told what was there`() async throws {
        let clock = VirtualClock()
        let gate = OneShotGate()
        let prepared = Prepared<Int>(clock: clock) {
            await gate.wait()
            return 1
        }
        async let slow: Void = prepared.refresh()
        while !gate.hasWaiter { await Task.yield() }
        await prepared.refresh()
        #expect(prepared.latest == nil)
        gate.open()
        await slow
        #expect(prepared.latest == 1)
    }
}

/// Holds one caller until it is opened.
private final class OneShotGate: Sendable {
    private let waiter = Lock<CheckedContinuation<Void, Never>?>(nil)

    var hasWaiter: Bool { waiter.withLock { $0 != nil } }

    func wait() async { await withCheckedContinuation { continuation in waiter.withLock { $0 = continuation } } }

    func open() { waiter.withLock { $0.take() }?.resume() }
}
