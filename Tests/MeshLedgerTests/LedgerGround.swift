import MeshActors
import MeshChat
import MeshCore
import MeshLedger
import MeshTestKit
import MeshWire
import Testing

/// An account without its actor: commands are decided one after another, and every event is kept as bytes.
struct LedgerGround {
    private(set) var value = Ledger(key: "acct-1")
    private(set) var journal: [[UInt8]] = []
    private var auditor = LedgerAuditor(account: "acct-1")
    var now = Sample.now

    /// Events of the latest command.
    private(set) var latest: [Ledger.Event] = []

    /// Decides `command`, sent as bytes, and takes its events in, read from bytes.
    @discardableResult
    mutating func perform<C: Command>(_ command: C) throws -> C.Reply where C.Target == Ledger {
        let sent = try C(wireBytes: command.wireBytes)
        #expect(sent.wireBytes == command.wireBytes)
        var turn = Turn<Ledger>(clock: VirtualClock(wallTime: now))
        latest = []
        let reply = try sent.decide(value, &turn)
        for (index, event) in turn.events.enumerated() {
            let bytes = event.wireBytes
            let read = try Ledger.Event(wireBytes: bytes)
            #expect(read == event)
            let position = EventPosition(head: Head(rawValue: UInt64(journal.count + 1)), index: index)
            value.apply(read, at: position)
            auditor.take(read, at: position)
            journal.append(bytes)
        }
        latest = turn.events
        return reply
    }

    mutating func pass(_ duration: Duration) {
        now = now.later(by: duration)
    }

    /// Sets money aside and charges what was used.
    @discardableResult
    mutating func use(_ call: LedgerCall, _ usage: ChatUsage? = nil) throws -> ChargeReceipt {
        try perform(Ledger.Reserve(call, terms: Sample.terms()))
        return try perform(Ledger.Settle(call.id, usage: usage ?? call.worst, end: .complete))
    }

    /// Puts the account in `tier` with so much credit.
    mutating func open(_ tier: LedgerTier, paid: Int64 = 0, terms: LedgerTerms = Sample.terms()) throws {
        try perform(Ledger.SetTier(tier, terms: terms))
        if paid > 0 { try perform(Ledger.AddCredit(Sample.id(9_000_001), .paid, Sample.money(paid))) }
    }

    /// The snapshot gives the same account, the journal too, and nothing about it is wrong.
    func check() throws {
        #expect(try Ledger(wireBytes: value.wireBytes) == value)
        #expect(auditor.verdict(on: value) == [])
    }
}

extension WallTime {
    /// So much later.
    func later(by duration: Duration) -> WallTime {
        WallTime(millisecondsSince1970: millisecondsSince1970 + duration.wholeNanoseconds / 1_000_000)
    }
}

/// Names and figures that the tests share.
enum Sample {
    /// 2026-11-22T12:00:00Z.
    static let now = WallTime(millisecondsSince1970: 1_795_348_800_000)

    static func id(_ number: UInt64) -> UniqueID { UniqueID(high: 7, low: number) }

    /// So many thousandths of a dollar.
    static func money(_ thousandths: Int64) -> Money { Money(nanodollars: thousandths * 1_000_000) }

    static func terms(ceiling: Int64 = 50_000, grant: Int64 = 0, version: String = "v@1") -> LedgerTerms {
        func tier(_ cloud: Int64, _ ceiling: Int64, _ basis: ChargeBasis = .whole) -> TierTerms {
            TierTerms(
                local: ChargeRate(thousandths: 1_000),
                cloud: ChargeRate(thousandths: cloud, basis: basis),
                knowledge: ChargeRate(thousandths: 1_300),
                ceiling: money(ceiling),
                grant: money(grant)
            )
        }
        return LedgerTerms(
            version: version,
            flushThreshold: money(5_000),
            free: tier(1_030, 0),
            managed: tier(1_030, ceiling),
            byok: tier(1_300, ceiling, .fee)
        )
    }

    /// $3 and $15 for a million tokens.
    static let price = ModelPrice(
        version: "sonnet@1",
        base: ModelPrice.Rates(
            input: 3_000_000_000,
            output: 15_000_000_000,
            cacheRead: 300_000_000,
            cacheWrite: 3_750_000_000,
            longCacheWrite: 6_000_000_000
        )
    )

    /// A tenth of a cent for each token that is said.
    static let round = ModelPrice(
        version: "round@1",
        base: ModelPrice.Rates(
            input: 0,
            output: 1_000_000_000_000,
            cacheRead: 0,
            cacheWrite: 0,
            longCacheWrite: 0
        )
    )

    static let own = ModelPrice(version: "own@1", base: .free)

    /// A call that costs so many tenths of a cent, before any multiplier.
    static func call(
        _ number: UInt64,
        _ thousandths: Int,
        kind: UseKind = .local,
        price: ModelPrice = round,
        place: CallPlace = CallPlace(),
        guest: GuestPass? = nil
    ) -> LedgerCall {
        LedgerCall(
            id: id(number),
            model: "model-\(number % 3)",
            kind: kind,
            price: price,
            worst: ChatUsage(outputTokens: thousandths),
            place: place,
            guest: guest
        )
    }
}
