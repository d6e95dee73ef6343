import MeshActors
import MeshCore
import MeshLedger
import MeshTestKit
import MeshWire
import Testing

@Suite struct `What Stripe has refused` {
    private var ground = LedgerGround()

    /// An account with one event that Stripe has refused, and its name.
    private mutating func refused(_ number: UInt64 = 1, _ word: String = "no_meter") throws -> String {
        if number == 1 { try ground.open(.managed) }
        try ground.use(Sample.call(number, 5_000))
        let name = try #require(ground.value.outbox.last).event.identifier
        try ground.perform(Ledger.EndFlush(name, .refused(word)))
        return name
    }

    @Test mutating func `is shown with its reason beside what is on its way, and counted by itself`() throws {
        let name = try refused()
        try ground.use(Sample.call(2, 6_000))
        let shown = try ground.perform(Ledger.ShowOutbox())
        #expect(shown.map(\.event.microdollars) == [5_000_000, 6_000_000])
        #expect(shown.map(\.refusal) == ["no_meter", nil] && shown[0].event.identifier == name)
        #expect(try [OutboxEntry](wireBytes: shown.wireBytes) == shown)
        let balance = try ground.perform(Ledger.ShowBalance())
        #expect(balance.outbox == 2 && balance.refused == 1)
        #expect(try Balance(wireBytes: balance.wireBytes) == balance)
        try ground.check()
    }

    @Test mutating func `is shown up to the bound of what may be on its way`() throws {
        try ground.open(.managed, terms: Sample.terms(ceiling: 900_000))
        for number in 1...UInt64(Limits.Ledger.maximumOutbox + 2) {
            try ground.perform(Ledger.Record(Sample.call(number, 5_000), terms: Sample.terms(ceiling: 900_000)))
        }
        #expect(try ground.perform(Ledger.ShowOutbox()).count == Limits.Ledger.maximumOutbox)
    }

    @Test mutating func `is told again, for certain where somebody has looked`() throws {
        let name = try refused()
        #expect(try ground.perform(Ledger.RetryFlush(name)).identifier == name)
        #expect(ground.value.pendingEffects.map(\.effect.lookedAt) == [nil])
        // It is on its way: again is no other try, and nobody can know that it will not arrive.
        let position = ground.value.pendingEffects.map(\.position)
        try ground.perform(Ledger.RetryFlush(name))
        #expect(ground.value.pendingEffects.map(\.position) == position)
        #expect(throws: LedgerRefusal.flushOnItsWay) { try ground.perform(Ledger.RetryFlush(name, isMissing: true)) }
        try ground.perform(Ledger.EndFlush(name, .refused("older_than_a_day")))
        ground.pass(.seconds(100_000))
        try ground.perform(Ledger.RetryFlush(name, isMissing: true))
        #expect(ground.value.pendingEffects.map(\.effect.lookedAt) == [ground.now])
        try ground.check()
        // A later try without the word does not take it back.
        try ground.perform(Ledger.EndFlush(name, .refused("no_meter")))
        let looked = ground.now
        ground.pass(.seconds(60))
        try ground.perform(Ledger.RetryFlush(name))
        #expect(ground.value.pendingEffects.map(\.effect.lookedAt) == [looked])
        try ground.perform(Ledger.EndFlush(name, .delivered))
        #expect(ground.value.outbox.isEmpty && ground.value.periods.map(\.told) == [5_000_000_000])
        try ground.check()
    }

    @Test mutating func `is closed by hand: owed as before, and not expected of the meter unless it has it`() throws {
        let (first, second) = (try refused(), try refused(2))
        let owed = try ground.perform(Ledger.ShowBalance()).owed
        #expect(try ground.perform(Ledger.CloseFlush(first, isCounted: false, note: "in_1")).identifier == first)
        guard case .flushClosed(let closed) = ground.latest.first else {
            Issue.record("nothing stands in the journal")
            return
        }
        #expect(closed.note == "in_1" && !closed.isCounted && closed.event.microdollars == 5_000_000)
        #expect(ground.value.periods.map(\.flushed) == [10_000_000_000])
        #expect(ground.value.periods.map(\.told) == [5_000_000_000])
        try ground.check()
        try ground.perform(Ledger.CloseFlush(second, isCounted: true, note: "seen"))
        #expect(ground.value.periods.map(\.told) == [5_000_000_000])
        let balance = try ground.perform(Ledger.ShowBalance())
        #expect(balance.owed == owed && balance.outbox == 0 && balance.refused == 0)
        let usage = try #require(try ground.perform(Ledger.ShowUsage()))
        #expect(try PeriodUsage(wireBytes: usage.wireBytes) == usage)
        try ground.check()
        // The month's invoice has it, however it was written.
        let month = BillingPeriod(of: ground.now)
        ground.now = month.end.later(by: Limits.Ledger.closingGrace)
        try ground.perform(Ledger.LookAfter())
        #expect(ground.value.core.totals.invoiced == 10_000_000_000)
        #expect(ground.value.periods.first { $0.period == month }?.told == 5_000_000_000)
        try ground.check()
    }

    @Test mutating func `is expected in the month of its time, although a clock ahead has closed that one`() throws {
        let november = BillingPeriod(of: ground.now)
        try ground.open(.managed)
        try ground.use(Sample.call(1, 5_000))
        let before = ground.now
        ground.now = november.end.later(by: Limits.Ledger.closingGrace)
        try ground.perform(Ledger.LookAfter())
        ground.now = before
        try ground.use(Sample.call(2, 7_000))
        // Stripe sums up by the time that it is told.
        #expect(ground.value.periods.map(\.flushed) == [5_000_000_000, 7_000_000_000])
        let told = try ground.perform(Ledger.ShowTold(november))
        #expect(told.told == 12_000_000_000 && told.customer == nil)
        #expect(told.outbox.map(\.event.microdollars) == [5_000_000, 7_000_000])
        #expect(try ToldUsage(wireBytes: told.wireBytes) == told)
        let next = try ground.perform(Ledger.ShowTold(november.next))
        #expect(next.told == 0 && next.outbox.isEmpty)
        try ground.check()
    }

    @Test mutating func `is not closed while it is on its way, and is not there twice`() throws {
        let name = try refused()
        try ground.perform(Ledger.RetryFlush(name))
        #expect(throws: LedgerRefusal.flushOnItsWay) {
            try ground.perform(Ledger.CloseFlush(name, isCounted: false, note: "n"))
        }
        try ground.perform(Ledger.EndFlush(name, .delivered))
        for name in [name, "mesh|other"] {
            #expect(throws: LedgerRefusal.unknownFlush) {
                try ground.perform(Ledger.CloseFlush(name, isCounted: false, note: "n"))
            }
            #expect(throws: LedgerRefusal.unknownFlush) { try ground.perform(Ledger.RetryFlush(name, isMissing: true)) }
        }
        try ground.check()
    }

    @Test mutating func `has words that are cut where they are longer than may be`() throws {
        let name = try refused(1, String(repeating: "x", count: Limits.Ledger.maximumNameBytes + 1))
        #expect(ground.value.outbox[0].refusal?.utf8.count == Limits.Ledger.maximumNameBytes)
        let note = String(repeating: "n", count: Limits.Ledger.maximumNoteBytes + 1)
        try ground.perform(Ledger.CloseFlush(name, isCounted: false, note: note))
        guard case .flushClosed(let closed) = ground.latest.first else {
            Issue.record("it was not closed")
            return
        }
        #expect(closed.note.utf8.count == Limits.Ledger.maximumNoteBytes)
    }

    @Test mutating func `is read as it stood before anybody could look for it`() throws {
        let name = try refused()
        // As hubs of before have written a retry, an event of the meter and a month.
        let before: [UInt8] = [0x82, 13, 0x78, UInt8(name.utf8.count)] + Array(name.utf8)
        #expect(try Ledger.Event(wireBytes: before) == .flushRetried(name, lookedAt: nil))
        #expect(Ledger.Event.flushRetried(name, lookedAt: nil).wireBytes == before)
        let event = ground.value.outbox[0].event
        #expect(event.wireBytes.first == 0x84 && event.missed(at: Sample.now).wireBytes.first == 0x85)
        #expect(ground.value.periods[0].wireBytes.first == 0x85)
        var balance = try ground.perform(Ledger.ShowBalance()).wireBytes
        #expect(balance.first == 0x90 && balance.last == 1)
        balance[0] = 0x8F
        balance.removeLast()
        #expect(try Balance(wireBytes: balance).refused == 0)
    }

    @Test func `is held against what was begun, when somebody closes it`() throws {
        var auditor = LedgerAuditor(account: "acct-1")
        var ledger = LedgerGround()
        try ledger.open(.managed)
        try ledger.use(Sample.call(1, 5_000))
        try ledger.perform(Ledger.EndFlush(ledger.value.outbox[0].event.identifier, .refused("no_meter")))
        try ledger.perform(
            Ledger.CloseFlush(ledger.value.outbox[0].event.identifier, isCounted: false, note: "n")
        )
        guard case .flushClosed(let closed) = ledger.latest.first else {
            Issue.record("it was not closed")
            return
        }
        auditor.take(.flushClosed(closed), at: EventPosition(head: Head(rawValue: 1), index: 0))
        #expect(auditor.verdict(on: Ledger(key: "acct-1")).contains { $0.detail.contains("closed") })
    }
}
