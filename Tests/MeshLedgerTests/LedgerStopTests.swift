import MeshActors
import MeshChat
import MeshCore
import MeshLedger
import MeshTestKit
import MeshWire
import Testing

@Suite struct `Reasons to stop an account` {
    private var ground = LedgerGround()

    private var reason: Suspension? { ground.value.core.suspension }

    private mutating func fail(_ invoice: String, _ number: UInt64) throws {
        try ground.perform(Ledger.StopFor(Sample.id(number), invoice: invoice))
    }

    @Test mutating func `an invoice that is paid ends its own stop, and no other one's`() throws {
        try ground.open(.managed, paid: 100)
        try fail("in_october", 1)
        try ground.perform(Ledger.EndInvoice("in_november", isPaid: true))
        try ground.perform(Ledger.EndInvoice("in_november", isPaid: false))
        #expect(reason == .paymentFailed)
        try fail("in_december", 2)
        try ground.perform(Ledger.EndInvoice("in_october", isPaid: true))
        #expect(ground.value.core.stops.unpaid == ["in_december"])
        #expect(throws: LedgerRefusal.suspended(.paymentFailed)) {
            try ground.perform(Ledger.Reserve(Sample.call(1, 1), terms: Sample.terms()))
        }
        try ground.perform(Ledger.EndInvoice("in_december", isPaid: false))
        #expect(reason == nil)
        try ground.perform(Ledger.Reserve(Sample.call(1, 1), terms: Sample.terms()))
        try ground.check()
    }

    @Test mutating func `reasons stand beside each other, and the hardest to end is told`() throws {
        let terms = Sample.terms(ceiling: 100)
        try ground.perform(Ledger.SetTier(.managed, terms: terms))
        try ground.perform(Ledger.StopFor(Sample.id(1)))
        try fail("in_1", 2)
        try ground.perform(Ledger.Record(Sample.call(3, 100), terms: terms))
        #expect(reason == .operatorStop)
        try ground.perform(Ledger.Resume(.operatorStop))
        #expect(reason == .paymentFailed)
        try ground.perform(Ledger.Suspend(.operatorStop))
        try ground.perform(Ledger.EndInvoice("in_1", isPaid: true))
        #expect(reason == .operatorStop)
        try ground.perform(Ledger.Resume(.operatorStop))
        #expect(reason == .ceiling)
        try ground.perform(Ledger.NotePayment(Sample.id(4), Sample.money(60)))
        #expect(reason == nil)
        try ground.check()
    }

    @Test mutating func `what stopped an account once does not when it is told again`() throws {
        try ground.open(.managed)
        for invoice in [nil, "in_1"] as [String?] {
            let stop = Ledger.StopFor(Sample.id(invoice == nil ? 1 : 2), invoice: invoice)
            #expect(try ground.perform(stop))
            let told = invoice == nil ? Suspension.operatorStop : .paymentFailed
            #expect(reason == told)
            try ground.perform(Ledger.Resume(told))
            let events = ground.journal.count
            #expect(try !ground.perform(stop))
            #expect(reason == nil && ground.journal.count == events)
        }
        // It was stopped already: it is known all the same.
        try ground.perform(Ledger.Suspend(.operatorStop))
        try ground.perform(Ledger.StopFor(Sample.id(3)))
        try ground.perform(Ledger.Resume(.operatorStop))
        try ground.perform(Ledger.StopFor(Sample.id(3)))
        #expect(reason == nil)
        try ground.check()
    }

    @Test mutating func `what was told without a name ends with any invoice for which something was paid`() throws {
        try ground.open(.managed)
        try ground.perform(Ledger.Suspend(.paymentFailed))
        try ground.perform(Ledger.EndInvoice("in_1", isPaid: false))
        #expect(reason == .paymentFailed)
        try ground.perform(Ledger.EndInvoice("in_1", isPaid: true))
        #expect(reason == nil)
        try ground.check()
    }

    @Test mutating func `an operator who lets go on ends all invoices at once`() throws {
        try ground.open(.managed)
        for number in 1...3 as ClosedRange<UInt64> { try fail("in_\(number)", number) }
        try ground.perform(Ledger.Resume(.paymentFailed))
        #expect(reason == nil)
        try ground.check()
    }

    @Test mutating func `one invoice too many is left to the operator, and no stop is forgotten`() throws {
        try ground.open(.managed)
        try ground.perform(Ledger.Suspend(.paymentFailed))
        let most = Limits.Ledger.maximumUnpaidInvoices
        for number in 1...most { try fail("in_\(number)", UInt64(number)) }
        #expect(reason == .paymentFailed && ground.value.core.stops.unpaid.count == most + 1)
        try fail("in_\(most)", UInt64(most + 1))
        #expect(reason == .paymentFailed)
        try fail("in_beyond", UInt64(most + 2))
        #expect(reason == .operatorStop && ground.value.core.stops.unpaid.count == most + 1)
        try ground.check()
    }

    @Test mutating func `of what is known the oldest is forgotten for one too many`() throws {
        try ground.open(.managed)
        let most = Limits.Ledger.maximumKnownStops
        for number in 0...most { try ground.perform(Ledger.StopFor(Sample.id(UInt64(number)))) }
        let known = ground.value.core.stops.known
        #expect(known.count == most && known.first == Sample.id(1) && known.last == Sample.id(UInt64(most)))
        try ground.check()
    }

    // MARK: The wire

    @Test mutating func `events of journals that were written before mean what they meant`() throws {
        let rows: [([UInt8], Ledger.Event)] = [
            ([0x82, 0x08, 0x00], .suspended(.ceiling)), ([0x82, 0x08, 0x01], .suspended(.paymentFailed)),
            ([0x82, 0x08, 0x02], .suspended(.operatorStop)), ([0x81, 0x09], .resumed),
            ([0x82, 0x11, 0x61, 0x61], .invoiceEnded("a")), ([0x82, 0x12, 0x01], .reasonEnded(.paymentFailed)),
        ]
        for (bytes, event) in rows {
            #expect(try Ledger.Event(wireBytes: bytes) == event)
            #expect(event.wireBytes == bytes)
        }
        try fail("in_1", 1)
        #expect(ground.journal.last?.prefix(3) == [0x82, 0x10, 0x82])
        // One reason had room: the later one took its place, and its end was the end of all.
        var old = Ledger(key: "acct-1")
        for (event, reason) in [
            (Ledger.Event.suspended(.ceiling), Suspension.ceiling), (.suspended(.paymentFailed), .paymentFailed),
            (.suspended(.operatorStop), .operatorStop), (.resumed, nil), (.suspended(.paymentFailed), .paymentFailed),
        ] as [(Ledger.Event, Suspension?)] {
            old.apply(event, at: EventPosition(head: Head(rawValue: 1), index: 0))
            #expect(old.core.suspension == reason)
        }
    }

    @Test(arguments: [nil] + Suspension.allCases.map { $0 } as [Suspension?])
    func `a snapshot that has room for one reason is read`(_ reason: Suspension?) throws {
        var ledger = Ledger(key: "acct-1")
        if let reason { ledger.apply(.suspended(reason), at: EventPosition(head: Head(rawValue: 1), index: 0)) }
        let core = ledger.core
        var old = core.wireBytes
        #expect(old[0] == 0x96)
        // What is billed of what is unflushed stands behind it, in seventeen bytes.
        old.removeLast(core.stops.wireBytes.count + 17)
        old[0] = 0x94
        let read = try LedgerCore(wireBytes: old)
        #expect(read == core && read.suspension == reason)
    }
}
