import MeshCore
import MeshIdentity
import Testing

@Suite struct `The schedule of a renewal` {
    private func schedule(_ seconds: Int64, seed: UInt64 = 1, grace: Duration = .seconds(1_000)) -> CertificateRenewal {
        var generator = SeededGenerator(seed: seed)
        return CertificateRenewal(validity: validity(seconds), grace: grace, using: &generator)
    }

    /// As an authority issues it: 300 seconds back.
    private func validity(_ seconds: Int64) -> ValidityPeriod {
        ValidityPeriod(
            notBefore: Sample.now.moved(by: .seconds(-300)),
            notAfter: Sample.now.moved(by: .seconds(seconds))
        )
    }

    @Test(arguments: [2, 60, 86_400, 7_776_000] as [Int64])
    func `is due at half of the life, within a tenth of it`(_ life: Int64) {
        var drawn: Set<Int64> = []
        for seed in 0..<200 as Range<UInt64> {
            let due = schedule(life, seed: seed).firstTry.since(Sample.now)
            #expect(due >= .milliseconds(life * 450) && due <= .milliseconds(life * 550))
            drawn.insert(due.components.attoseconds / 1_000_000_000_000_000 + due.components.seconds * 1_000)
        }
        #expect(drawn.count > 50)
    }

    @Test func `waits, renews, comes home, and gives up, in that order`() {
        let renewal = schedule(1_000)
        #expect(renewal.step(now: Sample.now) == .wait(until: renewal.firstTry))
        #expect(renewal.step(now: renewal.firstTry) == .renew)
        #expect(renewal.step(now: Sample.now.moved(by: .seconds(1_000))) == .renew)
        #expect(renewal.step(now: Sample.now.moved(by: .milliseconds(1_000_001))) == .comeHome)
        #expect(renewal.step(now: Sample.now.moved(by: .seconds(2_000))) == .comeHome)
        #expect(renewal.step(now: Sample.now.moved(by: .milliseconds(2_000_001))) == .enrolAgain)
    }

    @Test func `tries again after pauses that grow, until the end and beyond it`() throws {
        var (renewal, generator) = (schedule(86_400), SeededGenerator(seed: 3))
        var now = renewal.firstTry
        var pauses: [Duration] = []
        for _ in 0..<20 {
            #expect(renewal.step(now: now) == .renew)
            renewal.failed(now: now, using: &generator)
            let until = try #require(renewal.pause(now: now))
            pauses.append(until.since(now))
            now = until
        }
        #expect(pauses[0] <= .seconds(5))
        #expect(pauses.allSatisfy { $0 > .zero && $0 <= .seconds(86_400 / 40) })
        #expect(pauses[15] > pauses[0])
    }

    @Test func `waits as long as the hub says`() {
        var (renewal, generator) = (schedule(86_400), SeededGenerator(seed: 3))
        let now = renewal.firstTry
        renewal.failed(now: now, retryAfter: .seconds(500), using: &generator)
        #expect(renewal.step(now: now.moved(by: .seconds(499))) != .renew)
        #expect(renewal.step(now: now.moved(by: .seconds(500))) == .renew)
    }

    @Test func `a pause does not outlast the moment at which there is another way`() {
        var (renewal, generator) = (schedule(1_000), SeededGenerator(seed: 3))
        let end = Sample.now.moved(by: .seconds(1_000))
        renewal.failed(now: end, retryAfter: .seconds(900), using: &generator)
        #expect(renewal.pause(now: end) == end.moved(by: .seconds(1)))
    }

    @Test func `a certificate of seconds has several tries in its second half`() {
        var (renewal, generator) = (schedule(2), SeededGenerator(seed: 9))
        var (now, tries) = (renewal.firstTry, 0)
        while case .renew = renewal.step(now: now) {
            tries += 1
            renewal.failed(now: now, using: &generator)
            guard let until = renewal.pause(now: now) else { break }
            now = until
        }
        #expect(tries >= 5)
    }
}

extension CertificateRenewal {
    /// Until when it waits; nil where it does not.
    fileprivate func pause(now: WallTime) -> WallTime? {
        if case .wait(let until) = step(now: now) { until } else { nil }
    }
}
