import MeshCore
import MeshStripe
import Testing

@Suite struct `A request that did not go well` {
    private static func step(
        _ outcome: StripeRetries.Outcome,
        _ number: Int = 1,
        _ retries: StripeRetries = StripeRetries(),
        seed: UInt64 = 1
    ) -> StripeRetries.Step {
        var generator = SeededGenerator(seed: seed)
        return retries.step(after: outcome, number: number, using: &generator)
    }

    private static func answer(_ status: Int, advice: Bool? = nil, after: Duration? = nil) -> StripeRetries.Outcome {
        .answer(status: status, advice: advice, retryAfter: after)
    }

    @Test func `is made again where that may help, and left where it may not`() {
        for status in [408, 409, 429, 500, 502, 503] { #expect(Self.step(Self.answer(status)) != .end, "\(status)") }
        for status in [200, 400, 401, 402, 403, 404] { #expect(Self.step(Self.answer(status)) == .end, "\(status)") }
        #expect(Self.step(.noAnswer) != .end)
        #expect(Self.step(Self.answer(500, advice: false)) == .end)
        #expect(Self.step(Self.answer(400, advice: true)) != .end)
    }

    @Test func `is made again so many times and no more`() {
        let most = Limits.Stripe.maximumAttempts
        #expect(Self.step(.noAnswer, most - 1) != .end)
        #expect(Self.step(.noAnswer, most) == .end)
        #expect(Self.step(.noAnswer, most, StripeRetries(attempts: most + 1)) == .end)
        #expect(Self.step(.noAnswer, 1, StripeRetries(attempts: 1)) == .end)
    }

    @Test func `keeps its key while nobody has answered, and takes another behind a 500`() {
        guard case .again(_, let afterCut) = Self.step(.noAnswer),
            case .again(_, let afterError) = Self.step(Self.answer(500)),
            case .again(_, let afterLimit) = Self.step(Self.answer(429))
        else { return #expect(Bool(false), "all are made again") }
        #expect((afterCut, afterError, afterLimit) == (false, true, false))
    }

    @Test func `waits for anything up to a bound that doubles`() {
        var longest = Duration.zero
        for seed in 0..<200 {
            for number in 1...3 {
                guard case .again(let pause, _) = Self.step(.noAnswer, number, seed: UInt64(seed)) else {
                    return #expect(Bool(false), "it is made again")
                }
                let bound = min(Limits.Stripe.firstPause * (1 << (number - 1)), Limits.Stripe.longestPause)
                #expect((.zero...bound).contains(pause))
                if number == 1 { longest = max(longest, pause) }
            }
        }
        #expect(longest > Limits.Stripe.firstPause / 2)
        let slow = StripeRetries(firstPause: .seconds(3_600))
        guard case .again(let pause, _) = Self.step(.noAnswer, 1, slow) else { return #expect(Bool(false)) }
        #expect(pause <= Limits.Stripe.longestPause)
    }

    @Test func `waits as long as it is told, within reason`() {
        let wanted = Limits.Stripe.longestWait
        #expect(Self.step(Self.answer(429, after: wanted)) == .again(after: wanted, renewsKey: false))
        #expect(Self.step(Self.answer(429, after: wanted + .seconds(1))) == .end)
    }
}
