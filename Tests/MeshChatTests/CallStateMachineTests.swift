import MeshChat
import MeshCore
import Testing

@Suite("One call and whom it asks")
struct CallStateMachineTests {
    private func at(_ milliseconds: Int64) -> Instant { Instant(nanoseconds: milliseconds * 1_000_000) }

    private func machine(_ choices: Int, deadline: Instant? = nil) -> CallStateMachine {
        CallStateMachine(choices: choices, configuration: CallConfiguration(), now: .origin, deadline: deadline)
    }

    @Test("What is busy is asked once more after a pause, then the next is asked, then the call gives up")
    func chain() {
        var machine = machine(2)
        #expect(machine.begin(now: at(0)) == .attempt(choice: 0))
        #expect(machine.attemptFailed(.overloaded, retryAfter: nil, now: at(1), jitter: 0) == .pause)
        #expect(machine.nextDeadline == at(251))
        #expect(machine.deadlineReached(now: at(250)) == .none)
        #expect(machine.deadlineReached(now: at(251)) == .attempt(choice: 0))
        #expect(machine.attemptFailed(.overloaded, retryAfter: nil, now: at(252), jitter: 0) == .attempt(choice: 1))
        #expect(machine.attemptFailed(.timedOut, retryAfter: nil, now: at(300), jitter: 1_023) == .pause)
        #expect(machine.nextDeadline.map { $0 < at(550) && $0 > at(480) } == true)
        #expect(machine.deadlineReached(now: at(600)) == .attempt(choice: 1))
        #expect(machine.attemptFailed(.overloaded, retryAfter: nil, now: at(601), jitter: 0) == .giveUp)
        #expect(machine.nextDeadline == nil)
    }

    @Test("Nothing is tried again once an answer has begun")
    func begun() {
        var machine = machine(3)
        _ = machine.begin(now: at(0))
        machine.answerBegan()
        #expect(machine.attemptFailed(.overloaded, retryAfter: nil, now: at(2), jitter: 0) == .none)
        #expect(machine.nextDeadline == nil)
        #expect(machine.deadlineReached(now: at(600_000)) == .none)
    }

    @Test(
        "The request's own fault is tried nowhere else",
        arguments: [ChatErrorCode.malformed, .paymentRequired, .cancelled, .tooLarge, .unauthenticated]
    )
    func ownFault(_ code: ChatErrorCode) {
        var machine = machine(2)
        _ = machine.begin(now: at(0))
        #expect(machine.attemptFailed(code, retryAfter: nil, now: at(1), jitter: 0) == .giveUp)
    }

    @Test(
        "What time does not heal is tried elsewhere at once",
        arguments: [ChatErrorCode.upstreamBilling, .upstreamCredentials, .unknownModel, .engineFailed]
    )
    func elsewhere(_ code: ChatErrorCode) {
        var machine = machine(2)
        _ = machine.begin(now: at(0))
        #expect(machine.attemptFailed(code, retryAfter: nil, now: at(1), jitter: 0) == .attempt(choice: 1))
        #expect(machine.attemptFailed(code, retryAfter: nil, now: at(1), jitter: 0) == .giveUp)
    }

    @Test("A provider's own time to wait is kept, unless somebody else can be asked or it is too long")
    func retryAfter() {
        var alone = machine(1)
        _ = alone.begin(now: at(0))
        #expect(alone.attemptFailed(.rateLimited, retryAfter: .seconds(5), now: at(0), jitter: 0) == .pause)
        #expect(alone.nextDeadline == at(5_000))
        var two = machine(2)
        _ = two.begin(now: at(0))
        let next = two.attemptFailed(.rateLimited, retryAfter: .seconds(5), now: at(0), jitter: 0)
        #expect(next == .attempt(choice: 1))
        var long = machine(1)
        _ = long.begin(now: at(0))
        #expect(long.attemptFailed(.rateLimited, retryAfter: .seconds(60), now: at(0), jitter: 0) == .giveUp)
    }

    @Test("Each phase has its time, and the whole has one too")
    func deadlines() {
        var slow = machine(2)
        _ = slow.begin(now: at(0))
        #expect(slow.nextDeadline == at(120_000))
        #expect(slow.deadlineReached(now: at(120_000)) == .attempt(choice: 1))
        #expect(slow.deadlineReached(now: at(240_000)) == .timeOut)

        var short = machine(2, deadline: at(100))
        _ = short.begin(now: at(0))
        #expect(short.nextDeadline == at(100))
        #expect(short.deadlineReached(now: at(100)) == .timeOut)
        var late = machine(1, deadline: at(100))
        _ = late.begin(now: at(0))
        #expect(late.attemptFailed(.overloaded, retryAfter: nil, now: at(1), jitter: 0) == .giveUp)
    }

    @Test("A whole answer is waited for until the deadline, and nobody is asked again once it took too long")
    func whole() {
        func machine(_ deadline: Instant?) -> CallStateMachine {
            CallStateMachine(
                choices: 2,
                configuration: CallConfiguration(),
                now: .origin,
                deadline: deadline,
                isWhole: true
            )
        }
        var long = machine(at(600_000))
        _ = long.begin(now: at(0))
        #expect(long.nextDeadline == at(600_000))
        #expect(long.deadlineReached(now: at(120_000)) == .none)
        #expect(long.deadlineReached(now: at(600_000)) == .timeOut)
        var late = machine(at(600_000))
        _ = late.begin(now: at(0))
        #expect(late.attemptFailed(.timedOut, retryAfter: nil, now: at(1), jitter: 0) == .giveUp)
        var busy = machine(at(600_000))
        _ = busy.begin(now: at(0))
        #expect(busy.attemptFailed(.unavailable, retryAfter: nil, now: at(1), jitter: 0) == .pause)
        var endless = machine(nil)
        _ = endless.begin(now: at(0))
        #expect(endless.deadlineReached(now: at(120_000)) == .timeOut)
    }

    @Test("Whoever is left alone costs no attempt")
    func refused() {
        var machine = machine(6)
        _ = machine.begin(now: at(0))
        for choice in 1..<6 { #expect(machine.attemptRefused(now: at(0)) == .attempt(choice: choice)) }
        #expect(machine.attemptRefused(now: at(0)) == .giveUp)
    }

    @Test("There are never more attempts than allowed, whatever is configured and whatever happens")
    func attempts() {
        var configuration = CallConfiguration()
        configuration.attempts = .max
        configuration.attemptsPerChoice = .max
        configuration.longestWait = .seconds(3_600)
        var machine = CallStateMachine(choices: 50, configuration: configuration, now: .origin)
        var action = machine.begin(now: .origin)
        var made = 0
        var now = Instant.origin
        while action != .giveUp {
            switch action {
            case .attempt:
                made += 1
                action = machine.attemptFailed(.overloaded, retryAfter: nil, now: now, jitter: 5)
            default:
                now = machine.nextDeadline ?? now
                action = machine.deadlineReached(now: now)
            }
        }
        #expect(made == Limits.Chat.maximumAttempts)
    }
}

@Suite("Leaving a provider alone")
struct CircuitBreakerTests {
    private func at(_ seconds: Int64) -> Instant { Instant(nanoseconds: seconds * 1_000_000_000) }

    @Test("Five failures in a row open it; one probe closes it, or opens it for twice as long")
    func cycle() {
        var breaker = CircuitBreaker()
        for _ in 0..<4 { breaker.callFailed(now: at(0)) }
        breaker.callSucceeded()
        for _ in 0..<5 {
            #expect(breaker.admit(now: at(0)) == .ask)
            breaker.callFailed(now: at(0))
        }
        let isClosed = breaker.isClosed
        #expect(!isClosed)
        #expect(breaker.admit(now: at(4)) == .refuse(until: at(5)))
        #expect(breaker.admit(now: at(5)) == .probe)
        #expect(breaker.admit(now: at(5)) == .refuse(until: at(10)))
        breaker.callFailed(now: at(6))
        #expect(breaker.admit(now: at(15)) == .refuse(until: at(16)))
        #expect(breaker.admit(now: at(16)) == .probe)
        breaker.callSucceeded()
        #expect(breaker.admit(now: at(16)) == .ask)
    }

    @Test("A probe whose client leaves is made again")
    func abandoned() {
        var breaker = CircuitBreaker()
        breaker.callFailed(now: at(0), isLasting: true)
        #expect(breaker.admit(now: at(5)) == .probe)
        breaker.callAbandoned(now: at(6))
        #expect(breaker.admit(now: at(6)) == .probe)
    }

    @Test("However often it fails and whatever it says, it is asked again after five minutes")
    func longest() {
        var breaker = CircuitBreaker()
        breaker.callFailed(now: at(0), retryAfter: .seconds(100_000), isLasting: true)
        #expect(breaker.admit(now: at(300)) == .probe)
        var now = at(300)
        for _ in 0..<20 {
            breaker.callFailed(now: now)
            now = now + .seconds(300)
            #expect(breaker.admit(now: now) == .probe)
        }
    }
}
