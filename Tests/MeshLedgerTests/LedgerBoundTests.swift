import MeshActors
import MeshChat
import MeshCore
import MeshLedger
import MeshTestKit
import MeshWire
import Testing

@Suite struct `Bounds of a ledger` {
    private var ground = LedgerGround()

    @Test mutating func `no more calls are held than may be`() throws {
        try ground.open(.managed)
        for number in 0..<Limits.Ledger.maximumHolds {
            try ground.perform(Ledger.Reserve(Sample.call(UInt64(number), 1), terms: Sample.terms()))
        }
        let next = Ledger.Reserve(Sample.call(77_777, 1), terms: Sample.terms())
        #expect(throws: LedgerRefusal.tooManyHolds) { try ground.perform(next) }
        try ground.perform(Ledger.VoidHold(Sample.id(5)))
        try ground.perform(next)
        try ground.check()
        #expect(ground.value.wireBytes.count < Limits.Journal.maximumSnapshotBytes)
    }

    @Test mutating func `calls whose time is over take no place from the one that finds them`() throws {
        try ground.open(.managed)
        for number in 0..<Limits.Ledger.maximumHolds {
            try ground.perform(
                Ledger.Reserve(Sample.call(UInt64(number), 1), terms: Sample.terms(), life: .seconds(10))
            )
        }
        ground.pass(.seconds(11))
        try ground.perform(Ledger.Reserve(Sample.call(77_777, 1), terms: Sample.terms()))
        #expect(ground.value.holds.count == 1)
        try ground.check()
    }

    @Test mutating func `an invite that has ended gives its place with the last call whose time is over`() throws {
        try ground.open(.managed)
        func reserve(_ number: Int) -> Ledger.Reserve {
            let guest = GuestPass(invite: "i-\(number)", quota: Sample.money(9))
            let call = Sample.call(UInt64(number), 1, guest: guest)
            return Ledger.Reserve(call, terms: Sample.terms(), life: .seconds(10))
        }
        for number in 0..<Limits.Ledger.maximumGuests { try ground.perform(reserve(number)) }
        try ground.perform(Ledger.EndGuest("i-0"))
        #expect(throws: LedgerRefusal.tooManyGuests) { try ground.perform(reserve(8_000)) }
        ground.pass(.seconds(11))
        try ground.perform(reserve(8_000))
        #expect(ground.value.guests["i-0"] == nil && ground.value.guests["i-8000"] != nil)
        try ground.check()
    }

    @Test func `no hold is asked for longer than a day`() {
        let command = Ledger.Reserve(Sample.call(1, 1), terms: Sample.terms(), life: .seconds(1_000_000))
        #expect(command.life == Limits.Ledger.longestHold)
        #expect(Ledger.Reserve(Sample.call(1, 1), terms: Sample.terms(), life: .zero).life == .milliseconds(1))
    }

    @Test mutating func `the call that ended first is forgotten for one too many, and no other`() throws {
        try ground.open(.managed)
        let most = Limits.Ledger.maximumEndedCalls
        func record(_ number: Int) -> Ledger.Record {
            Ledger.Record(Sample.call(UInt64(number), 1), terms: Sample.terms(ceiling: 900_000))
        }
        for number in 0..<most { try ground.perform(record(number)) }
        let events = ground.journal.count
        try ground.perform(record(0))
        #expect(ground.journal.count == events)
        try ground.perform(record(most))
        #expect(ground.value.ended.count == most)
        #expect(ground.value.ended[Sample.id(0)] == nil && ground.value.ended[Sample.id(1)] != nil)
        try ground.check()
        #expect(ground.value.wireBytes.count < 1_024 * 1_024)
        // What is forgotten is a new call: it is charged again, as docs/api.md says of `record`.
        let charged = ground.value.core.totals.charged
        try ground.perform(record(0))
        #expect(ground.value.core.totals.charged > charged)
    }

    @Test mutating func `an entry is refused while as many are too young to be forgotten`() throws {
        func credit(_ number: Int) -> Ledger.AddCredit {
            Ledger.AddCredit(Sample.id(UInt64(number)), .granted, Sample.money(1))
        }
        let most = Limits.Ledger.maximumEntries
        for number in 0..<most { try ground.perform(credit(number)) }
        #expect(throws: LedgerRefusal.tooManyEntries) { try ground.perform(credit(most)) }
        ground.pass(Limits.Ledger.entryMemory - .milliseconds(1))
        #expect(throws: LedgerRefusal.tooManyEntries) { try ground.perform(credit(most)) }
        try ground.perform(credit(0))
        ground.pass(.milliseconds(1))
        try ground.perform(credit(most))
        #expect(ground.value.entries[Sample.id(0)] == nil && ground.value.entries.entries.count == most)
        #expect(try ground.perform(Ledger.ShowBalance()).granted == Sample.money(Int64(most) + 1))
        try ground.check()
    }

    @Test mutating func `no more invites' guests are paid for than may be`() throws {
        try ground.open(.managed)
        func guest(_ number: Int) -> GuestPass { GuestPass(invite: "i-\(number)", quota: Sample.money(9)) }
        for number in 0..<Limits.Ledger.maximumGuests {
            let call = Sample.call(UInt64(number), 1, guest: guest(number))
            try ground.perform(Ledger.Reserve(call, terms: Sample.terms()))
        }
        let further = Sample.call(8_000, 1, guest: guest(8_000))
        #expect(throws: LedgerRefusal.tooManyGuests) {
            try ground.perform(Ledger.Reserve(further, terms: Sample.terms()))
        }
        #expect(throws: LedgerRefusal.tooManyGuests) {
            try ground.perform(Ledger.Record(further, terms: Sample.terms()))
        }
        let known = Sample.call(8_001, 1, guest: guest(3))
        try ground.perform(Ledger.Reserve(known, terms: Sample.terms()))
        #expect(throws: LedgerRefusal.badAmount) {
            let free = GuestPass(invite: "i-3", quota: .zero)
            try ground.perform(Ledger.Reserve(Sample.call(8_002, 1, guest: free), terms: Sample.terms()))
        }
        try ground.check()
    }

    @Test mutating func `what has no row of its own counts in the one without a name`() throws {
        try ground.open(.managed)
        let most = Limits.Ledger.maximumUsageRows
        for number in 0..<most + 5 {
            let place = CallPlace(session: "s-\(number)")
            try ground.use(Sample.call(UInt64(number), 1, place: place))
        }
        let rows = try #require(ground.value.periods.first)[.session]
        #expect(rows.count == most + 1 && rows[""]?.calls == 5)
        try ground.check()
    }

    @Test mutating func `a closed period lists its largest models, and as many periods are listed as may be`() throws {
        try ground.open(.managed)
        let terms = Sample.terms(ceiling: 900_000)
        let shown = Limits.Ledger.maximumClosedRows
        for number in 0..<shown + 3 {
            let call = LedgerCall(
                id: Sample.id(UInt64(number)),
                model: "m-\(number)",
                kind: .cloud,
                price: Sample.round,
                worst: ChatUsage(outputTokens: number + 1)
            )
            try ground.perform(Ledger.Record(call, terms: terms))
        }
        ground.pass(.seconds(60 * 86_400))
        try ground.perform(Ledger.LookAfter())
        let closed = try #require(ground.value.periods.first)
        #expect(closed.isClosed && closed[.model].count == shown + 1 && closed[.model][""]?.outputTokens == 1 + 2 + 3)
        for month in 0..<Limits.Ledger.maximumClosedPeriods + 2 {
            try ground.use(Sample.call(UInt64(10_000 + month), 1))
            ground.pass(.seconds(32 * 86_400))
            try ground.perform(Ledger.LookAfter())
        }
        #expect(ground.value.periods.count { $0.isClosed } == Limits.Ledger.maximumClosedPeriods)
        try ground.check()
    }

    @Test func `names and notes are cut`() {
        let long = String(repeating: "n", count: 10_000)
        let place = CallPlace(project: long, session: "", edge: nil)
        #expect(place.project?.utf8.count == Limits.Chat.maximumPlaceBytes && place.session == nil)
        #expect(GuestPass(invite: long, quota: .zero).invite.utf8.count == Limits.Ledger.maximumNameBytes)
        let credit = Ledger.AddCredit(Sample.id(1), .paid, .zero, note: long)
        #expect(credit.note.utf8.count == Limits.Ledger.maximumNoteBytes)
    }

    @Test mutating func `the largest account there can be has a snapshot that fits the journal`() throws {
        try ground.perform(Ledger.SetTier(.managed, terms: Sample.terms(ceiling: 900_000)))
        let name = String(repeating: "n", count: Limits.Ledger.maximumNameBytes - 8)
        func call(_ number: Int) -> LedgerCall {
            let place = CallPlace(
                project: "\(name)\(number % 300)",
                session: "\(name)\(number)",
                edge: "\(name)\(number)"
            )
            let guest = GuestPass(invite: "\(name)\(number % 200)", quota: Sample.money(900_000))
            return LedgerCall(
                id: Sample.id(UInt64(number)),
                model: "\(name)\(number % 300)",
                kind: .cloud,
                price: Sample.round,
                worst: ChatUsage(outputTokens: 1),
                place: place,
                guest: guest
            )
        }
        let terms = Sample.terms(ceiling: 900_000)
        for number in 0..<4_000 {
            // All but the latest expire, so that whole calls are remembered.
            if number.isMultiple(of: 500) { ground.pass(.seconds(10)) }
            try ground.perform(Ledger.Reserve(call(number), terms: terms, life: .seconds(5)))
        }
        let bytes = ground.value.wireBytes.count
        #expect(bytes < Limits.Journal.maximumSnapshotBytes / 2)
        #expect(ground.value.approximateBytes > 1_000_000)
        try ground.check()
    }
}
