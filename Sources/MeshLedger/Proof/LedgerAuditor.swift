package import MeshActors
internal import MeshChat
internal import MeshCore

/// Reads an account's journal from its beginning, believes nothing, and says what does not hold.
///
/// It adds up the legs of postings by itself, prices every charge again from what its hold says, and is told the value
/// at the end, whose figures came about in another way.
package struct LedgerAuditor: Sendable {
    private var books = Books()
    private var replayed: Ledger
    private var held: [UniqueID: Hold] = [:]
    private var expired: [UniqueID: Hold] = [:]
    private var last: UInt64 = 0
    private var closedBefore: BillingPeriod?
    private var found: [LedgerFault] = []

    /// What Stripe is still to be told of, in millionths of a dollar, by name.
    private var waiting: [String: Int64] = [:]

    /// Nano-dollars: what was charged, given back of it, paid by credits, told to Stripe, put on invoices.
    private var charged: Int128 = 0
    private var refunded: Int128 = 0
    private var credited: Int128 = 0
    private var metered: [BillingPeriod: Int128] = [:]
    private var invoiced: [BillingPeriod: Int128] = [:]

    /// How many events it has read.
    package private(set) var events = 0

    /// Faults beyond so many are not listed: one that matters comes first.
    private static let mostFaults = 64

    /// An auditor of `account`, whose journal is about to be read.
    package init(account: String) { replayed = Ledger(key: account) }

    /// Reads the next event of the journal.
    package mutating func take(_ event: Ledger.Event, at position: EventPosition) {
        events += 1
        switch event {
        case .reserved(let hold):
            held[hold.call.id] = hold
            let worst = cost(hold.call.price, hold.call.worst, hold.rate)
            let least = min(worst, Int128(hold.amount.nanodollars))
            expect(.charge, "what a hold is short of", worst, least)
        case .voided(let id, _):
            held[id] = nil
            expired[id] = nil
        case .expired(let id, _): expired[id] = held.removeValue(forKey: id)
        case .settled(let settlement): take(settlement)
        case .entered, .covered, .monthGranted, .flushBegun, .periodClosed: break
        case .flushEnded(let identifier, .delivered): waiting[identifier] = nil
        case .flushClosed(let closed):
            // What was told already, or never begun, nobody can close.
            let open = waiting.removeValue(forKey: closed.event.identifier) ?? 0
            expect(.invoices, "\(closed.event.identifier), closed", Int128(closed.event.microdollars), Int128(open))
        case .planned, .suspended, .resumed, .customerSet, .flushEnded, .flushRetried, .guestEnded: break
        case .stopped, .invoiceEnded, .reasonEnded: break
        }
        if let posting = event.posting { take(posting) }
        if case .flushBegun(let event, let posting) = event {
            waiting[event.identifier] = event.microdollars
            let told = Int128(event.microdollars) * 1_000
            expect(.invoices, event.identifier, told, -posting[.flushed])
            metered[posting.period, default: 0] += told
        }
        if case .periodClosed(let period, let posting) = event {
            invoiced[period, default: 0] += posting.map { -$0[.invoiced] } ?? 0
            expect(.invoices, "the invoice of \(period)", invoiced[period] ?? 0, metered[period] ?? 0)
            closedBefore = max(closedBefore ?? period.next, period.next)
        }
        replayed.apply(event, at: position)
    }

    /// What does not hold of the journal, and of `ledger`, which it is said to give.
    package func verdict(on ledger: Ledger) -> [LedgerFault] {
        var auditor = self
        let core = ledger.core
        for book in Book.allCases { auditor.expect(.replay, "\(book)", core.books[book], books[book]) }
        auditor.expect(.replay, "postings", Int128(core.postings), Int128(last))
        let heldSum = held.values.reduce(Int128(0)) { $0 + Int128($1.amount.nanodollars) }
        auditor.expect(.replay, "held", core.held, heldSum)
        let told = metered.values.reduce(0, +)
        auditor.expect(.usage, "usage", told - books[.metered] + credited, charged - refunded)
        auditor.expect(.usage, "charged", core.totals.charged, charged)
        auditor.expect(.invoices, "flushed", core.totals.flushed, told)
        auditor.expect(.invoices, "invoiced", core.totals.invoiced, invoiced.values.reduce(0, +))
        if ledger != replayed {
            auditor.found.append(LedgerFault(rule: .replay, detail: "the account is not what its journal says"))
        }
        return auditor.found + LedgerProof.faults(of: ledger)
    }

    private mutating func take(_ settlement: Ledger.Settlement) {
        let posting = settlement.posting
        guard let call = posting.call else {
            found.append(LedgerFault(rule: .charge, detail: "posting \(posting.number) charges no call"))
            return
        }
        let hold = held.removeValue(forKey: posting.id) ?? expired.removeValue(forKey: posting.id)
        let total = Int128(settlement.receipt.charge.total.nanodollars)
        if let hold {
            let rate = hold.terms.rate(of: settlement.substitute?.kind ?? hold.call.kind)
            let price = settlement.substitute?.price ?? hold.call.price
            expect(.charge, "posting \(posting.number)", total, cost(price, call.usage, rate))
            expect(.charge, "the multiplier", Int128(call.rate.thousandths), Int128(rate.thousandths))
        } else if call.end != .recorded {
            found.append(LedgerFault(rule: .charge, detail: "posting \(posting.number) had no hold"))
        }
        expect(.charge, "the legs of posting \(posting.number)", posting[.upstream] + posting[.fee], total)
        charged += total
    }

    private mutating func take(_ posting: Posting) {
        expect(.order, "a posting's number", Int128(posting.number), Int128(last + 1))
        last = posting.number
        expect(.sum, "posting \(posting.number)", posting.sum, 0)
        if let closedBefore, posting.kind != .invoice, posting.period < closedBefore {
            found.append(LedgerFault(rule: .order, detail: "posting \(posting.number) is in a closed period"))
        }
        books.take(posting.legs)
        let credits = posting[.knowledge] + posting[.granted] + posting[.paid]
        switch posting.kind {
        case .charge, .cover: credited -= credits
        case .refund:
            credited -= credits
            refunded -= posting[.refunds]
        case .credit, .correction, .flush, .invoice, .payment: break
        }
    }

    /// What `usage` costs, come by without ``Charge``: quotient and remainder by hand.
    private func cost(_ price: ModelPrice, _ usage: ChatUsage, _ rate: ChargeRate) -> Int128 {
        let rates = price.rates(ofPromptTokens: usage.promptTokens)
        var exact = Int128(usage.inputTokens) * Int128(rates.input)
        exact += Int128(usage.outputTokens) * Int128(rates.output)
        exact += Int128(usage.cacheReadTokens) * Int128(rates.cacheRead)
        exact += Int128(usage.cacheWriteTokens) * Int128(rates.cacheWrite)
        exact += Int128(usage.longCacheWriteTokens) * Int128(rates.longCacheWrite)
        exact *= Int128(rate.basis == .whole ? rate.thousandths : rate.thousandths - 1_000)
        let whole = exact / 1_000_000_000
        let rest = exact % 1_000_000_000
        let isUp = rest > 500_000_000 || rest == 500_000_000 && whole % 2 == 1
        return min(whole + (isUp ? 1 : 0), Int128(Int64.max))
    }

    private mutating func expect(_ rule: LedgerFault.Rule, _ what: String, _ left: Int128, _ right: Int128) {
        guard left != right, found.count < Self.mostFaults else { return }
        found.append(LedgerFault(rule: rule, detail: "\(what): \(left), and not \(right)"))
    }
}
