import MeshCore
import MeshQUIC
import Testing

@Suite("Handshakes in a second") struct HandshakeBudgetTests {
    @Test("are as many as the budget has, and a burst at once")
    func rate() {
        var budget = HandshakeBudget(perSecond: 100)
        var now = Instant.origin + .seconds(5)
        var taken = 0
        for _ in 0..<10_000 {
            if budget.take(at: now) == .take { taken += 1 }
            now = now + .milliseconds(1)
        }
        // Ten seconds at a hundred, and a quarter of a second's worth at the start.
        #expect((1_000...1_027).contains(taken), "\(taken)")
    }

    @Test("that are refused are told to come one after the other")
    func slots() {
        var budget = HandshakeBudget(perSecond: 10)
        let now = Instant.origin + .seconds(1)
        var pauses: [Duration] = []
        for _ in 0..<40 {
            if case .comeAgain(let pause) = budget.take(at: now) { pauses.append(pause) }
        }
        #expect(pauses.count == 31)
        for (earlier, later) in zip(pauses, pauses.dropFirst()) { #expect(later - earlier == .milliseconds(100)) }
    }

    @Test("that are refused without being told leave their moment to the next")
    func untold() {
        var budget = HandshakeBudget(perSecond: 10)
        var pauses: [Duration] = []
        for _ in 0..<40 {
            guard case .comeAgain(let pause) = budget.take(at: .origin) else { continue }
            pauses.append(pause)
            budget.takeBackMoment()
        }
        #expect(Set(pauses).count == 1, "\(pauses)")
    }

    @Test("that are refused are kept in mind for a moment, and only so many of them")
    func kept() {
        var refusals = RecentRefusals<Int>()
        let limit = Limits.Endpoint.rememberedRefusals
        for id in 0...limit { refusals.add(id, at: .origin) }
        #expect((0...limit).filter { refusals.contains($0, at: .origin) } == Array(1...limit))
        let later = Instant.origin + Limits.Endpoint.refusalMoment
        #expect(!(0...limit).contains { refusals.contains($0, at: later) })
    }

    @Test("are never put off for longer than the bound")
    func bound() {
        var budget = HandshakeBudget(perSecond: 1)
        var longest = Duration.zero
        for _ in 0..<1_000 {
            if case .comeAgain(let pause) = budget.take(at: .origin) { longest = max(longest, pause) }
        }
        #expect(longest == Limits.Endpoint.longestRetryAfter)
    }

    @Test("that come when they were told to are taken")
    func patience() {
        var budget = HandshakeBudget(perSecond: 50)
        var waiting: [Instant] = Array(repeating: .origin, count: 500)
        var tries = 0
        while let next = waiting.min(), let index = waiting.firstIndex(of: next) {
            tries += 1
            waiting.remove(at: index)
            if case .comeAgain(let pause) = budget.take(at: next) { waiting.append(next + pause) }
        }
        #expect(tries <= 1_000, "each comes twice at most: \(tries)")
    }

    @Test("demand a proof of address once half of the burst is spent")
    func proof() {
        var budget = HandshakeBudget(perSecond: 100)
        #expect(!budget.isHalfSpent(at: .origin))
        for _ in 0..<14 { _ = budget.take(at: .origin) }
        #expect(budget.isHalfSpent(at: .origin))
        #expect(!budget.isHalfSpent(at: .origin + .seconds(1)))
    }
}
