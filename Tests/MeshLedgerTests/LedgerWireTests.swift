import MeshActors
import MeshChat
import MeshCore
import MeshLedger
import MeshTestKit
import MeshWire
import Testing

@Suite struct `The wire form of a ledger` {
    private static let refusals: [LedgerRefusal] = [
        .ceilingExceeded(needed: Sample.money(3), available: Sample.money(-2)), .suspended(.paymentFailed),
        .suspended(.ceiling), .suspended(.operatorStop),
        .guestQuotaSpent(needed: Sample.money(3), available: .zero), .conflict, .callEnded, .unknownCall,
        .tooManyHolds, .tooManyGuests, .tooManyEntries, .badAmount, .insufficient(Sample.money(1)), .unknownFlush,
        .periodOpen, .flushOnItsWay,
    ]

    @Test func `every refusal is read as it was written, under a number of its own`() throws {
        #expect(Set(Self.refusals.map(\.wireBytes)).count == Self.refusals.count)
        for refusal in Self.refusals { #expect(try LedgerRefusal(wireBytes: refusal.wireBytes) == refusal) }
        #expect(throws: WireError.self) { try LedgerRefusal(wireBytes: [0x83, 0x18, 0x63, 0x00, 0x00]) }
    }

    @Test func `a command has a number of its own`() {
        let tags = [
            Ledger.Reserve.tag, Ledger.Settle.tag, Ledger.VoidHold.tag, Ledger.Record.tag, Ledger.AddCredit.tag,
            Ledger.Refund.tag, Ledger.Correct.tag, Ledger.NotePayment.tag, Ledger.SetTier.tag, Ledger.Suspend.tag,
            Ledger.Resume.tag, Ledger.KeepCustomer.tag, Ledger.EndGuest.tag, Ledger.Flush.tag, Ledger.EndFlush.tag,
            Ledger.RetryFlush.tag, Ledger.ClosePeriods.tag, Ledger.LookAfter.tag, Ledger.ShowBalance.tag,
            Ledger.ShowUsage.tag, Ledger.Verify.tag, Ledger.StopFor.tag, Ledger.EndInvoice.tag,
            Ledger.ShowOutbox.tag, Ledger.CloseFlush.tag, Ledger.ShowTold.tag,
        ]
        #expect(tags == Array(1...26))
        #expect(Ledger.kind == ActorKind("ledger"))
        _ = Ledger.commands
    }

    @Test func `amounts beyond 64 bits stand in sixteen bytes, and others in as few as they need`() throws {
        for amount in [0, 1, -1, Int128(Int64.max), Int128(Int64.min)] {
            let leg = Leg(.metered, amount)
            #expect(try Leg(wireBytes: leg.wireBytes) == leg && leg.wireBytes.count < 13)
        }
        for amount in [Int128.max, .min, Int128(Int64.max) + 1, Int128(Int64.min) - 1] {
            let leg = Leg(.invoiced, amount)
            #expect(try Leg(wireBytes: leg.wireBytes) == leg)
        }
    }

    @Test(arguments: [
        ModelPrice.Rates(input: -1, output: 0, cacheRead: 0, cacheWrite: 0, longCacheWrite: 0),
        ModelPrice.Rates(input: 0, output: .max, cacheRead: 0, cacheWrite: 0, longCacheWrite: 0),
    ])
    func `a price below nothing or beyond reason is refused`(_ rates: ModelPrice.Rates) {
        let call = Sample.call(1, 1, price: ModelPrice(version: "bad@1", base: rates))
        #expect(throws: WireError.self) { try LedgerCall(wireBytes: call.wireBytes) }
    }

    @Test func `bytes that are cut off or altered are refused or read, and never trap`() throws {
        var ground = LedgerGround()
        try ground.open(.managed, paid: 3)
        try ground.use(Sample.call(1, 6_000))
        try ground.perform(Ledger.Reserve(Sample.call(2, 5), terms: Sample.terms()))
        var generator = SeededGenerator(seed: 3)
        let snapshot = ground.value.wireBytes
        for bytes in ground.journal + [snapshot] {
            for length in 0..<bytes.count {
                #expect(throws: WireError.self) { try Ledger.Event(wireBytes: Array(bytes[..<length])) }
            }
            for _ in 0..<300 {
                var altered = bytes
                altered[generator.integer(below: bytes.count)] = UInt8(truncatingIfNeeded: generator.next())
                _ = try? Ledger.Event(wireBytes: altered)
                _ = try? Ledger(wireBytes: altered)
            }
        }
    }

    @Test func `a reply is read as it was written`() throws {
        var ground = LedgerGround()
        try ground.open(.managed, paid: 3)
        let hold = try ground.perform(Ledger.Reserve(Sample.call(1, 6), terms: Sample.terms()))
        #expect(try HoldReceipt(wireBytes: hold.wireBytes) == hold)
        let used = ChatUsage(outputTokens: 6)
        let receipt = try ground.perform(Ledger.Settle(Sample.id(1), usage: used, end: .complete))
        #expect(try ChargeReceipt(wireBytes: receipt.wireBytes) == receipt)
        let balance = try ground.perform(Ledger.ShowBalance())
        #expect(try Balance(wireBytes: balance.wireBytes) == balance)
        let usage = try #require(try ground.perform(Ledger.ShowUsage()))
        #expect(try PeriodUsage(wireBytes: usage.wireBytes) == usage)
        #expect(try ground.perform(Ledger.Verify()) == [])
    }

    @Test func `the calls' port is told in commands, and its refusals in words of clients`() throws {
        let tenant = try TenantID("acme")
        #expect(LedgerAdmission.account(of: tenant) == "acme")
        let worst = ChatUsage(inputTokens: 10, outputTokens: 20)
        let place = CallPlace(project: "paper")
        let ask = AdmissionAsk(
            id: Sample.id(1),
            tenant: tenant,
            key: "k",
            place: place,
            model: "sonnet",
            worst: worst,
            worstCost: Sample.price.cost(of: worst),
            price: Sample.price
        )
        let circumstances = LedgerAdmission.Circumstances(kind: .cloud)
        let command = LedgerAdmission.reserve(ask, circumstances, terms: Sample.terms())
        #expect(command.call.id == ask.id && command.call.place == place && command.call.kind == .cloud)
        let hold = AdmissionHold(id: ask.id, tenant: tenant, price: ask.price)
        let outcome = AdmissionOutcome(end: .clientLeft, usage: worst, cost: ask.worstCost)
        let told = LedgerAdmission.settle(hold, as: outcome, substituteKind: .cloud)
        #expect(told.used == SettledUsage(usage: worst, end: .clientLeft))
        #expect(LedgerAdmission.void(hold).id == ask.id)
        let codes = Self.refusals.map { LedgerAdmission.error(for: $0).code }
        #expect(codes[0] == .paymentRequired && codes[1] == .paymentRequired && codes[5] == .conflict)
        #expect(LedgerAdmission.isHarmless(.callEnded) && !LedgerAdmission.isHarmless(.conflict))
        var ground = LedgerGround()
        try ground.open(.managed)
        #expect(try ground.perform(command).amount == Money(nanodollars: 339_900))
    }
}
