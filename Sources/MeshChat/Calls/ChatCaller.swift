package import MeshCore

/// Makes calls along a route: asks, waits, asks again or asks the next, and leaves alone who keeps failing.
///
/// An attempt that fails is made again only while nothing of an answer has come but its head; the rules are
/// ``CallStateMachine``'s and ``CircuitBreaker``'s. Callable from any task.
package final class ChatCaller: Sendable {
    private let engines: [String: any InferenceEngine]
    private let breakers: [String: Lock<CircuitBreaker>]
    private let own: Set<String>
    private let configuration: CallConfiguration
    private let clock: any Clock
    private let generator: Lock<SeededGenerator>

    /// A caller of `engines`, by our names for them; `own` are in this process.
    ///
    /// One of our own that is busy or slow is not left alone: that is our own load, and whoever waits longest for it
    /// would close it for everybody else.
    package init(
        engines: [String: any InferenceEngine],
        own: Set<String> = [],
        configuration: CallConfiguration = CallConfiguration(),
        breakers: CircuitBreakerConfiguration = CircuitBreakerConfiguration(),
        clock: any Clock,
        generator: SeededGenerator
    ) {
        self.engines = engines
        self.own = own
        self.breakers = engines.mapValues { _ in Lock(CircuitBreaker(breakers)) }
        self.configuration = configuration
        self.clock = clock
        self.generator = Lock(generator)
    }

    /// Begins an answer with whoever of `route` can.
    ///
    /// The model and what it refuses are put into `request` here. Cancelling the task stops it at once.
    ///
    /// `told` is what becomes known of attempts before there is an answer, at once: some of it is to be paid also where
    /// there will be none.
    package func answer(
        _ request: GenerationRequest,
        along route: ModelRoute,
        told: @escaping @Sendable (AttemptNews) -> Void = { _ in }
    ) async throws(ChatError) -> BegunAnswer {
        var machine = CallStateMachine(
            choices: route.choices.count,
            configuration: configuration,
            now: clock.now,
            deadline: request.deadline,
            isWhole: !request.chat.isStreamed
        )
        var last: ChatError?
        var until: Instant?
        var action = machine.begin(now: clock.now)
        while true {
            switch action {
            case .attempt(let index):
                let choice = route.choices[index]
                switch await attempt(choice, request, until: machine.nextDeadline, told) {
                case .began(let answer):
                    machine.answerBegan()
                    return answer
                case .refused(let instant):
                    until = [until, instant].compactMap(\.self).min()
                    action = machine.attemptRefused(now: clock.now)
                case .timedOut:
                    last = ChatError(.timedOut, "\(choice.offer.engine) has not begun to answer in time")
                    action = machine.deadlineReached(now: clock.now)
                case .failed(let error):
                    last = error
                    action = machine.attemptFailed(
                        error.code,
                        retryAfter: error.failure?.retryAfter,
                        now: clock.now,
                        jitter: generator.withLock { $0.next() }
                    )
                }
            case .pause:
                guard let deadline = machine.nextDeadline else { throw last ?? nobody(until: until) }
                do { try await clock.sleep(until: deadline) } catch {
                    throw ChatError(.cancelled, "the client has left")
                }
                action = machine.deadlineReached(now: clock.now)
            case .timeOut: throw ChatError(.timedOut, "the call took too long", cause: last?.failure)
            case .giveUp, .none: throw last ?? nobody(until: until)
            }
        }
    }

    /// All who have the model are left alone, at least one of them until then.
    private func nobody(until: Instant?) -> ChatError {
        let wait = until.map { max($0 - clock.now, .zero) }
        let message = "nobody of those who have the model can be asked just now"
        return ChatError(.unavailable, message, cause: ChatFailure(retryAfter: wait))
    }

    /// Our names for all engines, in order.
    package var engineNames: [String] { engines.keys.sorted() }

    /// Whether `engine` is asked as usual; false while it is left alone.
    package func isAsked(_ engine: String) -> Bool { breakers[engine]?.withLock { $0.isClosed } ?? false }

    private enum Outcome: Sendable {
        case began(BegunAnswer)
        /// It is left alone until then.
        case refused(until: Instant?)
        case timedOut
        case failed(ChatError)
    }

    private func attempt(
        _ choice: ModelChoice,
        _ request: GenerationRequest,
        until deadline: Instant?,
        _ told: @escaping @Sendable (AttemptNews) -> Void
    ) async -> Outcome {
        let name = choice.offer.engine
        guard let engine = engines[name], let breaker = breakers[name] else { return .refused(until: nil) }
        let now = clock.now
        if case .refuse(let until) = breaker.withLock({ $0.admit(now: now) }) { return .refused(until: until) }
        let fitted = ParameterRules.fit(request.chat, to: choice.row)
        var request = request
        request.model = choice.offer.engineModel
        request.chat = fitted.request
        // One of our own stops at once and has cost nothing; anybody else works on, and wants to be paid for it.
        if !own.contains(name) { told(.asked(choice)) }
        let outcome = await begin(engine, request, choice, fitted.dropped, until: deadline, told)
        if case .failed(let error) = outcome, error.code != .cancelled { told(.failed) }
        settle(outcome, with: breaker, isOwn: own.contains(name))
        return outcome
    }

    /// An answer begins with its first event that is neither its head nor a usage.
    private func begin(
        _ engine: any InferenceEngine,
        _ request: GenerationRequest,
        _ choice: ModelChoice,
        _ dropped: [String],
        until deadline: Instant?,
        _ told: @escaping @Sendable (AttemptNews) -> Void
    ) async -> Outcome {
        let clock = clock
        return await withTaskGroup(of: Outcome?.self) { group in
            group.addTask {
                do throws(ChatError) {
                    let answer = try await engine.answer(request)
                    let head = try await Self.head(of: answer) { told(.spent(choice, $0)) }
                    return .began(BegunAnswer(answer, head: head, choice: choice, dropped: dropped))
                } catch {
                    return .failed(error)
                }
            }
            if let deadline {
                group.addTask {
                    do { try await clock.sleep(until: deadline) } catch { return nil }
                    return .timedOut
                }
            }
            defer { group.cancelAll() }
            while let outcome = await group.next() {
                if let outcome { return outcome }
                if Task.isCancelled { break }
            }
            return .failed(ChatError(.cancelled, "the client has left"))
        }
    }

    private static func head(
        of answer: any ChatAnswer,
        _ spent: (ChatUsage) -> Void
    ) async throws(ChatError) -> [ChatEvent] {
        var head: [ChatEvent] = []
        while let event = try await answer.next() {
            if case .usage = event, case .usage? = head.last { head.removeLast() }
            head.append(event)
            switch event {
            case .started: continue
            case .usage(let usage): spent(usage)
            default: return head
            }
        }
        throw ChatError(.upstreamFailed, "an answer has no content and no end")
    }

    private func settle(_ outcome: Outcome, with breaker: Lock<CircuitBreaker>, isOwn: Bool) {
        let now = clock.now
        breaker.withLock { breaker in
            switch outcome {
            case .began: breaker.callSucceeded()
            case .refused: break
            case .timedOut where isOwn: breaker.callAbandoned(now: now)
            case .timedOut: breaker.callFailed(now: now)
            case .failed(let error):
                switch error.code {
                case .cancelled: breaker.callAbandoned(now: now)
                case .overloaded where isOwn, .timedOut where isOwn, .rateLimited where isOwn:
                    breaker.callAbandoned(now: now)
                case .upstreamCredentials, .upstreamBilling:
                    breaker.callFailed(now: now, isLasting: true)
                case .overloaded, .unavailable, .timedOut, .upstreamFailed, .upstreamMalformed, .engineFailed,
                    .rateLimited:
                    breaker.callFailed(now: now, retryAfter: error.failure?.retryAfter)
                default: breaker.callSucceeded()  // it answered; the request was to blame
                }
            }
        }
    }
}
