package import MeshCore

/// Makes calls along a route: asks, waits, asks again or asks the next, and leaves alone who keeps failing.
///
/// An attempt that fails is made again only while nothing of an answer has come but its head; the rules are
/// ``CallStateMachine``'s and ``CircuitBreaker``'s. Callable from any task.
package final class ChatCaller: Sendable {
    private let engines: [String: any InferenceEngine]
    private let breakers: [String: Lock<CircuitBreaker>]
    private let configuration: CallConfiguration
    private let clock: any Clock
    private let generator: Lock<SeededGenerator>

    /// A caller of `engines`, by our names for them.
    package init(
        engines: [String: any InferenceEngine],
        configuration: CallConfiguration = CallConfiguration(),
        breakers: CircuitBreakerConfiguration = CircuitBreakerConfiguration(),
        clock: any Clock,
        generator: SeededGenerator
    ) {
        self.engines = engines
        self.breakers = engines.mapValues { _ in Lock(CircuitBreaker(breakers)) }
        self.configuration = configuration
        self.clock = clock
        self.generator = Lock(generator)
    }

    /// Begins an answer with whoever of `route` can.
    ///
    /// The model and what it refuses are put into `request` here. Cancelling the task stops it at once.
    package func answer(_ request: GenerationRequest, along route: ModelRoute) async throws(ChatError) -> BegunAnswer {
        var machine = CallStateMachine(
            choices: route.choices.count,
            configuration: configuration,
            now: clock.now,
            deadline: request.deadline
        )
        var last = ChatError(.unavailable, "nobody of those who have the model can be asked just now")
        var action = machine.begin(now: clock.now)
        while true {
            switch action {
            case .attempt(let index):
                let choice = route.choices[index]
                switch await attempt(choice, request, until: machine.nextDeadline) {
                case .began(let answer):
                    machine.answerBegan(now: clock.now)
                    return answer
                case .refused: action = machine.attemptRefused(now: clock.now)
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
                guard let until = machine.nextDeadline else { throw last }
                do { try await clock.sleep(until: until) } catch {
                    throw ChatError(.cancelled, "the client has left")
                }
                action = machine.deadlineReached(now: clock.now)
            case .timeOut: throw ChatError(.timedOut, "the call took too long", cause: last.failure)
            case .giveUp, .none: throw last
            }
        }
    }

    /// Our names for all engines, in order.
    package var engineNames: [String] { engines.keys.sorted() }

    /// Whether `engine` is asked as usual; false while it is left alone.
    package func isAsked(_ engine: String) -> Bool { breakers[engine]?.withLock { $0.isClosed } ?? false }

    private enum Outcome: Sendable {
        case began(BegunAnswer)
        case refused
        case timedOut
        case failed(ChatError)
    }

    private func attempt(
        _ choice: ModelChoice,
        _ request: GenerationRequest,
        until deadline: Instant?
    ) async -> Outcome {
        let name = choice.offer.engine
        guard let engine = engines[name], let breaker = breakers[name] else { return .refused }
        let now = clock.now
        if case .refuse = breaker.withLock({ $0.admit(now: now) }) { return .refused }
        let fitted = ParameterRules.fit(request.chat, to: choice.row)
        var request = request
        request.model = choice.offer.engineModel
        request.chat = fitted.request
        let outcome = await begin(engine, request, choice, fitted.dropped, until: deadline)
        settle(outcome, with: breaker)
        return outcome
    }

    /// An answer begins with its first event that is neither its head nor a usage.
    private func begin(
        _ engine: any InferenceEngine,
        _ request: GenerationRequest,
        _ choice: ModelChoice,
        _ dropped: [String],
        until deadline: Instant?
    ) async -> Outcome {
        let clock = clock
        return await withTaskGroup(of: Outcome?.self) { group in
            group.addTask {
                do throws(ChatError) {
                    let answer = try await engine.answer(request)
                    let head = try await Self.head(of: answer)
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

    private static func head(of answer: any ChatAnswer) async throws(ChatError) -> [ChatEvent] {
        var head: [ChatEvent] = []
        while let event = try await answer.next() {
            if case .usage = event, case .usage? = head.last { head.removeLast() }
            head.append(event)
            switch event {
            case .started, .usage: continue
            default: return head
            }
        }
        throw ChatError(.upstreamFailed, "an answer has no content and no end")
    }

    private func settle(_ outcome: Outcome, with breaker: Lock<CircuitBreaker>) {
        let now = clock.now
        breaker.withLock { breaker in
            switch outcome {
            case .began: breaker.callSucceeded()
            case .refused: break
            case .timedOut: breaker.callFailed(now: now)
            case .failed(let error):
                switch error.code {
                case .cancelled: breaker.callAbandoned(now: now)
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
