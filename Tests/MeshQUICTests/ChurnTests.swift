import MeshCore
import MeshIO
import MeshQUIC
import MeshTestKit
import Testing

@Suite struct ChurnTests {
    @Test func `Links that come and go leave nothing behind`() async throws {
        let loop = try EventLoop.start(name: "churn")
        let clock = MachineClock(loop: loop)
        let churn = try await LinkChurn.start(loop: loop, clock: clock)
        var counts = try await churn.run(until: clock.now + .seconds(2), workers: 4, seed: 1)
        #expect(counts.failed == 0)
        // Beside hundreds of other tests two seconds may be over before anything has come and gone.
        for seed in UInt64(2)...10 where counts.requests == 0 || counts.cancelled == 0 {
            counts = try await churn.run(until: clock.now + .seconds(4), workers: 4, seed: seed)
            #expect(counts.failed == 0)
        }
        let left = try await churn.settle()
        #expect(counts.connections > 0 && counts.requests > 0 && counts.cancelled > 0)
        #expect((left.connections, left.streams, left.unreadBytes, left.handshakesUnderWay) == (0, 0, 0, 0))
        await churn.end()
        loop.stop()
    }
}
