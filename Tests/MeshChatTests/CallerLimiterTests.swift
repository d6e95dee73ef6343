import MeshChat
import MeshCore
import Testing

@Suite("How often a key may ask")
struct CallerLimiterTests {
    private let window = Limits.Chat.requestWindow

    @Test("A hundred requests in a window, and the next where the first of them is over")
    func hundred() throws {
        var limiter = CallerLimiter()
        for number in 0..<100 {
            let allowance = try #require(try limiter.ask(at: .milliseconds(number)).taken).allowance
            #expect(allowance.limit == 100)
            #expect(allowance.remaining == 99 - number)
            #expect(allowance.reset == window - .milliseconds(number))
        }
        #expect(
            try limiter.ask(at: .seconds(1)).wait == RequestAllowance(limit: 100, remaining: 0, reset: .seconds(59))
        )
        #expect(try limiter.ask(at: window - .nanoseconds(1)).wait?.reset == .nanoseconds(1))
        #expect(try limiter.ask(at: window).taken?.allowance.remaining == 0)
        // The second of the hundred was a millisecond after the first.
        #expect(try limiter.ask(at: window).wait?.reset == .milliseconds(1))
    }

    @Test("A refused request takes nothing, however often somebody knocks")
    func refusedIsFree() throws {
        var limiter = CallerLimiter()
        for _ in 0..<3 { #expect(try limiter.ask(at: .zero, perMinute: 3).taken != nil) }
        for knock in 1..<60 { #expect(try limiter.ask(at: .seconds(knock), perMinute: 3).taken == nil) }
        #expect(limiter.requests == 3)
        for _ in 0..<3 { #expect(try limiter.ask(at: window, perMinute: 3).taken != nil) }
    }

    @Test("Who has no key, or no number, is not counted")
    func unlimited() throws {
        var limiter = CallerLimiter()
        for _ in 0..<1_000 {
            #expect(try limiter.take(tenant: .acme, key: nil, perMinute: 1, now: .origin) == .unlimited)
            #expect(try limiter.take(tenant: .acme, key: "ci", perMinute: nil, now: .origin) == .unlimited)
        }
        #expect(limiter.callers == 0)
    }

    @Test("Keys do not take from each other, not those of one name in two tenants either")
    func apart() throws {
        var limiter = CallerLimiter()
        let other = try TenantID("other")
        #expect(try limiter.ask(at: .zero, perMinute: 1).taken != nil)
        #expect(limiter.take(tenant: other, key: "ci", perMinute: 1, now: .origin).taken != nil)
        #expect(try limiter.ask(at: .zero, key: "laptop", perMinute: 1).taken != nil)
        #expect(try limiter.ask(at: .zero, perMinute: 1).wait != nil)
    }

    @Test("What is given back can be taken again, once")
    func giveBack() throws {
        var limiter = CallerLimiter()
        let first = try #require(try limiter.ask(at: .zero, perMinute: 2).taken)
        #expect(try limiter.ask(at: .seconds(1), perMinute: 2).taken != nil)
        limiter.giveBack(first)
        limiter.giveBack(first)
        #expect(limiter.requests == 1)
        #expect(try limiter.ask(at: .seconds(2), perMinute: 2).taken != nil)
        #expect(try limiter.ask(at: .seconds(2), perMinute: 2).wait?.reset == .seconds(59))
    }

    @Test("A key whose number became smaller waits until its window fits")
    func smaller() throws {
        var limiter = CallerLimiter()
        for second in 0..<5 { #expect(try limiter.ask(at: .seconds(second), perMinute: 5).taken != nil) }
        // Of the moments 0 to 4 four have to be over: the last of those is 3.
        #expect(try limiter.ask(at: .seconds(5), perMinute: 2).wait?.reset == .seconds(58))
        #expect(try limiter.ask(at: .seconds(63), perMinute: 2).taken != nil)
    }

    @Test("Beyond the keys that are in mind a further one waits, and none of them is forgotten for it")
    func manyKeys() throws {
        #expect(Limits.Chat.maximumLimitedCallers == 4_096)
        var limiter = CallerLimiter()
        for number in 0..<Limits.Chat.maximumLimitedCallers {
            #expect(try limiter.ask(at: .milliseconds(number), key: "key-\(number)", perMinute: 1).taken != nil)
        }
        let wait = try limiter.ask(at: .seconds(10), key: "one-more").wait?.reset
        #expect(wait == .seconds(50))
        #expect(try limiter.ask(at: .seconds(11), key: "another").wait?.reset == .seconds(49))
        #expect(try limiter.ask(at: .seconds(11), key: "key-7", perMinute: 1).wait?.reset == .milliseconds(49_007))
        #expect(limiter.callers == Limits.Chat.maximumLimitedCallers)
        #expect(try limiter.ask(at: window, key: "one-more").taken != nil)
        // Where the room is just not there, nobody looks again for a pause.
        #expect(try limiter.ask(at: window, key: "another").wait?.reset == Limits.Chat.limiterPause)
        #expect(try limiter.ask(at: window + Limits.Chat.limiterPause, key: "another").taken != nil)
    }

    @Test("Beyond the requests that are in mind all wait until some are over")
    func manyRequests() throws {
        #expect(Limits.Chat.maximumRememberedRequests == 1_048_576)
        var limiter = CallerLimiter(maximumRequests: 10)
        for number in 0..<10 {
            #expect(try limiter.ask(at: .seconds(number), key: "key-\(number % 3)").taken != nil)
        }
        #expect(try limiter.ask(at: .seconds(20), key: "key-1").wait?.reset == .seconds(40))
        #expect(try limiter.ask(at: window, key: "key-1").taken != nil)
        #expect(limiter.requests == 10)
    }

    @Test("It says what a naive count says, for any keys, numbers and moments", arguments: UInt64(1)...40)
    func oracle(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var limiter = CallerLimiter()
        var counted: [String: [(moment: Instant, taken: CallerLimiter.Taken)]] = [:]
        var latest: Instant?
        for _ in 0..<2_000 {
            // Now and then a clock that somebody asked earlier.
            let step = Int64.random(in: -5...60, using: &generator)
            let asked = (latest ?? .origin) + .milliseconds(step * 50)
            let now = max(latest ?? asked, asked)
            latest = now
            let key = "key-\(Int.random(in: 0..<4, using: &generator))"
            let limit = key == "key-0" ? 1 : 7
            let mine = (counted[key] ?? []).filter { now - $0.moment < window }
            let action = try limiter.take(tenant: .acme, key: key, perMinute: limit, now: asked)
            if mine.count < limit {
                let taken = try #require(action.taken, "seed \(seed)")
                #expect(taken.allowance.remaining == limit - mine.count - 1)
                if Int.random(in: 0..<5, using: &generator) == 0 {
                    limiter.giveBack(taken)
                } else {
                    counted[key, default: []].append((now, taken))
                }
            } else {
                let wait = try #require(action.wait, "seed \(seed)").reset
                #expect(wait > .zero)
                // Exactly then, and not a nanosecond before, there is room.
                let before = mine.filter { now + (wait - .nanoseconds(1)) - $0.moment < window }
                let then = mine.filter { now + wait - $0.moment < window }
                #expect(before.count == limit && then.count < limit, "seed \(seed)")
            }
        }
    }
}

extension CallerLimiter {
    fileprivate mutating func ask(
        at moment: Duration,
        key: String = "ci",
        perMinute: Int = 100
    ) throws -> TakeAction {
        try take(tenant: .acme, key: key, perMinute: perMinute, now: .origin + moment)
    }
}

extension CallerLimiter.TakeAction {
    fileprivate var taken: CallerLimiter.Taken? { if case .taken(let taken) = self { taken } else { nil } }
    fileprivate var wait: RequestAllowance? { if case .wait(let allowance) = self { allowance } else { nil } }
}

extension TenantID {
    fileprivate static var acme: TenantID { get throws { try TenantID("acme") } }
}
