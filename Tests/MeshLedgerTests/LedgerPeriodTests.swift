import MeshActors
import MeshChat
import MeshCore
import MeshLedger
import MeshTestKit
import Testing

@Suite struct `Usage by periods` {
    private var ground = LedgerGround()

    private static func time(_ day: String, _ milliseconds: Int64 = 0) throws -> WallTime {
        WallTime(millisecondsSince1970: try #require(CalendarDay.start(day)).millisecondsSince1970 + milliseconds)
    }

    private func usage(_ period: BillingPeriod) throws -> PeriodUsage {
        try #require(ground.value.periods.first { $0.period == period })
    }

    @Test func `a period is a month from its first moment on, and the next one's first moment is not in it`() throws {
        let november = BillingPeriod(of: try Self.time("2026-11-22"))
        #expect(november.description == "2026-11")
        let (start, end) = (try Self.time("2026-11-01"), try Self.time("2026-12-01"))
        #expect(november.start == start && november.end == end)
        #expect(BillingPeriod(of: try Self.time("2026-12-01", -1)) == november)
        #expect(BillingPeriod(of: try Self.time("2026-12-01")) == november.next)
        #expect(BillingPeriod(of: try Self.time("2028-02-29", 86_399_999)).description == "2028-02")
        for end in [Int64.min, .max] {
            let period = BillingPeriod(of: WallTime(millisecondsSince1970: end))
            #expect(period.start < period.end)
        }
    }

    @Test mutating func `a call counts by model, project, session, edge and day, and in the sum`() throws {
        try ground.open(.managed)
        let place = CallPlace(project: "paper", session: "s-1", edge: "laptop")
        try ground.use(Sample.call(1, 10, kind: .cloud, place: place))
        try ground.use(Sample.call(4, 20, kind: .cloud))
        ground.pass(.seconds(86_400))
        try ground.use(Sample.call(2, 40, kind: .cloud, place: CallPlace(project: "paper")))
        let usage = try #require(try ground.perform(Ledger.ShowUsage()))
        #expect(usage.total.calls == 3 && usage.total.outputTokens == 70)
        #expect(usage.total.upstream == 70_000_000 && usage.total.charged == 72_100_000)
        #expect(usage[.model].mapValues(\.outputTokens) == ["model-1": 30, "model-2": 40])
        #expect(usage[.project].mapValues(\.calls) == ["paper": 2])
        #expect(usage[.session].mapValues(\.calls) == ["s-1": 1])
        #expect(usage[.edge].mapValues(\.calls) == ["laptop": 1])
        #expect(usage[.day].mapValues(\.calls) == ["2026-11-22": 2, "2026-11-23": 1])
        try ground.check()
    }

    @Test mutating func `what ends up late counts in a period that is open, and a closed one stays as it is`() throws {
        try ground.open(.managed)
        ground.now = try Self.time("2026-11-30", 86_399_999)
        try ground.use(Sample.call(1, 5_000))
        try ground.perform(Ledger.Reserve(Sample.call(2, 10), terms: Sample.terms(), life: .seconds(86_400)))
        ground.pass(.milliseconds(1))
        let november = BillingPeriod(of: try Self.time("2026-11-01"))
        #expect(throws: LedgerRefusal.periodOpen) { try ground.perform(Ledger.ClosePeriods(through: november.next)) }
        try ground.perform(Ledger.ClosePeriods(through: november))
        #expect(ground.latest.compactMap(\.posting).map(\.kind) == [.invoice])
        let closed = try usage(november)
        #expect(closed.isClosed && closed.flushed == 5_000_000_000)
        #expect(ground.value.core.books[.invoiced] == -5_000_000_000)
        // The clock goes back into the closed month.
        ground.now = try Self.time("2026-11-29")
        try ground.perform(Ledger.Settle(Sample.id(2), usage: ChatUsage(outputTokens: 10), end: .complete))
        try ground.perform(Ledger.ClosePeriods(through: BillingPeriod(of: try Self.time("2026-10-01"))))
        #expect(try usage(november) == closed)
        #expect(try usage(november.next).total.calls == 1)
        try ground.check()
    }

    @Test mutating func `a period is closed by the alarm a while after its end`() throws {
        try ground.open(.managed)
        try ground.use(Sample.call(1, 5_000))
        let november = BillingPeriod(of: ground.now)
        let alarm = try #require(ground.value.nextAlarm).wallTime
        let end = november.end.millisecondsSince1970
        let grace = Limits.Ledger.closingGrace.wholeNanoseconds / 1_000_000
        #expect(alarm.millisecondsSince1970 == end + grace)
        ground.now = WallTime(millisecondsSince1970: alarm.millisecondsSince1970 - 1)
        try ground.perform(Ledger.LookAfter())
        #expect(try !usage(november).isClosed)
        ground.now = alarm
        try ground.perform(Ledger.LookAfter())
        #expect(try usage(november).isClosed)
        #expect(ground.value.nextAlarm == nil)
        try ground.check()
    }

    @Test mutating func `invoices are what was flushed, period by period, and payments settle them`() throws {
        try ground.open(.managed)
        var told: [BillingPeriod: Int64] = [:]
        for day in 0..<120 {
            try ground.use(Sample.call(UInt64(day), 100 * (day % 7)))
            var events = ground.latest
            try ground.perform(Ledger.LookAfter())
            events += ground.latest
            for case .flushBegun(let event, let posting) in events {
                told[posting.period, default: 0] += event.microdollars
            }
            for entry in ground.value.outbox {
                try ground.perform(Ledger.EndFlush(entry.event.identifier, .delivered))
            }
            ground.pass(.seconds(86_400))
        }
        for usage in ground.value.periods where usage.isClosed {
            #expect(usage.flushed == Int128(told[usage.period] ?? 0) * 1_000)
            #expect(usage.flushed > 0)
        }
        let invoiced = -ground.value.core.books[.invoiced]
        #expect(invoiced == ground.value.core.totals.invoiced)
        try ground.perform(Ledger.NotePayment(Sample.id(77), Money(clamping: invoiced), note: "in_1"))
        #expect(ground.value.core.books[.invoiced] == 0)
        try ground.check()
    }

    @Test mutating func `a clock that jumps opens few periods, and nothing is lost`() throws {
        try ground.open(.managed)
        for (number, day) in ["2026-11-22", "2031-03-01", "2026-12-24", "1999-12-31", "2027-01-01"].enumerated() {
            ground.now = try Self.time(day)
            try ground.use(Sample.call(UInt64(number), 10))
            #expect(ground.value.core.open.count <= Limits.Ledger.maximumOpenPeriods)
        }
        #expect(ground.value.periods.reduce(0) { $0 + $1.total.calls } == 5)
        try ground.check()
    }
}
