package import MeshCore

/// Whether a request is sent once more, and when.
package struct StripeRetries: Sendable {
    private let attempts: Int
    private let firstPause: Duration
    private let longestPause: Duration

    /// So many tries at most; before the second a pause of anything up to `firstPause`, and twice as much before each
    /// further one, up to `longestPause`.
    package init(
        attempts: Int = Limits.Stripe.maximumAttempts,
        firstPause: Duration = Limits.Stripe.firstPause,
        longestPause: Duration = Limits.Stripe.longestPause
    ) {
        self.attempts = max(1, min(attempts, Limits.Stripe.maximumAttempts))
        self.firstPause = firstPause
        self.longestPause = longestPause
    }

    /// What one try has brought.
    package enum Outcome: Hashable, Sendable {
        /// No answer; what was asked may be done.
        case noAnswer
        /// An answer; `advice` is what `stripe-should-retry` says.
        case answer(status: Int, advice: Bool?, retryAfter: Duration?)
    }

    /// What to do then.
    package enum Step: Hashable, Sendable {
        /// It stays as it is.
        case end
        /// Again after this; with another key where the answer to this one stands fast.
        case again(after: Duration, renewsKey: Bool)
    }

    /// What follows the try `number`, counted from 1.
    ///
    /// Stripe repeats what it once answered to a key, a 500 too: behind such an answer only another key brings a new
    /// try. Where no answer came, the same key is what keeps a thing from being done twice.
    package func step(after outcome: Outcome, number: Int, using generator: inout SeededGenerator) -> Step {
        guard number < attempts else { return .end }
        switch outcome {
        case .noAnswer: return .again(after: pause(number, &generator), renewsKey: false)
        case .answer(let status, let advice, let wanted):
            guard advice ?? (status == 408 || status == 409 || status == 429 || status >= 500) else { return .end }
            let drawn = pause(number, &generator)
            let wait = max(drawn, wanted ?? .zero)
            guard wait <= max(Limits.Stripe.longestWait, longestPause) else { return .end }
            return .again(after: wait, renewsKey: status >= 500)
        }
    }

    /// Full jitter: anything from nothing to the bound.
    private func pause(_ number: Int, _ generator: inout SeededGenerator) -> Duration {
        let bound = min(firstPause * (1 << min(number - 1, 16)), longestPause)
        let milliseconds = Int(bound.wholeNanoseconds / 1_000_000)
        return .milliseconds(Int64(generator.integer(in: 0...max(0, milliseconds))))
    }
}
