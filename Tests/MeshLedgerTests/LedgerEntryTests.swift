import MeshActors
import MeshChat
import MeshCore
import MeshLedger
import MeshTestKit
import Testing

@Suite struct `Entries and standing of an account` {
    private var ground = LedgerGround()

    @Test mutating func `the same credit is one credit with one answer, and other content is a conflict`() throws {
        let credit = Ledger.AddCredit(Sample.id(1), .paid, Sample.money(10), note: "card")
        let receipt = try ground.perform(credit)
        #expect(receipt.available == Sample.money(10))
        try ground.use(Sample.call(7, 3))
        #expect(try ground.perform(credit) == receipt)
        #expect(throws: LedgerRefusal.conflict) {
            try ground.perform(Ledger.AddCredit(Sample.id(1), .granted, Sample.money(10), note: "card"))
        }
        #expect(throws: LedgerRefusal.conflict) {
            try ground.perform(Ledger.NotePayment(Sample.id(1), Sample.money(10)))
        }
        #expect(try ground.perform(Ledger.ShowBalance()).paid == Sample.money(7))
        try ground.check()
    }

    @Test func `one id is one entry, of whichever kind, and any other kind of the same content is a conflict`() throws {
        let (id, amount) = (Sample.id(7), Sample.money(2))
        typealias Entering = (inout LedgerGround) throws -> EntryReceipt
        let kinds: [(String, Entering)] = [
            ("credit", { try $0.perform(Ledger.AddCredit(id, .paid, amount, note: "n")) }),
            ("correction", { try $0.perform(Ledger.Correct(id, .paid, by: amount, note: "n")) }),
            ("payment", { try $0.perform(Ledger.NotePayment(id, amount, note: "n")) }),
            ("refund", { try $0.perform(Ledger.Refund(id, of: Sample.id(1), amount, note: "n")) }),
        ]
        for (first, enter) in kinds {
            for (second, other) in kinds {
                var ground = LedgerGround()
                try ground.open(.managed, paid: 5)
                try ground.use(Sample.call(1, 4))
                let receipt = try enter(&ground)
                let events = ground.journal.count
                if first == second {
                    #expect(try other(&ground) == receipt)
                } else {
                    #expect(throws: LedgerRefusal.conflict, "\(second) after \(first)") { _ = try other(&ground) }
                }
                #expect(ground.journal.count == events)
                try ground.check()
            }
        }
    }

    @Test(arguments: [0, -1, Limits.Ledger.maximumEntry + 1])
    mutating func `nothing, less than nothing and what is beyond reason is no credit`(_ amount: Int64) throws {
        let money = Money(nanodollars: amount)
        #expect(throws: LedgerRefusal.badAmount) { try ground.perform(Ledger.AddCredit(Sample.id(1), .paid, money)) }
        #expect(throws: LedgerRefusal.badAmount) { try ground.perform(Ledger.NotePayment(Sample.id(1), money)) }
        #expect(ground.journal.isEmpty)
        try ground.perform(
            Ledger.AddCredit(Sample.id(1), .paid, Money(nanodollars: Limits.Ledger.maximumEntry))
        )
        try ground.check()
    }

    @Test mutating func `a correction is a posting of its own, and takes no more than there is`() throws {
        try ground.perform(Ledger.AddCredit(Sample.id(1), .granted, Sample.money(10)))
        try ground.perform(Ledger.Correct(Sample.id(2), .granted, by: Sample.money(-4), note: "a mistake"))
        #expect(throws: LedgerRefusal.insufficient(Sample.money(6))) {
            try ground.perform(Ledger.Correct(Sample.id(3), .granted, by: Sample.money(-7), note: ""))
        }
        #expect(throws: LedgerRefusal.badAmount) {
            try ground.perform(Ledger.Correct(Sample.id(3), .granted, by: .zero, note: ""))
        }
        #expect(ground.value.core.books[.corrections] == 4_000_000)
        try ground.check()
    }

    @Test mutating func `what nobody is billed for is taken of the next top-up`() throws {
        try ground.perform(Ledger.AddCredit(Sample.id(1), .paid, Sample.money(10)))
        let receipt = try ground.use(Sample.call(7, 10), ChatUsage(outputTokens: 25))
        #expect(receipt.overdraft == Sample.money(15))
        try ground.perform(Ledger.AddCredit(Sample.id(2), .paid, Sample.money(20)))
        let balance = try ground.perform(Ledger.ShowBalance())
        #expect(balance.paid == Sample.money(5) && balance.owed == .zero && balance.tier == .free)
        #expect(ground.value.core.suspension == nil)
        try ground.check()
    }

    @Test mutating func `a grant is given once in a month, when the account first asks in it`() throws {
        let terms = Sample.terms(grant: 5)
        for number in 1...3 { try ground.perform(Ledger.Reserve(Sample.call(UInt64(number), 1), terms: terms)) }
        #expect(try ground.perform(Ledger.ShowBalance()).granted == Sample.money(5))
        ground.pass(.seconds(9 * 86_400))
        try ground.perform(Ledger.Reserve(Sample.call(4, 1), terms: terms))
        #expect(try ground.perform(Ledger.ShowBalance()).granted == Sample.money(10))
        // A clock that goes back brings none a second time.
        ground.pass(.seconds(-20 * 86_400))
        try ground.perform(Ledger.Reserve(Sample.call(5, 1), terms: terms))
        #expect(try ground.perform(Ledger.ShowBalance()).granted == Sample.money(10))
        try ground.check()
    }

    @Test mutating func `a payment that failed suspends what costs money, and one that succeeds ends it`() throws {
        try ground.open(.managed, paid: 100)
        try ground.perform(Ledger.Suspend(.paymentFailed))
        try ground.perform(Ledger.Suspend(.ceiling))
        #expect(throws: LedgerRefusal.suspended(.paymentFailed)) {
            try ground.perform(Ledger.Reserve(Sample.call(1, 1), terms: Sample.terms()))
        }
        try ground.perform(Ledger.Reserve(Sample.call(2, 1, price: Sample.own), terms: Sample.terms()))
        try ground.perform(Ledger.Resume(.operatorStop))
        #expect(ground.value.core.suspension == .paymentFailed)
        try ground.perform(Ledger.Resume(.paymentFailed))
        try ground.perform(Ledger.Reserve(Sample.call(1, 1), terms: Sample.terms()))
        // Who was stopped by hand is not let in by a payment.
        try ground.perform(Ledger.Suspend(.operatorStop))
        try ground.perform(Ledger.Suspend(.paymentFailed))
        try ground.perform(Ledger.Resume(.paymentFailed))
        #expect(ground.value.core.suspension == .operatorStop && !ground.value.core.stops.has(.paymentFailed))
        try ground.check()
    }

    @Test mutating func `a payment makes room below the ceiling`() throws {
        let terms = Sample.terms(ceiling: 100)
        try ground.perform(Ledger.SetTier(.managed, terms: terms))
        try ground.perform(Ledger.Record(Sample.call(1, 100), terms: terms))
        #expect(ground.value.core.suspension == .ceiling)
        try ground.perform(Ledger.Resume(.ceiling))
        #expect(ground.value.core.suspension == .ceiling)
        try ground.perform(Ledger.NotePayment(Sample.id(9), Sample.money(60), note: "in_1"))
        #expect(ground.value.core.suspension == nil)
        #expect(try ground.perform(Ledger.ShowBalance()).available == Sample.money(60))
        try ground.check()
    }

    @Test mutating func `available is credits and ceiling less what is owed and held, at every step`() throws {
        try ground.open(.managed, paid: 40)
        func expected(_ balance: Balance) -> Money {
            balance.credits + balance.ceiling - balance.owed - balance.held
        }
        var generator = SeededGenerator(seed: 4)
        for number in 1...200 as ClosedRange<UInt64> {
            let call = Sample.call(number, generator.integer(below: 50))
            let receipt = try ground.perform(Ledger.Reserve(call, terms: Sample.terms()))
            let balance = try ground.perform(Ledger.ShowBalance())
            #expect(balance.available == expected(balance) && balance.available == receipt.available)
            if generator.chance(2, in: 3) {
                let usage = ChatUsage(outputTokens: generator.integer(below: 60))
                let settled = try ground.perform(Ledger.Settle(call.id, usage: usage, end: .clientLeft))
                let after = try ground.perform(Ledger.ShowBalance())
                #expect(after.available == expected(after) && after.available == settled.available)
            }
        }
        try ground.check()
    }
}
