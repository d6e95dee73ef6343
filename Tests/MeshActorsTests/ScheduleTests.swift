import MeshActors
import MeshCheck
import MeshCore
import MeshTestKit
import Testing

@Suite struct `Schedules` {
    private func address(_ key: String) throws -> ActorAddress { try ActorAddress(SampleAccount.kind, key) }

    @Test func `effects begin oldest first, a bounded number at a time, each once`() {
        let count = Limits.Effects.maximumConcurrent + 2
        let pending = (1...count).map { number in
            PendingEffect(at: EventPosition(head: Head(rawValue: UInt64(number)), index: 0), number)
        }
        var schedule = EffectSchedule<Int>()
        schedule.listed(pending.reversed())
        #expect(schedule.begin(now: .origin).map(\.effect) == Array(1...Limits.Effects.maximumConcurrent))
        #expect(schedule.begin(now: .origin).isEmpty && schedule.isBusy)
        var isListed = schedule.ended(pending[0].position)
        #expect(isListed)
        #expect(schedule.begin(now: .origin).map(\.effect) == [count - 1])
        schedule.listed([])
        for effect in pending {
            isListed = schedule.ended(effect.position)
            #expect(!isListed)
        }
        #expect(!schedule.isBusy && schedule.begin(now: .origin).isEmpty)
    }

    @Test func `an effect that has been performed is not begun again though it is listed still`() {
        let effect = PendingEffect(at: EventPosition(head: Head(rawValue: 1), index: 0), 1)
        var schedule = EffectSchedule<Int>()
        schedule.listed([effect])
        _ = schedule.begin(now: .origin)
        let isListed = schedule.ended(effect.position)
        #expect(isListed)
        schedule.listed([effect])
        #expect(schedule.begin(now: .origin).isEmpty && !schedule.isBusy)
    }

    @Test func `an effect in vain is put aside, makes room for others, and is tried now and then`() {
        let count = Limits.Effects.maximumConcurrent + 1
        let pending = (1...count).map { number in
            PendingEffect(at: EventPosition(head: Head(rawValue: UInt64(number)), index: 0), number)
        }
        var schedule = EffectSchedule<Int>()
        schedule.listed(pending)
        _ = schedule.begin(now: .origin)
        let bad = pending[0].position
        for attempt in 1..<Limits.Effects.maximumAttempts {
            #expect(schedule.attempt(of: bad) == attempt)
            let pause = Backoff(first: Limits.Effects.firstPause, longest: Limits.Effects.longestPause).pause(
                after: attempt
            )
            #expect(schedule.failed(bad, now: .origin) == .retry(after: pause))
        }
        #expect(schedule.failed(bad, now: .origin) == .putAside)
        #expect(schedule.nextDue == .origin + Limits.Effects.restPause)
        #expect(schedule.begin(now: .origin).map(\.effect) == [count])
        for effect in pending[1...] { _ = schedule.ended(effect.position) }
        #expect(schedule.begin(now: .origin).isEmpty && !schedule.isBusy)
        let later = Instant.origin + Limits.Effects.restPause
        #expect(schedule.begin(now: later).map(\.effect) == [1])
        #expect(schedule.failed(bad, now: later) == .rest)
        #expect(schedule.nextDue == later + Limits.Effects.restPause)
    }

    @Test func `pauses double up to the longest`() {
        let effects = Backoff(first: Limits.Effects.firstPause, longest: Limits.Effects.longestPause)
        #expect(effects.pause(after: 1) == Limits.Effects.firstPause)
        #expect(effects.pause(after: 2) == Limits.Effects.firstPause * 2)
        #expect(effects.pause(after: 1_000) == Limits.Effects.longestPause)
        let calls = Backoff(first: Limits.Placement.firstPause, longest: Limits.Placement.longestPause)
        #expect(calls.pause(after: Limits.Placement.maximumAttempts) == Limits.Placement.longestPause)
        let claims = Backoff(first: Limits.Hosting.claimPause, longest: Limits.Hosting.longestClaimPause)
        #expect(claims.pause(after: Limits.Hosting.claimAttempts) == Limits.Hosting.longestClaimPause)
    }

    @Test func `an alarm in vain rings after longer and longer pauses, and is put aside`() throws {
        let (a, b) = (try address("a"), try address("b"))
        let wallTime = WallTime(millisecondsSince1970: 10)
        func due(_ addresses: ActorAddress...) -> [WakeMark] { addresses.map { WakeMark(wallTime, $0) } }
        var schedule = WakeSchedule()
        var now = Instant.origin
        schedule.scanBegan()
        #expect(schedule.toWake(due(a, b), now: now, wallTime: wallTime) == [a, b])
        schedule.succeeded(b)
        schedule.scanEnded()
        #expect(schedule.failed(a) == .retry(attempt: 1))
        #expect(schedule.toWake(due(a), now: now, wallTime: wallTime).isEmpty)
        now = now + Limits.Alarms.firstPause
        #expect(schedule.toWake(due(a, b), now: now, wallTime: wallTime) == [a, b])
        for _ in 2..<Limits.Alarms.maximumAttempts {
            now = now + Limits.Alarms.longestPause
            #expect(schedule.toWake(due(a), now: now, wallTime: wallTime) == [a])
        }
        #expect(schedule.failed(a) == .putAside)
        schedule.scanBegan()
        #expect(schedule.toWake(due(), now: now, wallTime: wallTime).isEmpty)
        schedule.scanEnded()
        #expect(schedule.toWake(due(a), now: now, wallTime: wallTime) == [a])
        #expect(schedule.failed(a) == .retry(attempt: 1))
    }

    @Test func `effects that are pending wake after longer and longer pauses, an alarm or a change at once`() throws {
        let a = try address("a")
        let (early, late) = (WallTime(millisecondsSince1970: 10), WallTime(millisecondsSince1970: 20))
        var schedule = WakeSchedule()
        var now = Instant.origin
        func isWoken(_ mark: WallTime, at wallTime: WallTime) -> Bool {
            schedule.scanBegan()
            defer { schedule.scanEnded() }
            return schedule.toWake([WakeMark(mark, a)], now: now, wallTime: wallTime) == [a]
        }
        for attempt in 1...Limits.Alarms.maximumAttempts * 2 {
            #expect(isWoken(early, at: early))
            schedule.effectsPending(a, nextAlarm: late)
            now =
                now
                + Backoff(first: Limits.Alarms.firstPause, longest: Limits.Alarms.longestPause)
                .pause(after: attempt)
        }
        #expect(isWoken(early, at: early) && !isWoken(early, at: early))
        #expect(isWoken(early, at: late), "the alarm waits")
        schedule.effectsPending(a, nextAlarm: nil)
        #expect(!isWoken(early, at: late) && isWoken(late, at: late), "an append is not seen")
        let action = schedule.failed(a)
        #expect(action == .retry(attempt: 1))
        #expect(!isWoken(early, at: late), "an alarm in vain does not wait")
    }

    @Test func `an alarm that rings in vain behind effects long pending is tried again soon`() throws {
        let a = try address("a")
        let (mark, alarm) = (WallTime(millisecondsSince1970: 10), WallTime(millisecondsSince1970: 20))
        var schedule = WakeSchedule()
        var now = Instant.origin
        for _ in 1...Limits.Alarms.maximumAttempts * 2 {
            schedule.scanBegan()
            let woken = schedule.toWake([WakeMark(mark, a)], now: now, wallTime: mark)
            #expect(woken == [a])
            schedule.effectsPending(a, nextAlarm: alarm)
            now = now + Limits.Alarms.longestPause
        }
        schedule.scanBegan()
        let woken = schedule.toWake([WakeMark(mark, a)], now: now, wallTime: alarm)
        #expect(woken == [a])
        let action = schedule.failed(a)
        #expect(action == .retry(attempt: 1))
    }

    @Test func `who is idle leaves, and beyond the budget the least recently used`() throws {
        let policy = PassivationPolicy(idleTime: .seconds(10), memoryBudget: 100)
        func candidate(_ key: String, usedAt seconds: Int, isUnused: Bool = true) throws -> PassivationCandidate {
            let lastUsed = Instant.origin + .seconds(seconds)
            return PassivationCandidate(try address(key), lastUsed: lastUsed, bytes: 60, isUnused: isUnused)
        }
        let all = try [
            candidate("busy", usedAt: 0, isUnused: false), candidate("new", usedAt: 9), candidate("old", usedAt: 8),
        ]
        #expect(policy.leavers(among: all, now: .origin + .seconds(9)).map(\.key) == ["old", "new"])
        #expect(policy.leavers(among: Array(all[1...]), now: .origin + .seconds(9)).map(\.key) == ["old"])
        #expect(policy.leavers(among: [all[1]], now: .origin + .seconds(19)).map(\.key) == ["new"])
        #expect(policy.leavers(among: [all[1]], arriving: 60, now: .origin + .seconds(9)).map(\.key) == ["new"])
        let eager = PassivationPolicy(idleTime: .seconds(10), memoryBudget: 100, memoryGoal: 50)
        #expect(eager.leavers(among: Array(all[1...]), now: .origin + .seconds(9)).map(\.key) == ["old", "new"])
        #expect(eager.leavers(among: [all[1]], now: .origin + .seconds(9)).isEmpty)
    }

    @Test func `what is left beyond its room is refused`() async {
        let starts = Intake<Int>(capacity: Limits.Hosting.maximumStartsWaiting)
        for number in 0..<Limits.Hosting.maximumStartsWaiting { #expect(starts.offer(number)) }
        #expect(!starts.offer(0))
        #expect(await starts.next() == 0)
        #expect(starts.offer(0))
        #expect(starts.close().count == Limits.Hosting.maximumStartsWaiting)
        #expect(!starts.offer(0))
    }
}
