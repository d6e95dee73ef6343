import MeshActors
import MeshChat
import MeshCore
import MeshLedger
import MeshTestKit
import Testing

@Suite struct `What Stripe is told` {
    private var ground = LedgerGround()

    private var begun: MeterEvent? {
        for case .flushBegun(let event, _) in ground.latest { return event }
        return nil
    }

    @Test mutating func `usage is told from the threshold on, and what is less waits`() throws {
        try ground.open(.managed)
        let kept = try ["cus_1", "cus_2"].map { try ground.perform(Ledger.KeepCustomer($0)) }
        #expect(kept == ["cus_1", "cus_1"], "usage of one account under two customers is on no one invoice")
        try ground.use(Sample.call(1, 4_999))
        #expect(begun == nil && ground.value.pendingEffects.isEmpty)
        try ground.use(Sample.call(2, 1))
        let event = try #require(begun)
        #expect(event.identifier.hasPrefix("mesh|acct-1|usage|1-2|"))
        let other = MeterEvent(account: "acct-1", range: 1...2, microdollars: 1, time: event.time, customer: nil)
        let later = MeterEvent(
            account: "acct-1",
            range: 1...2,
            microdollars: event.microdollars,
            time: event.time.later(by: .milliseconds(1)),
            customer: "cus_9"
        )
        // An account from a backup counts its postings again: that is other usage.
        #expect(Set([event, other, later].map(\.identifier)).count == 3)
        #expect(event.microdollars == 5_000_000 && event.amount == Sample.money(5_000))
        #expect(event.customer == "cus_1" && event.time == ground.now)
        #expect(ground.value.pendingEffects.map(\.effect) == [event])
        try ground.use(Sample.call(3, 5_000))
        #expect(begun?.identifier.hasPrefix("mesh|acct-1|usage|4-4|") ?? false)
        try ground.perform(Ledger.EndFlush(event.identifier, .delivered))
        try ground.perform(Ledger.EndFlush(event.identifier, .delivered))
        #expect(ground.value.pendingEffects.count == 1)
        try ground.check()
    }

    @Test mutating func `less than a millionth of a dollar is carried to the next one, and nothing is lost`() throws {
        try ground.open(.managed)
        let price = ModelPrice(
            version: "odd@1",
            base: ModelPrice.Rates(input: 1_234_567_000_000, output: 0, cacheRead: 0, cacheWrite: 0, longCacheWrite: 0)
        )
        var told: Int64 = 0
        for number in 1...50 as ClosedRange<UInt64> {
            let call = LedgerCall(
                id: Sample.id(number),
                model: "odd",
                kind: .cloud,
                price: price,
                worst: ChatUsage(inputTokens: 399)
            )
            try ground.use(call)
            if let begun { told += begun.microdollars }
        }
        told += try ground.perform(Ledger.Flush())?.microdollars ?? 0
        let owed = try ground.perform(Ledger.ShowBalance()).owed.nanodollars
        #expect(owed - told * 1_000 == ground.value.core.unflushed)
        #expect((0..<1_000).contains(ground.value.core.unflushed))
        #expect(try ground.perform(Ledger.Flush()) == nil)
        try ground.check()
    }

    @Test mutating func `what is little is told once a day, by the alarm`() throws {
        try ground.open(.managed)
        try ground.use(Sample.call(1, 1))
        let alarm = try #require(ground.value.nextAlarm)
        #expect(alarm.wallTime == ground.value.flushTime)
        ground.pass(Limits.Ledger.longestUnflushed - .seconds(1))
        try ground.perform(Ledger.LookAfter())
        #expect(begun == nil)
        ground.pass(.seconds(1))
        #expect(alarm.wallTime == ground.now)
        try ground.perform(Ledger.LookAfter())
        #expect(begun?.microdollars == 1_000)
        // The alarm has moved: nothing is left to tell.
        #expect(ground.value.flushTime == nil)
        #expect(try #require(ground.value.nextAlarm).wallTime > ground.now)
        try ground.check()
    }

    @Test mutating func `who pays nothing is not billed, and credits are never told`() throws {
        try ground.perform(Ledger.AddCredit(Sample.id(1), .paid, Sample.money(9_000)))
        try ground.use(Sample.call(1, 8_000))
        try ground.perform(Ledger.Reserve(Sample.call(2, 1_000), terms: Sample.terms()))
        try ground.perform(Ledger.Settle(Sample.id(2), usage: ChatUsage(outputTokens: 7_000), end: .complete))
        #expect(try ground.perform(Ledger.Flush()) == nil)
        #expect(ground.value.core.unflushed == 6_000_000_000)
        try ground.open(.managed)
        #expect(try ground.perform(Ledger.Flush())?.microdollars == 6_000_000)
        try ground.check()
    }

    @Test mutating func `while too much is on its way none is begun, and nothing is lost`() throws {
        try ground.open(.managed, paid: 0, terms: Sample.terms(ceiling: 900_000))
        let terms = Sample.terms(ceiling: 900_000)
        for number in 1...(Limits.Ledger.maximumOutbox + 3) {
            try ground.perform(Ledger.Record(Sample.call(UInt64(number), 5_000), terms: terms))
        }
        #expect(ground.value.outbox.count == Limits.Ledger.maximumOutbox)
        #expect(ground.value.core.unflushed == 15_000_000_000)
        #expect(ground.value.flushTime == nil)
        let first = ground.value.outbox[0].event
        try ground.perform(Ledger.EndFlush(first.identifier, .delivered))
        #expect(try ground.perform(Ledger.Flush())?.microdollars == 15_000_000)
        try ground.check()
    }

    @Test mutating func `what Stripe does not want waits for people, and is tried again under the same name`() throws {
        try ground.open(.managed)
        try ground.use(Sample.call(1, 5_000))
        let name = try #require(begun).identifier
        let before = ground.value.pendingEffects.map(\.position)
        try ground.perform(Ledger.EndFlush(name, .refused("no_meter")))
        try ground.perform(Ledger.EndFlush(name, .refused("no_meter")))
        #expect(ground.value.pendingEffects.isEmpty && ground.value.outbox[0].refusal == "no_meter")
        try ground.perform(Ledger.RetryFlush(name))
        let again = ground.value.pendingEffects
        #expect(again.map(\.effect.identifier) == [name] && again.map(\.position) != before)
        #expect(throws: LedgerRefusal.unknownFlush) { try ground.perform(Ledger.RetryFlush("mesh|other")) }
        try ground.perform(Ledger.EndFlush(name, .delivered))
        #expect(ground.value.outbox.isEmpty)
        try ground.check()
    }

    @Test func `an identifier fits what Stripe allows, whatever an account is called`() {
        let key = String(repeating: "x", count: 256)
        let event = MeterEvent(
            account: key,
            range: 1...(.max),
            microdollars: 1,
            time: Sample.now,
            customer: nil
        )
        #expect(event.identifier.utf8.count <= 100)
        let short = String(repeating: "x", count: Limits.Ledger.maximumIdentifierName)
        let plain = MeterEvent(account: short, range: 1...(.max), microdollars: 1, time: Sample.now, customer: nil)
        #expect(plain.identifier.utf8.count <= 100 && plain.identifier.contains(short))
    }

    @Test mutating func `what was used is told before nobody bills it any more`() throws {
        try ground.open(.managed)
        try ground.use(Sample.call(1, 4_990))
        #expect(begun == nil)
        try ground.perform(Ledger.SetTier(.free, terms: Sample.terms()))
        #expect(begun?.microdollars == 4_990_000 && ground.value.core.unflushed == 0)
        // Nobody bills what comes now: the next top-up pays for it.
        try ground.perform(Ledger.AddCredit(Sample.id(9), .paid, Sample.money(6_000)))
        try ground.use(Sample.call(2, 10), ChatUsage(outputTokens: 6_990))
        #expect(ground.value.core.unflushed == 990_000_000 && ground.value.flushTime == nil)
        #expect(try ground.perform(Ledger.Flush()) == nil)
        try ground.perform(Ledger.SetTier(.managed, terms: Sample.terms()))
        #expect(try ground.perform(Ledger.Flush())?.microdollars == 990_000)
        try ground.check()
    }

    @Test mutating func `what found no room, and what began before, is told although nobody bills by now`() throws {
        try ground.open(.managed)
        try ground.perform(Ledger.Reserve(Sample.call(1_000, 70), terms: Sample.terms()))
        for number in 0..<Limits.Ledger.maximumOutbox {
            try ground.use(Sample.call(UInt64(number), 1))
            #expect(try ground.perform(Ledger.Flush()) != nil)
        }
        try ground.use(Sample.call(999, 7))
        try ground.perform(Ledger.SetTier(.free, terms: Sample.terms()))
        #expect(begun == nil && ground.value.core.billable == 7_000_000)
        try ground.perform(Ledger.Settle(Sample.id(1_000), usage: ChatUsage(outputTokens: 70), end: .complete))
        #expect(ground.value.core.billable == 77_000_000)
        let first = try #require(ground.value.outbox.first?.event.identifier)
        try ground.perform(Ledger.EndFlush(first, .delivered))
        #expect(ground.value.flushTime != nil)
        #expect(try ground.perform(Ledger.Flush())?.microdollars == 77_000)
        #expect(ground.value.core.billable == 0)
        try ground.check()
    }

    @Test func `an old event that may have been sent is looked for first, and one that is too old is not sent`() {
        let event = MeterEvent(account: "a", range: 1...2, microdollars: 1, time: Sample.now, customer: nil)
        func step(_ age: Duration, wasSent: Bool) -> MeterRules.Step {
            MeterRules.step(for: event, wasSent: wasSent, now: Sample.now.later(by: age))
        }
        let memory = Limits.Meter.identifierMemory
        #expect(step(memory - .seconds(1), wasSent: true) == .send)
        #expect(step(memory, wasSent: true) == .reconcile)
        #expect(step(memory, wasSent: false) == .send)
        #expect(step(Limits.Meter.oldestEvent, wasSent: false) == .tooOld)
        #expect(step(Limits.Meter.oldestEvent, wasSent: true) == .reconcile)
    }

    @Test func `an event that somebody has looked for is sent, for as long as Stripe knows what is sent then`() {
        func step(_ event: MeterEvent, at age: Duration) -> MeterRules.Step {
            MeterRules.step(for: event, wasSent: true, now: Sample.now.later(by: age))
        }
        let memory = Limits.Meter.identifierMemory
        let event = MeterEvent(account: "a", range: 1...2, microdollars: 1, time: Sample.now, customer: nil)
        let looked = Duration.seconds(3 * 86_400)
        let missed = event.missed(at: Sample.now.later(by: looked))
        #expect(step(event, at: looked) == .reconcile)
        #expect(step(missed, at: looked) == .send)
        #expect(step(missed, at: looked + memory - .seconds(1)) == .send)
        #expect(step(missed, at: looked + memory) == .reconcile)
        // A clock that was ahead when they looked leaves the word without a time.
        #expect(step(missed, at: looked - .seconds(1)) == .reconcile)
        let old = event.missed(at: Sample.now.later(by: Limits.Meter.oldestEvent))
        #expect(step(old, at: Limits.Meter.oldestEvent) == .tooOld)
    }

    @Test func `an identifier that Stripe knows already is a delivery`() {
        let known = "An event already exists with identifier mesh|acct-1|usage|1-2."
        #expect(MeterRules.verdict(status: 200, code: nil, message: nil) == .ended(.delivered))
        #expect(MeterRules.verdict(status: 400, code: "x", message: known) == .ended(.delivered))
        #expect(MeterRules.verdict(status: 400, code: "no_meter", message: "?") == .ended(.refused("no_meter")))
        #expect(MeterRules.verdict(status: 404, code: nil, message: nil) == .ended(.refused("status 404")))
        // A clock is mended, or time passes: the event is good.
        #expect(MeterRules.verdict(status: 400, code: "timestamp_in_future", message: "?") == .again)
        for status in [401, 403, 408, 409, 429, 500, 503] {
            #expect(MeterRules.verdict(status: status, code: nil, message: nil) == .again)
        }
    }
}
