import MeshIO
import Testing

@Suite struct `The patience of a loop` {
    private func patience(afterWaitsOf nanoseconds: Int64, count: Int = 100) -> LoopPatience {
        var patience = LoopPatience()
        for _ in 0..<count { patience.waited(nanoseconds) }
        return patience
    }

    @Test func `a loop that knows nothing, or waits for long, sleeps at once`() {
        #expect(LoopPatience().looking == 0)
        #expect(patience(afterWaitsOf: 10_000_000).looking == 0)
        #expect(patience(afterWaitsOf: 300_000).looking == 0)
        #expect(patience(afterWaitsOf: .max).looking == 0)
    }

    @Test func `a loop whose waits are short looks, but only for a moment`() {
        let looking = patience(afterWaitsOf: 20_000).looking
        #expect(looking > 0 && looking <= 50_000)
        #expect(patience(afterWaitsOf: -1).looking > 0)
    }

    @Test func `a few long waits end it, and others who want the processor at once`() {
        var patience = patience(afterWaitsOf: 20_000)
        patience.waited(1_000_000)
        patience.waited(1_000_000)
        #expect(patience.looking == 0)
        patience = self.patience(afterWaitsOf: 20_000)
        patience.wasInTheWay()
        #expect(patience.looking == 0)
    }
}
