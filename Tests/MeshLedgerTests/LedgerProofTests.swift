import MeshActors
import MeshChat
import MeshCore
import MeshLedger
import MeshTestKit
import MeshWire
import Testing

@Suite struct `Proofs of a ledger` {
    /// Events of an account that has done a bit of everything.
    private static func events() throws -> [Ledger.Event] {
        var ground = LedgerGround()
        try ground.open(.managed, paid: 1_000)
        for number in 1...20 as ClosedRange<UInt64> {
            try ground.perform(Ledger.Reserve(Sample.call(number, 900, kind: .cloud), terms: Sample.terms()))
            if number % 7 == 0 {
                try ground.perform(Ledger.VoidHold(Sample.id(number)))
            } else {
                let usage = ChatUsage(outputTokens: 800)
                try ground.perform(Ledger.Settle(Sample.id(number), usage: usage, end: .complete))
            }
        }
        try ground.perform(Ledger.Refund(Sample.id(60), of: Sample.id(20), Sample.money(100)))
        ground.pass(.seconds(40 * 86_400))
        try ground.perform(Ledger.LookAfter())
        try ground.check()
        return try ground.journal.map { try Ledger.Event(wireBytes: $0) }
    }

    /// What an auditor says of `events`, and of the account that they give.
    private func verdict(on events: [Ledger.Event], of told: [Ledger.Event]? = nil) -> Set<LedgerFault.Rule> {
        var auditor = LedgerAuditor(account: "acct-1")
        var ledger = Ledger(key: "acct-1")
        for (index, event) in events.enumerated() {
            auditor.take(event, at: EventPosition(head: Head(rawValue: UInt64(index + 1)), index: 0))
        }
        for (index, event) in (told ?? events).enumerated() {
            ledger.apply(event, at: EventPosition(head: Head(rawValue: UInt64(index + 1)), index: 0))
        }
        return Set(auditor.verdict(on: ledger).map(\.rule))
    }

    /// `events` with the first one that `change` changes changed: by its wire form, as a flipped store would.
    private func changed(
        _ events: [Ledger.Event],
        _ change: (Ledger.Event) throws -> Ledger.Event?
    ) throws -> [Ledger.Event] {
        var events = events
        for index in events.indices {
            if let other = try change(events[index]) {
                events[index] = other
                return events
            }
        }
        Issue.record("nothing was changed")
        return events
    }

    @Test func `what is right is found right`() throws {
        #expect(verdict(on: try Self.events()) == [])
    }

    @Test func `a charge that the journal has twice is found`() throws {
        var events = try Self.events()
        let index = try #require(events.firstIndex { if case .settled = $0 { true } else { false } })
        events.insert(events[index], at: index + 1)
        #expect(verdict(on: events).isSuperset(of: [.order, .charge]))
    }

    @Test func `a charge that the journal has lost is found`() throws {
        let whole = try Self.events()
        var events = whole
        let index = try #require(events.firstIndex { if case .settled = $0 { true } else { false } })
        events.remove(at: index)
        #expect(verdict(on: events).contains(.order))
        #expect(verdict(on: whole, of: events).contains(.replay))
    }

    @Test func `a charge of another amount than price and usage give is found`() throws {
        let events = try changed(try Self.events()) { event in
            guard case .settled(let settlement) = event else { return nil }
            let usage = settlement.posting.call?.usage ?? ChatUsage()
            let other = Charge(usage, at: Sample.price, rate: ChargeRate(thousandths: 1_030))
            return .settled(try settlement.charging(other))
        }
        #expect(verdict(on: events).contains(.charge))
    }

    @Test func `two multipliers on one charge are found`() throws {
        let events = try changed(try Self.events()) { event in
            guard case .settled(let settlement) = event, let call = settlement.posting.call else { return nil }
            let twice = Charge(call.usage, at: Sample.round, rate: ChargeRate(thousandths: 1_030 * 1_300 / 1_000))
            return .settled(try settlement.charging(twice))
        }
        #expect(verdict(on: events).contains(.charge))
    }

    @Test func `a posting whose legs come to something is found`() throws {
        let events = try changed(try Self.events()) { event in
            guard case .entered(let entry) = event else { return nil }
            let legs = entry.posting.legs + [Leg(.granted, 1)]
            return .entered(try entry.with(legs))
        }
        #expect(verdict(on: events).contains(.sum))
    }

    @Test func `an invoice of less than what was told is found`() throws {
        let events = try changed(try Self.events()) { event in
            guard case .periodClosed(let period, .some) = event else { return nil }
            return .periodClosed(period, nil)
        }
        #expect(verdict(on: events).contains(.invoices))
    }
}

// What the module gives nobody the means to make is made of bytes, as a flipped store would.

extension Posting {
    fileprivate func with(_ legs: [Leg]) throws -> Posting {
        let bytes = WireWriter.bytes { writer in
            writer.writeArrayHead(count: 9)
            writer.write(number)
            id.encode(into: &writer)
            kind.encode(into: &writer)
            writer.write(time.millisecondsSince1970)
            period.encode(into: &writer)
            legs.encode(into: &writer)
            call.encode(into: &writer)
            of.encode(into: &writer)
            writer.write(note)
        }
        return try Posting(wireBytes: bytes)
    }
}

extension Ledger.Settlement {
    /// The same, of another charge, which still comes to nothing.
    fileprivate func charging(_ charge: Charge) throws -> Ledger.Settlement {
        let funds = posting.legs.filter { ![.upstream, .fee, .metered].contains($0.book) }
        let total = Int128(charge.total.nanodollars)
        let rest = -total - funds.reduce(0) { $0 + $1.amount }
        let legs = funds + [Leg(.metered, rest), Leg(.upstream, charge.upstream), Leg(.fee, charge.fee)]
        let changed = try posting.with(legs)
        let bytes = WireWriter.bytes { writer in
            writer.writeArrayHead(count: 6)
            changed.encode(into: &writer)
            writer.write(released.nanodollars)
            writer.write(call)
            substitute.encode(into: &writer)
            writer.write(outcome)
            writer.writeArrayHead(count: 5)
            writer.write(charge.upstream.nanodollars)
            writer.write(charge.total.nanodollars)
            receipt.funding.encode(into: &writer)
            writer.write(receipt.overdraft.nanodollars)
            writer.write(receipt.available.nanodollars)
        }
        return try Ledger.Settlement(wireBytes: bytes)
    }
}

extension Ledger.Entry {
    fileprivate func with(_ legs: [Leg]) throws -> Ledger.Entry {
        let changed = try posting.with(legs)
        let bytes = WireWriter.bytes { writer in
            writer.writeArrayHead(count: 3)
            changed.encode(into: &writer)
            writer.write(fingerprint)
            receipt.encode(into: &writer)
        }
        return try Ledger.Entry(wireBytes: bytes)
    }
}
