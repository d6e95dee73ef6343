package import MeshCore

/// Whether a provider is asked at all: after failures in a row of its own doing it is left alone for a while.
///
///     closed ──failures──▶ open ──time──▶ probing ──success──▶ closed
///                            ▲               │
///                            └────failure────┘  for twice as long, up to a bound
package struct CircuitBreaker: ~Copyable {
    private enum State {
        case closed(failures: Int)
        case open(until: Instant, pause: Duration)
        case probing(pause: Duration)
    }

    private let configuration: CircuitBreakerConfiguration
    private var state = State.closed(failures: 0)

    /// A breaker that is closed: the provider is asked.
    package init(_ configuration: CircuitBreakerConfiguration = CircuitBreakerConfiguration()) {
        self.configuration = configuration
    }

    /// What a call may do.
    package enum AdmitAction: Hashable, Sendable {
        /// Ask.
        case ask
        /// Ask, and tell how it went: others wait for that.
        case probe
        /// Do not ask before then.
        case refuse(until: Instant)
    }

    /// A call wants to be made at `now`.
    ///
    /// While one call probes, all others are refused: until a full pause later, as far as anybody knows.
    package mutating func admit(now: Instant) -> AdmitAction {
        switch state {
        case .closed: return .ask
        case .open(let until, let pause):
            guard until <= now else { return .refuse(until: until) }
            state = .probing(pause: pause)
            return .probe
        case .probing(let pause): return .refuse(until: now + pause)
        }
    }

    /// An answer has begun, or was refused for what is no fault of the provider.
    package mutating func callSucceeded() { state = .closed(failures: 0) }

    /// A call was given up before anybody could know: a probe that ended so is made again by the next call.
    package mutating func callAbandoned(now: Instant) {
        if case .probing(let pause) = state { state = .open(until: now, pause: pause) }
    }

    /// A call failed by the provider's doing; `retryAfter` is how long it wants to be left alone, if it said.
    package mutating func callFailed(now: Instant, retryAfter: Duration? = nil, isLasting: Bool = false) {
        switch state {
        case .closed(let failures):
            let isEnough = isLasting || failures + 1 >= configuration.failures
            guard isEnough else {
                state = .closed(failures: failures + 1)
                return
            }
            open(for: configuration.pause, now, retryAfter)
        case .probing(let pause): open(for: min(pause * 2, configuration.longestPause), now, retryAfter)
        case .open: break  // a call that was under way when it opened
        }
    }

    /// Whether calls are made as usual.
    package var isClosed: Bool { if case .closed = state { true } else { false } }

    private mutating func open(for pause: Duration, _ now: Instant, _ retryAfter: Duration?) {
        let wait = min(max(pause, retryAfter ?? .zero), configuration.longestPause)
        state = .open(until: now + wait, pause: pause)
    }
}

/// When a provider is left alone, and for how long.
package struct CircuitBreakerConfiguration: Hashable, Sendable {
    /// Failures in a row after which it is.
    package var failures = 5

    /// For how long, the first time.
    package var pause = Duration.seconds(5)

    /// For how long at most, whatever it says itself.
    package var longestPause = Duration.seconds(300)

    /// The defaults.
    package init() {}
}
