package import MeshCore

/// One call from its first attempt to its first word: whom it asks, when it tries again, how long it waits for what.
///
///     ready ──▶ attempting(choice, try) ──answerBegan──▶ over
///                 ▲        │ failed before the answer began
///                 └─pause──┘        same choice again, or the next one
///
/// Nothing is tried again once an answer has begun. Nobody knows when one that comes whole has: a vendor sends its head
/// only at its end. So it is waited for until the deadline, and once it took too long nobody is asked, and paid, again.
package struct CallStateMachine: ~Copyable {
    private enum State {
        case ready
        case attempting(Attempt)
        case pausing(Attempt, until: Instant)
        case over
    }

    private struct Attempt {
        var choice: Int
        var number: Int
        var began: Instant
    }

    private let configuration: CallConfiguration
    private let choices: Int
    private let started: Instant
    private let deadline: Instant?
    private let isWhole: Bool
    private var attempts = 0
    private var state = State.ready

    /// A call that may ask `choices` in their order, begun at `now`; it must be over at `deadline`, if there is one.
    ///
    /// `isWhole` where the answer is not asked for as a stream.
    package init(
        choices: Int,
        configuration: CallConfiguration,
        now: Instant,
        deadline: Instant? = nil,
        isWhole: Bool = false
    ) {
        self.isWhole = isWhole
        self.choices = choices
        self.configuration = configuration
        started = now
        let whole = configuration.whole.map { now + $0 }
        self.deadline = [whole, deadline].compactMap(\.self).min()
    }

    /// What comes next.
    package enum Action: Hashable, Sendable {
        /// Ask this one.
        case attempt(choice: Int)
        /// Wait for ``nextDeadline``, then call ``deadlineReached(now:)``.
        case pause
        /// Give up, with the error that there was last.
        case giveUp
        /// Stop what is under way and give up: it took too long.
        case timeOut
        /// Nothing.
        case none
    }

    /// When the driver must call ``deadlineReached(now:)``.
    package var nextDeadline: Instant? {
        let phase: Instant? =
            switch state {
            case .ready, .over: nil
            case .attempting where isWhole && deadline != nil: nil
            case .attempting(let attempt): configuration.firstEvent.map { attempt.began + $0 }
            case .pausing(_, let until): until
            }
        if case .over = state { return nil }
        return [phase, deadline].compactMap(\.self).min()
    }

    /// The call begins.
    package mutating func begin(now: Instant) -> Action {
        guard case .ready = state else { return .none }
        guard choices > 0 else { return end(.giveUp) }
        return attempt(0, number: 1, now)
    }

    /// The first event of an answer is there: nothing is tried again.
    package mutating func answerBegan() { state = .over }

    /// This one is left alone just now: the next one is asked at once.
    package mutating func attemptRefused(now: Instant) -> Action {
        guard case .attempting(let attempt) = state else { return .none }
        attempts -= 1
        return moveOn(from: attempt, now)
    }

    /// The attempt failed; `jitter` is a random number, which spreads those who failed together.
    package mutating func attemptFailed(
        _ code: ChatErrorCode,
        retryAfter: Duration?,
        now: Instant,
        jitter: UInt64
    ) -> Action {
        switch state {
        case .attempting where isWhole && code == .timedOut: return end(.giveUp)
        case .attempting(let attempt):
            switch Remedy(code) {
            case .none: return end(.giveUp)
            case .nextChoice: return moveOn(from: attempt, now)
            case .again:
                let wait = max(retryAfter ?? .zero, pause(after: attempt.number, jitter))
                let hasNext = attempt.choice + 1 < choices
                // Waiting is worth it only where nobody else can be asked, and not for long.
                let isTooLong = hasNext && retryAfter.map { $0 > configuration.longestWaitBeforeNext } ?? false
                guard attempt.number < configuration.attemptsPerChoice, attempts < configuration.attempts,
                    wait <= configuration.longestWait, !isTooLong
                else { return moveOn(from: attempt, now) }
                if let deadline, deadline <= now + wait { return moveOn(from: attempt, now) }
                state = .pausing(attempt, until: now + wait)
                return .pause
            }
        case .ready, .pausing, .over: return .none
        }
    }

    /// Time has come to ``nextDeadline``.
    package mutating func deadlineReached(now: Instant) -> Action {
        guard let next = nextDeadline, next <= now else { return .none }
        if let deadline, deadline <= now { return end(.timeOut) }
        switch state {
        case .pausing(let attempt, _): return self.attempt(attempt.choice, number: attempt.number + 1, now)
        case .attempting where isWhole: return end(.timeOut)
        case .attempting(let attempt):
            guard attempt.choice + 1 < choices, attempts < configuration.attempts else { return end(.timeOut) }
            return moveOn(from: attempt, now)
        case .ready, .over: return .none
        }
    }

    private mutating func attempt(_ choice: Int, number: Int, _ now: Instant) -> Action {
        attempts += 1
        state = .attempting(Attempt(choice: choice, number: number, began: now))
        return .attempt(choice: choice)
    }

    private mutating func moveOn(from attempt: Attempt, _ now: Instant) -> Action {
        guard attempt.choice + 1 < choices, attempts < configuration.attempts else { return end(.giveUp) }
        return self.attempt(attempt.choice + 1, number: 1, now)
    }

    private mutating func end(_ action: Action) -> Action {
        state = .over
        return action
    }

    /// Doubling from the first pause, and up to a quarter less.
    private func pause(after number: Int, _ jitter: UInt64) -> Duration {
        let doubled = configuration.firstPause * (1 << min(number - 1, 10))
        let pause = min(doubled, configuration.longestPause)
        return pause - pause / 4 * Int(jitter % 1_024) / 1_024
    }

    /// What helps against an error.
    private enum Remedy {
        /// The same once more.
        case again
        /// Somebody else.
        case nextChoice
        /// Nothing: the request itself is to blame, or the client.
        case none

        init(_ code: ChatErrorCode) {
            switch code {
            case .rateLimited, .overloaded, .unavailable, .upstreamFailed, .upstreamMalformed, .timedOut: self = .again
            case .upstreamCredentials, .upstreamBilling, .engineFailed, .unknownModel, .unsupported, .contextExceeded:
                self = .nextChoice
            case .malformed, .unauthenticated, .forbidden, .unknownAdapter, .conflict, .tooLarge, .paymentRequired,
                .cancelled:
                self = .none
            }
        }
    }
}

/// How often a call is tried, and how long it waits for what.
package struct CallConfiguration: Hashable, Sendable {
    /// Attempts with one choice.
    package var attemptsPerChoice = 2

    /// Attempts in all; no more than ``Limits/Chat/maximumAttempts``.
    package var attempts = 4 {
        didSet { attempts = min(attempts, Limits.Chat.maximumAttempts) }
    }

    /// The pause before the second attempt; it doubles.
    package var firstPause = Duration.milliseconds(250)

    /// The longest of these pauses.
    package var longestPause = Duration.seconds(4)

    /// The longest wait that a provider may ask for; where it wants more it is not asked again.
    package var longestWait = Duration.seconds(20)

    /// The same where somebody else can be asked.
    package var longestWaitBeforeNext = Duration.seconds(1)

    /// From an attempt to the first event of a stream; nil for ever.
    ///
    /// A whole answer that has a deadline is waited for until then.
    package var firstEvent: Duration? = .seconds(120)

    /// For all of it.
    package var whole: Duration?

    /// The defaults.
    package init() {}
}
