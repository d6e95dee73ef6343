import MeshCore
import MeshHTTP
import MeshTestKit
import Testing

@Suite("A window of requests") struct RequestWindowTests {
    @Test func `lets in so many in any stretch of its length`() {
        var window = RequestWindow<String>()
        let most = Limits.Routing.maximumRequests
        for index in 0..<most { #expect(window.admit("a", now: Self.second(index / 2)) == .admitted) }
        #expect(window.admit("a", now: Self.second(50)) == .refused(retryAfter: .seconds(10)))
        #expect(window.admit("b", now: Self.second(50)) == .admitted)
        let last = Instant.origin + Limits.Routing.window
        #expect(
            window.admit("a", now: Instant(nanoseconds: last.nanoseconds - 1)) == .refused(retryAfter: .nanoseconds(1))
        )
        #expect(window.admit("a", now: last) == .admitted)
        #expect(window.admit("a", now: last) == .admitted)
        #expect(window.admit("a", now: last) == .refused(retryAfter: .seconds(1)))
    }

    @Test func `a refused request costs nothing`() {
        var window = RequestWindow<Int>(maximumRequests: 1, window: .seconds(10))
        #expect(window.admit(1, now: Self.second(0)) == .admitted)
        for second in 1..<10 {
            #expect(window.admit(1, now: Self.second(second)) == .refused(retryAfter: .seconds(10 - second)))
        }
        #expect(window.admit(1, now: Self.second(10)) == .admitted)
    }

    @Test(arguments: 0..<20)
    func `agrees with a list of everything`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var window = RequestWindow<Int>(maximumRequests: 5, window: .seconds(10))
        var admitted: [Int: [Int]] = [:]
        var now = 0
        for _ in 0..<2_000 {
            now += generator.integer(below: 4)
            let key = generator.integer(below: 3)
            let recent = admitted[key, default: []].count { $0 > now - 10 }
            let isAdmitted = window.admit(key, now: Self.second(now)) == .admitted
            #expect(isAdmitted == (recent < 5))
            if isAdmitted { admitted[key, default: []].append(now) }
        }
    }

    @Test func `has a bound on keys, and forgets those that are silent`() {
        let bound = Limits.Routing.maximumKeys
        var window = RequestWindow<Int>()
        for key in 0..<bound { #expect(window.admit(key, now: .origin) == .admitted) }
        #expect(window.admit(-1, now: .origin) != .admitted)
        #expect(window.admit(0, now: .origin) == .admitted)
        #expect(window.keyCount == bound)
        let later = Instant.origin + Limits.Routing.window
        #expect(window.admit(-1, now: later) == .admitted)
        #expect(window.keyCount == 1)
    }

    private static func second(_ seconds: Int) -> Instant { .origin + .seconds(seconds) }
}
