internal import MeshActors
internal import MeshCore
internal import MeshLedger
internal import MeshTestKit

/// Whoever runs the hub, and Stripe's messages: credits, payments, tiers, stops, flushes and the ends of months.
struct SimulatedOperator: Sendable {
    let plan: LedgerPlan
    let office: SimulatedOffice
    let history: LedgerHistory
    let figures: Lock<LedgerFigures>
    let counts: Lock<[LedgerWorldFault: Int]>

    /// Opens every account: puts it in a tier, and pays something in.
    func open(_ generator: SeededGenerator) async {
        var generator = generator
        for (number, account) in plan.accounts.enumerated() {
            await setTier(generator.pick(from: LedgerTier.allCases) ?? .managed, of: account, &generator)
            let amount = Money(nanodollars: Int64(generator.integer(in: 1...9_000_000_000)))
            let id = UniqueID(high: 9_000, low: UInt64(number))
            await give(id, .credit(.paid, amount), to: account, &generator)
        }
    }

    /// Does what the plan lets happen, until `end`.
    func work(until end: Instant, _ generator: SeededGenerator) async {
        var generator = generator
        var number: UInt64 = 0
        while office.clock.now < end, !Task.isCancelled, let account = generator.pick(from: plan.accounts) {
            await rest(.milliseconds(generator.integer(in: 20...2_500)))
            number += 1
            switch generator.integer(below: 10) {
            case ..<4 where plan.faults.contains(.entries):
                let again = number > 1 && generator.chance(1, in: 4)
                let id = UniqueID(high: 9_001, low: again ? UInt64(generator.integer(in: 1...Int(number))) : number)
                await give(id, draw(id, &generator), to: account, &generator)
            case 4 where plan.faults.contains(.tiers):
                await setTier(generator.pick(from: LedgerTier.allCases) ?? .byok, of: account, &generator)
            case 5 where plan.faults.contains(.suspensions):
                await stop(account, &generator)
            case 6: _ = await office.ask(Ledger.Flush(), of: account)
            case 7: _ = await office.ask(Ledger.ClosePeriods(through: BillingPeriod(of: lastMonth)), of: account)
            default: await look(account)
            }
        }
    }

    /// What the account shows is how it stood meanwhile.
    func look(_ account: String) async {
        let moment = history.now(account)
        guard case .done(let balance) = await office.ask(Ledger.ShowBalance(), of: account) else { return }
        history.answered(account, "with a balance") { $0.check(balance, since: moment) }
    }

    /// Puts the account in `tier`.
    private func setTier(_ tier: LedgerTier, of account: String, _ generator: inout SeededGenerator) async {
        counts.withLock { $0[.tiers, default: 0] += 1 }
        history.asks(account, "to be \(tier.name)") { $0.tiers.insert(tier) }
        await insist(account, &generator) { () -> LedgerAnswer<Balance> in
            guard let terms = office.terms else { return .open }
            return await office.ask(Ledger.SetTier(tier, terms: terms), of: account)
        }
    }

    private func stop(_ account: String, _ generator: inout SeededGenerator) async {
        counts.withLock { $0[.suspensions, default: 0] += 1 }
        let reasons = [Suspension.paymentFailed, .operatorStop]
        history.asks(account, "to stop") { $0.stoppedByHand.formUnion(reasons) }
        let reason: Suspension = generator.chance(1, in: 2) ? .paymentFailed : .operatorStop
        await insist(account, &generator) { await office.ask(Ledger.Suspend(reason), of: account) }
        let invoices = generator.chance(1, in: 2) ? ["in_1", "in_2"] : ["in_3"]
        for invoice in invoices { await stop(account, for: invoice, &generator) }
        if generator.chance(1, in: 4) { await stop(account, for: nil, &generator) }
        await rest(.milliseconds(generator.integer(in: 10...3_000)))
        for invoice in invoices where generator.chance(3, in: 4) {
            history.asks(account, "to end \(invoice)") { $0.endedInvoices.insert(invoice) }
            let end = Ledger.EndInvoice(invoice, isPaid: generator.chance(1, in: 2))
            await insist(account, &generator) { await office.ask(end, of: account) }
            // What was told before is told again, late.
            await stop(account, for: invoice, &generator)
        }
        for reason in reasons {
            await insist(account, &generator) { await office.ask(Ledger.Resume(reason), of: account) }
        }
    }

    /// Stops it under an id, which comes more than once: the second time it does nothing.
    private func stop(_ account: String, for invoice: String?, _ generator: inout SeededGenerator) async {
        let id = UniqueID(named: "stop|\(account)|\(invoice ?? "")|\(generator.integer(below: 3))")
        history.asks(account, "to stop for \(invoice ?? "people")") { $0.stops[id] = .some(invoice) }
        await insist(account, &generator) { await office.ask(Ledger.StopFor(id, invoice: invoice), of: account) }
    }

    /// The entry of an id: the same id is the same entry, unless it is meant to be another one.
    private func draw(_ id: UniqueID, _ generator: inout SeededGenerator) -> LedgerJudge.Entry {
        let isOther = plan.faults.contains(.conflicts) && generator.chance(1, in: 8)
        var own = SeededGenerator(seed: plan.seed &+ id.low &+ (isOther ? 1 << 32 : 0))
        let amount = Money(nanodollars: Int64(own.integer(in: 1...2_000_000_000)))
        let fund = own.pick(from: Fund.allCases) ?? .paid
        return switch own.integer(below: 4) {
        case 0: .payment(amount)
        case 1: .correction(fund, own.chance(1, in: 2) ? amount : -amount)
        default: .credit(fund, amount)
        }
    }

    private func give(
        _ id: UniqueID,
        _ entry: LedgerJudge.Entry,
        to account: String,
        _ generator: inout SeededGenerator
    ) async {
        counts.withLock { $0[.entries, default: 0] += 1 }
        figures.withLock { $0.entries += 1 }
        history.asks(account, "to enter \(entry)") { $0.entries[id, default: []].append(entry) }
        await insist(account, &generator) { () -> LedgerAnswer<EntryReceipt> in
            let answer: LedgerAnswer<EntryReceipt> =
                switch entry {
                case .credit(let fund, let amount): await office.ask(Ledger.AddCredit(id, fund, amount), of: account)
                case .correction(let fund, let amount):
                    await office.ask(Ledger.Correct(id, fund, by: amount, note: "by hand"), of: account)
                case .payment(let amount): await office.ask(Ledger.NotePayment(id, amount), of: account)
                case .refund(let call): await office.ask(Ledger.Refund(id, of: call), of: account)
                }
            history.answered(account, "the entry \(id.high).\(id.low)") { $0.check(answer, toEntry: id) }
            return answer
        }
    }

    private func insist<Reply>(
        _ account: String,
        _ generator: inout SeededGenerator,
        _ ask: () async -> LedgerAnswer<Reply>
    ) async {
        for _ in 0..<Limits.LedgerWorld.insistentTries where !Task.isCancelled {
            if case .open = await ask() {
                await rest(.milliseconds(generator.integer(in: 1...1_500)))
            } else {
                return
            }
        }
        if !Task.isCancelled { history.fail("liveness", "\(account) never answers an operator") }
    }

    private var lastMonth: WallTime {
        WallTime(millisecondsSince1970: office.clock.wallTime.millisecondsSince1970 - 31 * 86_400_000)
    }

    private func rest(_ duration: Duration) async { try? await office.clock.sleep(for: duration) }
}
