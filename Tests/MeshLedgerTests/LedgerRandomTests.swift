import MeshActors
import MeshChat
import MeshCore
import MeshLedger
import MeshTestKit
import MeshWire
import Testing

@Suite struct `A hundred thousand requests` {
    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func `aborts, retries, duplicates, lost memory and jumping clocks change no nano-dollar`(_ seed: UInt64) throws {
        var world = RandomWorld(seed: seed)
        while world.requests < 25_000 { try world.step() }
        try world.finish()
        #expect(world.ledger.core.totals.charged - world.ledger.core.totals.refunded == world.oracle.billed)
        #expect(world.auditor.verdict(on: world.ledger) == [])
        let rare = [
            world.refusals, world.repeats, world.conflicts, world.late, world.crashes, world.jumps, world.flushes,
            world.quotaRefusals, world.newTerms,
        ]
        #expect(rare.allSatisfy { $0 > 25 }, "what is meant to happen does: \(rare)")
    }

    @Test func `the same seed gives the same account, byte for byte`() throws {
        var worlds = [RandomWorld(seed: 9), RandomWorld(seed: 9)]
        for index in worlds.indices {
            for _ in 0..<2_000 { try worlds[index].step() }
        }
        #expect(worlds[0].ledger.wireBytes == worlds[1].ledger.wireBytes)
    }
}

/// A ledger and its oracle in a world where everything goes wrong that may.
struct RandomWorld {
    private(set) var ledger = Ledger(key: "acct-1")
    private(set) var oracle = OracleAccount()
    private(set) var auditor = LedgerAuditor(account: "acct-1")
    private var generator: SeededGenerator
    private var now = Sample.now
    private var snapshot: [UInt8] = Ledger(key: "acct-1").wireBytes
    private var tail: [(EventPosition, [UInt8])] = []
    private var head: UInt64 = 0
    private var recent: [UniqueID] = []
    private var nextID: UInt64 = 1
    private var tier = LedgerTier.managed

    private(set) var requests = 0
    private(set) var refusals = 0
    private(set) var repeats = 0
    private(set) var conflicts = 0
    private(set) var late = 0
    private(set) var crashes = 0
    private(set) var jumps = 0
    private(set) var flushes = 0
    private(set) var quotaRefusals = 0
    private(set) var newTerms = 0

    private static let prices: [ModelPrice] = {
        let odd = ModelPrice.Rates(
            input: 123_456_789,
            output: 999_999_999,
            cacheRead: 5_000_001,
            cacheWrite: 500_000,
            longCacheWrite: 1
        )
        let half = ModelPrice.Rates(input: 500_000, output: 1_500_000, cacheRead: 0, cacheWrite: 0, longCacheWrite: 0)
        return [
            Sample.price, Sample.round, Sample.own, ModelPrice(version: "half@1", base: half),
            ModelPrice(version: "odd@1", base: odd, long: .init(aboveTokens: 500, rates: Sample.price.base)),
        ]
    }()

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    /// What holds at this world's time: a row of the policy for each week, which goes back where the clock does.
    private var row: PolicyRow { PolicyRow.all[Int(now.millisecondsSince1970 / 604_800_000) % PolicyRow.all.count] }

    private var terms: LedgerTerms { row.terms }

    private mutating func freshID() -> UniqueID {
        nextID += 1
        return UniqueID(high: generator.next(), low: nextID)
    }

    private mutating func usage() -> ChatUsage {
        ChatUsage(
            inputTokens: generator.integer(below: 1_000),
            cacheReadTokens: generator.chance(1, in: 3) ? generator.integer(below: 1_000) : 0,
            cacheWriteTokens: generator.chance(1, in: 5) ? generator.integer(below: 100) : 0,
            longCacheWriteTokens: generator.chance(1, in: 9) ? generator.integer(below: 100) : 0,
            outputTokens: generator.integer(below: 300)
        )
    }

    private mutating func someoneElse() -> Substitute {
        let price = Self.prices[generator.integer(below: Self.prices.count)]
        let kind = UseKind.allCases[generator.integer(below: UseKind.allCases.count)]
        return Substitute(model: "other", kind: kind, price: price)
    }

    /// Decides, and takes in what was decided, as the journal would: in bytes.
    private mutating func perform<C: Command>(_ command: C) throws -> C.Reply where C.Target == Ledger {
        var turn = Turn<Ledger>(clock: VirtualClock(wallTime: now))
        let reply = try command.decide(ledger, &turn)
        if !turn.events.isEmpty { head += 1 }
        for (index, event) in turn.events.enumerated() {
            let position = EventPosition(head: Head(rawValue: head), index: index)
            ledger.apply(event, at: position)
            auditor.take(event, at: position)
            tail.append((position, event.wireBytes))
            if case .flushBegun = event { flushes += 1 }
            if case .settled(let settlement) = event, settlement.posting.call?.isLate == true { late += 1 }
        }
        return reply
    }

    mutating func step() throws {
        switch generator.integer(below: 100) {
        case ..<60: try request()
        case ..<70: try retry()
        case ..<75: try conflict()
        case ..<80: try end()
        case ..<84: try enter()
        case ..<88: try deliver()
        case ..<92: pass()
        case ..<93: try changeTier()
        case ..<95: try crash()
        case ..<97: try refund()
        default:
            _ = try perform(Ledger.LookAfter())
            oracle.expire(now)
        }
        try compare()
    }

    private func compare() throws {
        let core = ledger.core
        try #require(core.available == oracle.available)
        try #require(core.books.owed == oracle.owed)
        try #require(core.totals.creditFunded == oracle.credited)
        try #require([core.books[.knowledge], core.books[.granted], core.books[.paid]] == oracle.funds)
        try #require(core.totals.charged - core.totals.refunded == oracle.billed)
        try #require(core.books.sum == 0)
        try #require(ledger.holds.count == oracle.open.count)
    }

    /// A call is asked for, and most are answered at once.
    private mutating func request() throws {
        requests += 1
        let price = Self.prices[generator.integer(below: Self.prices.count)]
        let invite = "party-\(generator.integer(below: 60))"
        let guest = generator.chance(1, in: 10) ? GuestPass(invite: invite, quota: Sample.money(500)) : nil
        let call = LedgerCall(
            id: freshID(),
            model: "model-\(generator.integer(below: 4))",
            kind: UseKind.allCases[generator.integer(below: UseKind.allCases.count)],
            price: price,
            worst: usage(),
            place: CallPlace(session: "s-\(generator.integer(below: 400))"),
            guest: guest
        )
        let life = Duration.seconds(generator.integer(in: 10...900))
        let command = Ledger.Reserve(call, terms: terms, life: life)
        let expiresAt = WallTime(
            millisecondsSince1970: now.millisecondsSince1970 + life.wholeNanoseconds / 1_000_000
        )
        if oracle.terms == .none { try changeTier() }
        // Whoever is refused has not agreed to what holds by now.
        let agreed = oracle.terms
        oracle.terms = row.oracle(of: tier)
        guard let worst = oracle.reserve(call, now: now, expiresAt: expiresAt) else {
            oracle.terms = agreed
            return try refuse(command)
        }
        if oracle.terms != agreed { newTerms += 1 }
        let receipt = try perform(command)
        try #require(Int128(receipt.amount.nanodollars) == worst)
        recent.append(call.id)
        if recent.count > 500 { recent.removeFirst(100) }
        if generator.chance(2, in: 3) { try settle(call.id) }
    }

    private mutating func refuse(_ command: Ledger.Reserve) throws {
        refusals += 1
        do {
            _ = try perform(command)
            Issue.record("\(command.call) is set aside for, which the oracle refuses")
        } catch LedgerRefusal.guestQuotaSpent {
            quotaRefusals += 1
        } catch is LedgerRefusal {}
    }

    private mutating func settle(_ id: UniqueID) throws {
        guard let call = oracle.calls[id], call.fate == .held || call.fate == .expired else { return }
        // More than was set aside, now and then.
        let usage = generator.chance(1, in: 4) ? self.usage() : call.call.worst
        let end = [CallEnd.complete, .clientLeft, .brokenOff][generator.integer(below: 3)]
        let substitute = generator.chance(1, in: 10) ? someoneElse() : nil
        let told = Ledger.Settle(id, usage: usage, end: end, substitute: substitute)
        let receipt = try perform(told)
        oracle.settle(id, usage, end, substitute)
        try #require(Int128(receipt.charge.total.nanodollars) == oracle.calls[id]?.charged)
    }

    /// A call that was left open ends: most are charged, however late.
    private mutating func end() throws {
        guard let id = generator.pick(from: recent) else { return }
        guard generator.chance(1, in: 3) else { return try settle(id) }
        guard let call = oracle.calls[id], call.fate != .settled else { return }
        _ = try perform(Ledger.VoidHold(id))
        oracle.void(id)
    }

    /// Somebody says again what has been said, because an answer was lost.
    private mutating func retry() throws {
        guard let id = generator.pick(from: recent), let call = oracle.calls[id] else { return }
        repeats += 1
        let before = head
        switch call.fate {
        case .settled:
            let used = call.used ?? ChatUsage()
            let again = Ledger.Settle(id, usage: used, end: call.end, substitute: call.substitute)
            try #require(Int128(try perform(again).charge.total.nanodollars) == call.charged)
        case .voided: _ = try perform(Ledger.VoidHold(id))
        case .held:
            let again = try perform(Ledger.Reserve(call.call, terms: terms))
            try #require(Int128(again.amount.nanodollars) == call.worst)
        case .expired: break
        }
        try #require(head == before)
    }

    /// Somebody uses an id for something else.
    private mutating func conflict() throws {
        guard let id = generator.pick(from: recent), let call = oracle.calls[id], call.fate != .voided else { return }
        conflicts += 1
        let other = LedgerCall(id: id, model: "other", kind: .cloud, price: Sample.round, worst: ChatUsage())
        #expect(throws: LedgerRefusal.conflict) { _ = try perform(Ledger.Reserve(other, terms: terms)) }
        guard call.fate == .settled else { return }
        let wrong = Ledger.Settle(id, usage: ChatUsage(inputTokens: 1_000_000), end: call.end)
        #expect(throws: LedgerRefusal.conflict) { _ = try perform(wrong) }
    }

    /// Money comes in, some of it twice.
    private mutating func enter() throws {
        guard generator.chance(1, in: 8) else { return }
        let id = generator.chance(1, in: 4) ? oracle.given.keys.min() ?? freshID() : freshID()
        let amount = oracle.given[id] ?? Money(nanodollars: Int64(generator.integer(in: 1...5_000_000_000)))
        let fund: Fund = [.knowledge, .granted, .paid][Int(id.low % 3)]
        let receipt: EntryReceipt
        if id.low % 2 == 0 {
            receipt = try perform(Ledger.NotePayment(id, amount))
        } else {
            receipt = try perform(Ledger.AddCredit(id, fund, amount))
        }
        try #require(receipt.amount == amount)
        guard oracle.given.updateValue(amount, forKey: id) == nil else { return }
        if id.low % 2 == 0 { oracle.pay(amount) } else { oracle.give(fund, amount) }
    }

    private mutating func refund() throws {
        guard generator.chance(1, in: 3), let id = generator.pick(from: recent), let call = oracle.calls[id],
            call.fate == .settled, call.charged > call.refunded
        else { return }
        let left = Int(call.charged - call.refunded)
        let amount = generator.chance(1, in: 2) ? left : generator.integer(in: 1...left)
        _ = try perform(Ledger.Refund(freshID(), of: id, Money(nanodollars: Int64(amount))))
        oracle.refund(id, Int128(amount))
    }

    /// Stripe hears of it, or does not want to.
    private mutating func deliver() throws {
        guard let entry = ledger.outbox.first else { return }
        let name = entry.event.identifier
        if entry.refusal != nil {
            if generator.chance(1, in: 4) {
                let isCounted = generator.chance(1, in: 2)
                _ = try perform(Ledger.CloseFlush(name, isCounted: isCounted, note: "by hand"))
                return
            }
            _ = try perform(Ledger.RetryFlush(name, isMissing: generator.chance(1, in: 2)))
        }
        let outcome: MeterOutcome = generator.chance(1, in: 8) ? .refused("no_meter") : .delivered
        for _ in 0...generator.integer(below: 2) { _ = try perform(Ledger.EndFlush(name, outcome)) }
    }

    private mutating func pass() {
        var seconds = generator.integer(below: 400)
        if generator.chance(1, in: 20) {
            jumps += 1
            seconds = generator.integer(in: -40...40) * 86_400
        }
        now = WallTime(millisecondsSince1970: now.millisecondsSince1970 + Int64(seconds) * 1_000)
    }

    private mutating func changeTier() throws {
        tier = generator.chance(1, in: 2) ? .managed : .byok
        _ = try perform(Ledger.SetTier(tier, terms: terms))
        oracle.terms = row.oracle(of: tier)
    }

    /// The node dies: what is left is a snapshot of some time, and the journal since.
    private mutating func crash() throws {
        guard generator.chance(1, in: 16) else { return }
        crashes += 1
        var revived = try Ledger(wireBytes: snapshot)
        for (position, bytes) in tail { revived.apply(try Ledger.Event(wireBytes: bytes), at: position) }
        try #require(revived == ledger)
        ledger = revived
        if generator.chance(1, in: 3) {
            snapshot = ledger.wireBytes
            tail = []
        }
    }

    /// Whatever is still open ends, and once more everything is held against its journal.
    mutating func finish() throws {
        for id in oracle.calls.keys.sorted() where oracle.calls[id]?.fate == .held { try settle(id) }
        try compare()
        try #require(ledger.core.held == 0)
    }
}

/// A row of the policy, and beside it what the oracle goes by.
private struct PolicyRow {
    let version: String
    let local: Int64
    let managed: Int64
    let byok: Int64
    let knowledge: Int64
    let ceiling: Int64

    /// Dearer, cheaper, with a factor that makes halves, and with a ceiling below what may be owed by then.
    static let all = [
        PolicyRow(version: "v@1", local: 1_000, managed: 1_030, byok: 1_300, knowledge: 1_300, ceiling: 10_000),
        PolicyRow(version: "v@2", local: 1_001, managed: 1_035, byok: 1_450, knowledge: 1_299, ceiling: 12_000),
        PolicyRow(version: "v@3", local: 1_125, managed: 1_005, byok: 1_500, knowledge: 2_500, ceiling: 7_000),
    ]

    var terms: LedgerTerms {
        func tier(_ cloud: Int64, _ ceiling: Int64, _ basis: ChargeBasis = .whole) -> TierTerms {
            TierTerms(
                local: ChargeRate(thousandths: local),
                cloud: ChargeRate(thousandths: cloud, basis: basis),
                knowledge: ChargeRate(thousandths: knowledge),
                ceiling: Sample.money(ceiling)
            )
        }
        return LedgerTerms(
            version: version,
            flushThreshold: Sample.money(5_000),
            free: tier(managed, 0),
            managed: tier(managed, ceiling),
            byok: tier(byok, ceiling, .fee)
        )
    }

    func oracle(of tier: LedgerTier) -> OracleTerms {
        OracleTerms(
            local: Int128(local),
            cloud: Int128(tier == .byok ? byok : managed),
            knowledge: Int128(knowledge),
            isFeeAlone: tier == .byok,
            ceiling: Int128(ceiling) * 1_000_000
        )
    }
}
