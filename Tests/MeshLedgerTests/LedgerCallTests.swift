import MeshActors
import MeshChat
import MeshCore
import MeshLedger
import MeshTestKit
import Testing

@Suite struct `Calls of an account` {
    private var ground = LedgerGround()

    private func reserve(_ call: LedgerCall) -> Ledger.Reserve { Ledger.Reserve(call, terms: Sample.terms()) }

    private func settle(_ number: UInt64, _ tokens: Int, _ end: CallEnd = .complete) -> Ledger.Settle {
        Ledger.Settle(Sample.id(number), usage: ChatUsage(outputTokens: tokens), end: end)
    }

    private var available: Money {
        mutating get throws { try ground.perform(Ledger.ShowBalance()).available }
    }

    @Test mutating func `the same call is one hold with one answer, and other content is a conflict`() throws {
        try ground.open(.managed, paid: 100)
        let first = try ground.perform(reserve(Sample.call(1, 40)))
        #expect(first.amount == Sample.money(40))
        try ground.perform(reserve(Sample.call(2, 10)))
        let events = ground.journal.count
        #expect(try ground.perform(reserve(Sample.call(1, 40))) == first)
        #expect(ground.journal.count == events)
        #expect(throws: LedgerRefusal.conflict) { try ground.perform(reserve(Sample.call(1, 41))) }
        #expect(ground.value.holds.count == 2)
        try ground.check()
    }

    @Test mutating func `a settlement is one charge with one answer, and another outcome is a conflict`() throws {
        try ground.open(.managed, paid: 100)
        try ground.perform(reserve(Sample.call(1, 40)))
        let receipt = try ground.perform(settle(1, 30))
        #expect(receipt.charge.total == Sample.money(30))
        #expect(receipt.available == Sample.money(50_070))
        let events = ground.journal.count
        #expect(try ground.perform(settle(1, 30)) == receipt)
        #expect(throws: LedgerRefusal.conflict) { try ground.perform(settle(1, 31)) }
        #expect(throws: LedgerRefusal.conflict) { try ground.perform(settle(1, 30, .clientLeft)) }
        #expect(throws: LedgerRefusal.callEnded) { try ground.perform(Ledger.VoidHold(Sample.id(1))) }
        // To say yes again would be leave to make the call again.
        #expect(throws: LedgerRefusal.callEnded) { try ground.perform(reserve(Sample.call(1, 40))) }
        #expect(throws: LedgerRefusal.conflict) { try ground.perform(reserve(Sample.call(1, 41))) }
        #expect(ground.journal.count == events)
        try ground.check()
    }

    @Test mutating func `what was voided used nothing, once and for all`() throws {
        try ground.open(.managed, paid: 100)
        try ground.perform(reserve(Sample.call(1, 40)))
        try ground.perform(Ledger.VoidHold(Sample.id(1)))
        try ground.perform(Ledger.VoidHold(Sample.id(1)))
        #expect(try available == Sample.money(50_100))
        #expect(throws: LedgerRefusal.callEnded) { try ground.perform(settle(1, 40)) }
        #expect(throws: LedgerRefusal.unknownCall) { try ground.perform(settle(2, 40)) }
        #expect(throws: LedgerRefusal.unknownCall) { try ground.perform(Ledger.VoidHold(Sample.id(2))) }
        try ground.check()
    }

    @Test mutating func `a call that used nothing can be made after all, as another one too, and is charged once`()
        throws
    {
        try ground.open(.managed, paid: 100)
        try ground.perform(reserve(Sample.call(1, 40)))
        try ground.perform(Ledger.VoidHold(Sample.id(1)))
        #expect(try ground.perform(reserve(Sample.call(1, 50))).amount == Sample.money(50))
        #expect(try available == Sample.money(50_050))
        #expect(throws: LedgerRefusal.conflict) { try ground.perform(reserve(Sample.call(1, 40))) }
        try ground.check()
        let receipt = try ground.perform(settle(1, 50))
        #expect(receipt.available == Sample.money(50_050))
        #expect(try ground.perform(settle(1, 50)) == receipt)
        #expect(throws: LedgerRefusal.callEnded) { try ground.perform(reserve(Sample.call(1, 50))) }
        try ground.check()
    }

    @Test mutating func `an account is in the tier of new ones from its first call on, and nobody is overruled`()
        throws
    {
        var terms = Sample.terms()
        terms.newAccounts = .managed
        try ground.perform(Ledger.Reserve(Sample.call(1, 40), terms: terms))
        #expect(ground.value.core.tier == .managed)
        terms.newAccounts = .byok
        try ground.perform(Ledger.Reserve(Sample.call(2, 40), terms: terms))
        #expect(ground.value.core.tier == .managed)
        try ground.perform(Ledger.SetTier(.free, terms: terms))
        try ground.perform(Ledger.AddCredit(Sample.id(9_000_001), .paid, Sample.money(100_000)))
        try ground.perform(Ledger.Reserve(Sample.call(3, 40), terms: terms))
        #expect(ground.value.core.tier == .free)
        try ground.check()
        var other = LedgerGround()
        try other.perform(Ledger.SetTier(.free, terms: terms))
        #expect(throws: LedgerRefusal.self) { try other.perform(Ledger.Reserve(Sample.call(1, 40), terms: terms)) }
        #expect(other.value.core.tier == .free)
        // Terms of an older writer have no such word.
        #expect(Sample.terms().newAccounts == .free)
    }

    @Test mutating func `what is set aside suffices for a model of another kind`() throws {
        let terms = Sample.terms()
        try ground.perform(Ledger.SetTier(.managed, terms: terms))
        let call = LedgerCall(
            id: Sample.id(1),
            model: "own",
            kind: .local,
            price: Sample.own,
            worst: ChatUsage(outputTokens: 100),
            dearestCost: Sample.money(100),
            otherKind: .cloud
        )
        let hold = try ground.perform(Ledger.Reserve(call, terms: terms))
        #expect(hold.amount == Sample.money(103))
        let substitute = Substitute(model: "cloud", kind: .cloud, price: Sample.round)
        let used = ChatUsage(outputTokens: 100)
        let receipt = try ground.perform(Ledger.Settle(call.id, usage: used, end: .complete, substitute: substitute))
        #expect(receipt.charge.total == hold.amount)
        try ground.check()
    }

    @Test mutating func `what is set aside counts, so that holds together never pass the ceiling`() throws {
        let terms = Sample.terms(ceiling: 100)
        try ground.perform(Ledger.SetTier(.managed, terms: terms))
        var admitted: Int64 = 0
        for number in 1...64 {
            do {
                let call = Sample.call(UInt64(number), 7)
                admitted += try ground.perform(Ledger.Reserve(call, terms: terms)).amount.nanodollars
            } catch let refusal as LedgerRefusal {
                let left = Sample.money(100 - Int64(admitted / 1_000_000))
                #expect(refusal == .ceilingExceeded(needed: Sample.money(7), available: left))
            }
        }
        #expect(admitted == Sample.money(98).nanodollars)
        #expect(try available == Sample.money(2))
        try ground.check()
    }

    @Test mutating func `more than was set aside is charged, recorded as overdraft, and ends admission`() throws {
        let terms = Sample.terms(ceiling: 100)
        try ground.perform(Ledger.SetTier(.managed, terms: terms))
        try ground.perform(Ledger.Reserve(Sample.call(1, 90), terms: terms))
        let receipt = try ground.perform(settle(1, 250))
        #expect(receipt.charge.total == Sample.money(250))
        #expect(receipt.overdraft == Sample.money(150))
        #expect(ground.latest.contains(.suspended(.ceiling)))
        #expect(ground.value.core.suspension == .ceiling)
        #expect(throws: LedgerRefusal.ceilingExceeded(needed: Sample.money(1), available: Sample.money(-150))) {
            try ground.perform(Ledger.Reserve(Sample.call(2, 1), terms: terms))
        }
        // A model of our own costs nothing and goes on.
        try ground.perform(Ledger.Reserve(Sample.call(3, 1, price: Sample.own), terms: terms))
        try ground.perform(Ledger.AddCredit(Sample.id(50), .paid, Sample.money(151)))
        #expect(ground.latest.contains(.reasonEnded(.ceiling)))
        #expect(try available == Sample.money(1))
        try ground.perform(Ledger.Reserve(Sample.call(2, 1), terms: terms))
        try ground.check()
    }

    @Test mutating func `at the ceiling even what may cost nothing is refused, unless its price is nothing`() throws {
        let free = Sample.terms()
        #expect(throws: LedgerRefusal.ceilingExceeded(needed: .zero, available: .zero)) {
            try ground.perform(Ledger.Reserve(Sample.call(1, 0, kind: .cloud), terms: free))
        }
        try ground.perform(Ledger.Reserve(Sample.call(1, 500, price: Sample.own), terms: free))
        let receipt = try ground.perform(settle(1, 400))
        #expect(receipt.charge.total == .zero)
        #expect(ground.value.core.suspension == nil)
        let usage = try #require(try ground.perform(Ledger.ShowUsage()))
        #expect(usage.total.calls == 1 && usage.total.outputTokens == 400)
        try ground.check()
    }

    @Test mutating func `a hold ends with its time, and a late settlement is charged all the same`() throws {
        try ground.open(.managed)
        let call = Sample.call(1, 40)
        try ground.perform(Ledger.Reserve(call, terms: Sample.terms(), life: .seconds(60)))
        #expect(ground.value.nextAlarm?.wallTime == ground.value.holds[call.id]?.expiresAt)
        ground.pass(.seconds(59))
        try ground.perform(Ledger.LookAfter())
        #expect(ground.value.holds.count == 1)
        ground.pass(.seconds(1))
        try ground.perform(Ledger.LookAfter())
        #expect(ground.latest == [.expired(call.id, released: Sample.money(40))])
        #expect(try available == Sample.money(50_000))
        ground.pass(.seconds(3_600))
        let receipt = try ground.perform(settle(1, 30))
        #expect(receipt.charge.total == Sample.money(30))
        #expect(try ground.perform(settle(1, 30)) == receipt)
        #expect(try ground.perform(Ledger.ShowBalance()).owed == Sample.money(30))
        try ground.check()
    }

    @Test mutating func `an expired hold can be voided, and makes room without waiting for the alarm`() throws {
        let terms = Sample.terms(ceiling: 100)
        try ground.perform(Ledger.SetTier(.managed, terms: terms))
        try ground.perform(Ledger.Reserve(Sample.call(1, 100), terms: terms, life: .seconds(60)))
        ground.pass(.seconds(60))
        try ground.perform(Ledger.Reserve(Sample.call(2, 100), terms: terms))
        #expect(ground.latest.first == .expired(Sample.id(1), released: Sample.money(100)))
        try ground.perform(Ledger.VoidHold(Sample.id(1)))
        #expect(throws: LedgerRefusal.callEnded) { try ground.perform(settle(1, 1)) }
        try ground.check()
    }

    @Test mutating func `credits go first, knowledge, then granted, then paid, and a refund goes back in reverse`()
        throws
    {
        try ground.open(.managed)
        try ground.perform(Ledger.AddCredit(Sample.id(91), .paid, Sample.money(30)))
        try ground.perform(Ledger.AddCredit(Sample.id(92), .granted, Sample.money(20)))
        try ground.perform(Ledger.AddCredit(Sample.id(93), .knowledge, Sample.money(10)))
        let funding = try ground.use(Sample.call(1, 70)).funding
        #expect(
            [funding.knowledge, funding.granted, funding.paid, funding.metered] == [10, 20, 30, 10].map(Sample.money)
        )
        try ground.perform(Ledger.Refund(Sample.id(94), of: Sample.id(1), Sample.money(25)))
        var balance = try ground.perform(Ledger.ShowBalance())
        #expect([balance.owed, balance.paid, balance.granted] == [0, 15, 0].map(Sample.money))
        #expect(throws: LedgerRefusal.insufficient(Sample.money(45))) {
            try ground.perform(Ledger.Refund(Sample.id(95), of: Sample.id(1), Sample.money(46)))
        }
        let rest = try ground.perform(Ledger.Refund(Sample.id(96), of: Sample.id(1)))
        #expect(rest.amount == Sample.money(45))
        balance = try ground.perform(Ledger.ShowBalance())
        #expect([balance.knowledge, balance.granted, balance.paid] == [10, 20, 30].map(Sample.money))
        #expect(throws: LedgerRefusal.badAmount) { try ground.perform(Ledger.Refund(Sample.id(97), of: Sample.id(1))) }
        try ground.check()
    }

    @Test mutating func `tier, multiplier and price of a hold stay, whatever changes before it is settled`() throws {
        try ground.perform(Ledger.SetTier(.managed, terms: Sample.terms()))
        try ground.perform(Ledger.Reserve(Sample.call(1, 1_000, kind: .cloud), terms: Sample.terms()))
        try ground.perform(Ledger.SetTier(.byok, terms: Sample.terms(version: "v@2")))
        #expect(try ground.perform(settle(1, 1_000)).charge.total == Sample.money(1_030))
        guard case .settled(let settlement)? = ground.latest.first else { return }
        #expect(settlement.posting.call?.tier == .managed)
        #expect(settlement.posting.call?.policyVersion == "v@1")
        #expect(settlement.posting.call?.priceVersion == "round@1")
        try ground.check()
    }

    @Test mutating func `whoever answers in another one's place is charged by its own price and kind`() throws {
        try ground.perform(Ledger.SetTier(.managed, terms: Sample.terms()))
        let asked = LedgerCall(
            id: Sample.id(1),
            model: "tiny",
            kind: .local,
            price: Sample.own,
            worst: ChatUsage(outputTokens: 1_000),
            dearestCost: Sample.money(1_000)
        )
        let hold = try ground.perform(Ledger.Reserve(asked, terms: Sample.terms()))
        #expect(hold.amount == Sample.money(1_000))
        let other = Substitute(model: "sonnet", kind: .cloud, price: Sample.round)
        let usage = ChatUsage(outputTokens: 100)
        let told = Ledger.Settle(asked.id, usage: usage, end: .complete, substitute: other)
        let receipt = try ground.perform(told)
        #expect(receipt.charge.upstream == Sample.money(100) && receipt.charge.total == Sample.money(103))
        guard case .settled(let settlement)? = ground.latest.first else { return }
        let call = try #require(settlement.posting.call)
        #expect(call.model == "sonnet" && call.asked == "tiny" && call.kind == .cloud)
        #expect(call.priceVersion == "round@1")
        #expect(try ground.perform(told) == receipt)
        #expect(throws: LedgerRefusal.conflict) { try ground.perform(settle(1, 100)) }
        try ground.check()
    }

    @Test mutating func `a call that a dearer model may answer is not free, and is refused at the ceiling`() throws {
        let asked = LedgerCall(
            id: Sample.id(1),
            model: "tiny",
            kind: .local,
            price: Sample.own,
            worst: ChatUsage(outputTokens: 1),
            dearestCost: Sample.money(1)
        )
        #expect(throws: LedgerRefusal.ceilingExceeded(needed: Sample.money(1), available: .zero)) {
            try ground.perform(Ledger.Reserve(asked, terms: Sample.terms()))
        }
    }

    @Test mutating func `a call told after the fact is charged once, without a hold`() throws {
        try ground.open(.managed)
        let record = Ledger.Record(Sample.call(1, 1_000, kind: .cloud), terms: Sample.terms())
        let receipt = try ground.perform(record)
        #expect(receipt.charge.total == Sample.money(1_030))
        #expect(try ground.perform(record) == receipt)
        #expect(throws: LedgerRefusal.conflict) {
            try ground.perform(Ledger.Record(Sample.call(1, 999, kind: .cloud), terms: Sample.terms()))
        }
        try ground.perform(reserve(Sample.call(2, 1)))
        #expect(throws: LedgerRefusal.conflict) {
            try ground.perform(Ledger.Record(Sample.call(2, 1), terms: Sample.terms()))
        }
        try ground.check()
    }

    @Test mutating func `a guest's quota and the host's credit are one decision`() throws {
        try ground.open(.managed)
        let guest = GuestPass(invite: "party", quota: Sample.money(100))
        for number in 1...2 { try ground.perform(reserve(Sample.call(UInt64(number), 40, guest: guest))) }
        #expect(throws: LedgerRefusal.guestQuotaSpent(needed: Sample.money(40), available: Sample.money(20))) {
            try ground.perform(reserve(Sample.call(3, 40, guest: guest)))
        }
        try ground.perform(settle(1, 10))
        try ground.perform(Ledger.VoidHold(Sample.id(2)))
        #expect(ground.value.guests["party"]?.spent == Sample.money(10))
        try ground.perform(reserve(Sample.call(4, 90, guest: guest)))
        try ground.perform(settle(4, 95))
        #expect(throws: LedgerRefusal.guestQuotaSpent(needed: Sample.money(1), available: Sample.money(-5))) {
            try ground.perform(reserve(Sample.call(5, 1, guest: guest)))
        }
        // The host itself goes on, and has paid for it all.
        try ground.perform(reserve(Sample.call(6, 1)))
        #expect(try ground.perform(Ledger.ShowBalance()).owed == Sample.money(105))
        try ground.perform(Ledger.EndGuest("party"))
        #expect(ground.value.guests.isEmpty)
        try ground.check()
    }

    @Test mutating func `a guest's calls whose time is over are no part of the quota any more`() throws {
        try ground.open(.managed)
        let guest = GuestPass(invite: "party", quota: Sample.money(100))
        let short = Ledger.Reserve(Sample.call(1, 80, guest: guest), terms: Sample.terms(), life: .seconds(10))
        try ground.perform(short)
        let next = reserve(Sample.call(2, 90, guest: guest))
        #expect(throws: LedgerRefusal.guestQuotaSpent(needed: Sample.money(90), available: Sample.money(20))) {
            try ground.perform(next)
        }
        ground.pass(.seconds(11))
        try ground.perform(next)
        #expect(ground.value.guests["party"]?.held == Sample.money(90))
        try ground.check()
    }

    @Test mutating func `an invite that ends while its guest asks leaves nothing behind`() throws {
        try ground.open(.managed)
        let guest = GuestPass(invite: "party", quota: Sample.money(100))
        for number in 1...3 { try ground.perform(reserve(Sample.call(UInt64(number), 10, guest: guest))) }
        try ground.perform(Ledger.EndGuest("party"))
        try ground.perform(settle(1, 10))
        #expect(throws: LedgerRefusal.guestQuotaSpent(needed: Sample.money(1), available: .zero)) {
            try ground.perform(reserve(Sample.call(4, 1, guest: guest)))
        }
        try ground.perform(Ledger.VoidHold(Sample.id(2)))
        try ground.check()
        try ground.perform(settle(3, 10))
        #expect(ground.value.guests.isEmpty)
        #expect(try ground.perform(Ledger.ShowBalance()).owed == Sample.money(20))
        try ground.check()
    }
}
