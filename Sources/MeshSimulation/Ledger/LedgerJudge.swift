internal import MeshActors
internal import MeshChat
internal import MeshCore
internal import MeshLedger
internal import MeshTestKit

/// Says of one account whether what became durable, and what was answered, is what the oracle would have.
///
/// From the journal it takes the order of things, their times, and which of the things that were asked each of them
/// is; what they come to it works out by itself. So a thing that nobody asked for is found too.
struct LedgerJudge {
    /// How the account stood behind one entry of the journal.
    struct Moment {
        var available: Int128
        var ceiling: Int128
        var held: Int128
        var owed: Int128
        var postings: UInt64
        var tier: LedgerTier
        var suspension: Suspension?
    }

    /// What stays as it was when a call was begun.
    private struct Agreement {
        let tier: LedgerTier
        let version: String
        let expiresAt: WallTime
    }

    /// An entry that somebody has asked for.
    enum Entry: Hashable {
        case credit(Fund, Money)
        case refund(UniqueID)
        case correction(Fund, Money)
        case payment(Money)
    }

    let account: String
    let rows: [PlannedRow]
    private(set) var oracle = OracleAccount()
    private(set) var moments: [Moment]

    // What was asked.
    var calls: [UniqueID: [LedgerCall]] = [:]
    var lives: [UniqueID: Duration] = [:]
    var outcomes: [UniqueID: [SettledUsage]] = [:]
    var entries: [UniqueID: [Entry]] = [:]
    var tiers: Set<LedgerTier> = [.free]
    var stoppedByHand: Set<Suspension> = []
    var stops: [UniqueID: String?] = [:]
    var endedInvoices: Set<String> = []

    /// The latest time that any clock can have shown when something was decided.
    private var latestWallTime = WallTime(millisecondsSince1970: .min)

    // What has become durable.
    private var tier = LedgerTier.free
    private var version = ""
    private var agreed: [UniqueID: Agreement] = [:]
    private var reasons: Set<Suspension> = []
    private var unpaid: Set<String> = []
    private var stopped: Set<UniqueID> = []
    private var books: [Book: Int128] = [:]
    private var postings: UInt64 = 0
    private var firstUnflushed: UInt64 = 1
    private(set) var holds: [UniqueID: HoldReceipt] = [:]
    private(set) var charges: [UniqueID: ChargeReceipt] = [:]
    private(set) var made: [UniqueID: EntryReceipt] = [:]
    private(set) var voided: Set<UniqueID> = []
    private var guests: [String: Int128] = [:]
    private var flushes: [String: Int64] = [:]
    private var delivered: Set<String> = []
    private var flushedIn: [BillingPeriod: Int128] = [:]
    private var openPeriods: Set<BillingPeriod> = []
    private var lastClosed: BillingPeriod?
    private var grantedMonth: BillingPeriod?
    private(set) var expired = 0
    private(set) var late = 0

    init(account: String, rows: [PlannedRow]) {
        self.account = account
        self.rows = rows
        moments = [Moment(available: 0, ceiling: 0, held: 0, owed: 0, postings: 0, tier: .free, suspension: nil)]
    }

    /// Why it may not use what costs money: the last of them.
    private var suspension: Suspension? {
        let reasons = unpaid.isEmpty ? reasons : reasons.union([.paymentFailed])
        return reasons.max { $0.rawValue < $1.rawValue }
    }

    /// How the account stands.
    var moment: Moment {
        Moment(
            available: oracle.available,
            ceiling: oracle.terms.ceiling,
            held: oracle.held,
            owed: oracle.owed,
            postings: postings,
            tier: tier,
            suspension: suspension
        )
    }

    mutating func shows(_ time: WallTime) { latestWallTime = max(latestWallTime, time) }

    // MARK: The journal

    /// Takes in what has become durable; what is wrong with it, if anything is.
    mutating func take(_ event: Ledger.Event, at position: EventPosition) -> String? {
        let posting = event.posting
        if let posting, let problem = take(posting) { return problem }
        switch event {
        case .planned(let plan): return planned(plan)
        case .monthGranted(let posting): return granted(posting)
        case .reserved(let hold): return reserved(hold)
        case .settled(let settlement): return settled(settlement)
        case .voided(let id, let released):
            voided.insert(id)
            return ended(id, released, { $0.void(id) })
        case .expired(let id, let released):
            expired += 1
            guard oracle.open.contains(id) else { return "call \(id.low) expires, which nothing is set aside for" }
            if let agreed = agreed[id], agreed.expiresAt > latestWallTime { return "call \(id.low) expires too early" }
            return ended(id, released, { $0.expire(id) })
        case .entered(let entry): return entered(entry)
        case .covered(let posting):
            guard tier == .free else { return "what \(tier) owes is taken of what it paid" }
            return differ("what covers a debt", -posting[.paid], oracle.cover())
        case .suspended, .resumed, .stopped, .invoiceEnded, .reasonEnded: return stands(event)
        case .flushBegun(let event, let posting): return flushBegun(event, posting)
        case .flushEnded(let identifier, .delivered):
            return delivered.contains(identifier) ? nil : "\(identifier) is said to be told, and nobody was"
        case .flushClosed(let closed): return "\(closed.event.identifier) is closed, and nobody has asked for it"
        case .flushEnded, .flushRetried, .customerSet, .guestEnded: return nil
        case .periodClosed(let period, let posting): return closed(period, posting)
        }
    }

    /// Behind each entry of the journal, everything adds up.
    mutating func endOfEntry() -> String? {
        moments.append(moment)
        let funds: [(Book, Int128)] = [
            (.knowledge, oracle.funds[0]), (.granted, oracle.funds[1]), (.paid, oracle.funds[2]),
            (.metered, -oracle.unflushed), (.refunds, oracle.billed - charged),
        ]
        for (book, wanted) in funds {
            if let problem = differ("\(book)", books[book, default: 0], wanted) { return problem }
        }
        let owed = -(books[.metered, default: 0] + books[.flushed, default: 0] + books[.invoiced, default: 0])
        if let problem = differ("what is owed", owed, oracle.owed) { return problem }
        let parts = oracle.flushed + oracle.unflushed + oracle.credited
        return differ("what was flushed, was not, and credits paid for", parts, oracle.billed)
    }

    private var charged: Int128 { books[.upstream, default: 0] + books[.fee, default: 0] }

    private func differ(_ what: String, _ found: Int128, _ wanted: Int128) -> String? {
        found == wanted ? nil : "\(what) is \(found), and should be \(wanted)"
    }

    private mutating func take(_ posting: Posting) -> String? {
        var sum: Int128 = 0
        for leg in posting.legs {
            books[leg.book, default: 0] += leg.amount
            sum += leg.amount
        }
        guard sum == 0 else { return "posting \(posting.number) comes to \(sum)" }
        guard posting.number == postings + 1 else { return "posting \(posting.number) follows \(postings)" }
        postings = posting.number
        guard posting.kind != .invoice else { return nil }
        let period = period(of: posting.time)
        openPeriods.insert(posting.period)
        let isRight = posting.period == period
        return isRight ? nil : "posting \(posting.number) counts in \(posting.period), and should in \(period)"
    }

    /// The month of `time`, the first that is open where that one is closed, or the oldest where too many are open.
    private func period(of time: WallTime) -> BillingPeriod {
        let wanted = max(BillingPeriod(of: time), lastClosed?.next ?? BillingPeriod(of: time))
        guard openPeriods.count >= Limits.Ledger.maximumOpenPeriods, let oldest = openPeriods.min(), wanted < oldest
        else { return wanted }
        return oldest
    }

    private mutating func planned(_ plan: Ledger.Plan) -> String? {
        guard let row = rows.first(where: { $0.version == plan.policyVersion }) else {
            return "it goes by \(plan.policyVersion), which no policy has"
        }
        guard tiers.contains(plan.tier) else { return "it is \(plan.tier), and nobody has asked for it" }
        (tier, version) = (plan.tier, plan.policyVersion)
        oracle.terms = row[tier].terms
        oracle.isBilled = tier != .free
        if let problem = differ("the threshold", Int128(plan.flushThreshold.nanodollars), Int128(row.flushAt)) {
            return problem
        }
        return differ("the ceiling", Int128(plan.ceiling.nanodollars), oracle.terms.ceiling)
    }

    private mutating func granted(_ posting: Posting) -> String? {
        let month = BillingPeriod(of: posting.time)
        if let grantedMonth, grantedMonth >= month { return "it is granted something again in \(month)" }
        grantedMonth = month
        let amount = Money(clamping: posting[.granted])
        oracle.give(.granted, amount)
        let isKnown = rows.contains { $0[tier].grant == posting[.granted] && $0[tier].terms == oracle.terms }
        return isKnown ? nil : "it is granted \(posting[.granted]), which no policy has"
    }

    private mutating func reserved(_ hold: Hold) -> String? {
        let (id, call) = (hold.call.id, hold.call)
        guard calls[id]?.contains(call) ?? false else { return "call \(id.low) is held, and nobody has asked for it" }
        let fate = oracle.calls[id]?.fate
        guard fate == nil || fate == .voided else { return "call \(id.low) is held a second time" }
        let (worst, available) = (oracle.worst(of: call), oracle.available)
        let isFree = call.price.base == .free && call.price.long == nil
        if !isFree {
            guard available > 0, worst <= available else { return "\(worst) is set aside of \(available)" }
            guard suspension == nil || suspension == .ceiling else { return "a suspended account sets aside" }
        }
        if let guest = call.guest {
            let used = guests[guest.invite, default: 0] + worst
            guests[guest.invite] = used
            guard used <= Int128(guest.quota.nanodollars) else { return "a guest has \(used) of \(guest.quota)" }
        }
        agreed[id] = Agreement(tier: tier, version: version, expiresAt: hold.expiresAt)
        let life = hold.expiresAt.millisecondsSince1970 - hold.reservedAt.millisecondsSince1970
        guard let asked = lives[id], life == asked.wholeNanoseconds / 1_000_000, hold.policyVersion == version
        else { return "call \(id.low) is held until \(hold.expiresAt) by \(hold.policyVersion)" }
        oracle.hold(call, expiresAt: hold.expiresAt)
        holds[id] = hold.receipt
        guard hold.tier == tier else { return "call \(id.low) goes by \(hold.tier)" }
        if let problem = differ("a hold", Int128(hold.amount.nanodollars), worst) { return problem }
        return differ("what is left beside a hold", Int128(hold.available.nanodollars), available - worst)
    }

    /// A call has ended without a charge.
    private mutating func ended(
        _ id: UniqueID,
        _ released: Money,
        _ end: (inout OracleAccount) -> Void
    ) -> String? {
        let before = oracle.held
        end(&oracle)
        release(id, before - oracle.held)
        return differ("what is given back of call \(id.low)", Int128(released.nanodollars), before - oracle.held)
    }

    private mutating func release(_ id: UniqueID, _ amount: Int128) {
        guard let invite = oracle.calls[id]?.call.guest?.invite else { return }
        guests[invite, default: 0] -= amount
    }

    private mutating func settled(_ settlement: Ledger.Settlement) -> String? {
        let id = settlement.posting.id
        guard let posted = settlement.posting.call else { return "a charge of no call" }
        let used = SettledUsage(usage: posted.usage, end: posted.end, substitute: settlement.substitute)
        guard outcomes[id]?.contains(used) ?? false else { return "call \(id.low) used what nobody has told" }
        if used.end == .recorded, oracle.calls[id] == nil, let call = calls[id]?.first {
            oracle.hold(call, expiresAt: WallTime(millisecondsSince1970: .max))
        }
        let fate = oracle.calls[id]?.fate
        guard fate == .held || fate == .expired else { return "call \(id.low) is charged, and is not held" }
        if let problem = frozen(posted, id, used) { return problem }
        let before = oracle.held
        oracle.settle(id, used.usage, used.end, used.substitute)
        charges[id] = settlement.receipt
        guard let call = oracle.calls[id] else { return nil }
        release(id, before - oracle.held)
        if let invite = call.call.guest?.invite { guests[invite, default: 0] += call.charged }
        if posted.isLate { late += 1 }
        guard posted.isLate == (fate == .expired) else { return "call \(id.low) is late, or is not" }
        let receipt = settlement.receipt
        let released = used.end == .recorded ? 0 : before - oracle.held
        let parts = [
            receipt.funding.knowledge, receipt.funding.granted, receipt.funding.paid, receipt.funding.metered,
        ]
        guard parts.map({ Int128($0.nanodollars) }) == call.parts else {
            return "call \(id.low) is paid out of \(parts), and should be out of \(call.parts)"
        }
        let figures: [(String, Money, Int128)] = [
            ("the charge of call \(id.low)", receipt.charge.total, call.charged),
            ("what lies beyond the ceiling", posted.overdraft, call.overdraft),
            ("what is left behind a charge", receipt.available, oracle.available),
            ("what is given back", settlement.released, released),
        ]
        for (what, found, wanted) in figures {
            if let problem = differ(what, Int128(found.nanodollars), wanted) { return problem }
        }
        return nil
    }

    /// Whatever has changed since a call was begun: it is charged by what was agreed then.
    private func frozen(_ posted: PostedCall, _ id: UniqueID, _ used: SettledUsage) -> String? {
        let (tier, version) = agreed[id].map { ($0.tier, $0.version) } ?? (tier, version)
        guard posted.tier == tier, posted.policyVersion == version else {
            return "call \(id.low) goes by \(posted.tier) of \(posted.policyVersion), not \(tier) of \(version)"
        }
        let price = used.substitute?.price ?? oracle.calls[id]?.call.price
        return posted.priceVersion == price?.version ? nil : "call \(id.low) has the price \(posted.priceVersion)"
    }

    private mutating func entered(_ entry: Ledger.Entry) -> String? {
        let posting = entry.posting
        let amount = entry.receipt.amount
        guard made[posting.id] == nil else { return "entry \(posting.id.low) is made twice" }
        made[posting.id] = entry.receipt
        let asked = entries[posting.id] ?? []
        switch posting.kind {
        case .credit:
            guard let fund = Fund.allCases.first(where: { posting[$0.book] != 0 }),
                asked.contains(.credit(fund, amount))
            else { return "a credit that nobody has asked for" }
            oracle.give(fund, amount)
        case .correction:
            guard let fund = Fund.allCases.first(where: { posting[$0.book] != 0 }),
                asked.contains(.correction(fund, amount))
            else { return "a correction that nobody has asked for" }
            oracle.give(fund, amount)
        case .payment:
            guard asked.contains(.payment(amount)) else { return "a payment that nobody has made" }
            oracle.pay(amount)
        case .refund:
            guard let call = posting.of, asked.contains(.refund(call)), let known = oracle.calls[call] else {
                return "a refund that nobody has asked for"
            }
            let rest = known.charged - known.refunded
            guard Int128(amount.nanodollars) <= rest else { return "\(amount) is given back of \(rest)" }
            oracle.refund(call, Int128(amount.nanodollars))
        case .charge, .cover, .flush, .invoice: return "an entry that is a \(posting.kind)"
        }
        // What covers a debt comes in an event of its own behind this one.
        return nil
    }

    // MARK: Reasons to be stopped

    private mutating func stands(_ event: Ledger.Event) -> String? {
        switch event {
        case .suspended(.ceiling):
            reasons.insert(.ceiling)
            return oracle.spendable > 0 ? "it is suspended with \(oracle.spendable) to spend" : nil
        case .suspended(let reason):
            if reason == .paymentFailed { unpaid.insert("") } else { reasons.insert(reason) }
            return stoppedByHand.contains(reason) ? nil : "it is suspended, and nobody has asked for it"
        case .stopped(let stop):
            if let invoice = stop.invoice { unpaid.insert(invoice) } else { reasons.insert(.operatorStop) }
            guard stopped.insert(stop.id).inserted else { return "it is stopped twice for \(stop.id.low)" }
            guard let asked = stops[stop.id], asked == stop.invoice else { return "nobody has stopped it so" }
            return nil
        case .invoiceEnded(let invoice):
            unpaid.remove(invoice)
            let isAsked = invoice.isEmpty ? !endedInvoices.isEmpty : endedInvoices.contains(invoice)
            return isAsked ? nil : "\(invoice) is still to be paid"
        case .reasonEnded(.ceiling):
            reasons.remove(.ceiling)
            return oracle.spendable <= 0 ? "it goes on with nothing to spend" : nil
        case .reasonEnded(let reason):
            if reason == .paymentFailed { unpaid = [] } else { reasons.remove(reason) }
            return stoppedByHand.contains(reason) ? nil : "it goes on, and nobody has asked for it"
        default: return "accounts do not say \(event) any more"
        }
    }

    // MARK: Flushes and periods

    private mutating func flushBegun(_ event: MeterEvent, _ posting: Posting) -> String? {
        let name = "mesh|\(account)|usage|\(firstUnflushed)-\(postings - 1)|"
        guard event.identifier.hasPrefix(name) else { return "\(event.identifier) is told, and should be \(name)…" }
        guard flushes.updateValue(event.microdollars, forKey: event.identifier) == nil else {
            return "\(event.identifier) is begun twice"
        }
        firstUnflushed = postings + 1
        flushedIn[posting.period, default: 0] += Int128(event.microdollars) * 1_000
        let micros = oracle.flush()
        if let problem = differ("what is told", Int128(event.microdollars), micros) { return problem }
        return differ("what leaves for Stripe", -posting[.flushed], micros * 1_000)
    }

    /// Whoever bills has been told of `event`.
    mutating func told(_ event: MeterEvent) -> String? {
        guard let known = flushes[event.identifier] else { return "\(event.identifier) is told, and stands nowhere" }
        delivered.insert(event.identifier)
        return differ(event.identifier, Int128(event.microdollars), Int128(known))
    }

    private mutating func closed(_ period: BillingPeriod, _ posting: Posting?) -> String? {
        lastClosed = max(lastClosed ?? period, period)
        openPeriods = openPeriods.filter { $0 > period }
        let wanted = flushedIn.removeValue(forKey: period) ?? 0
        return differ("the invoice of \(period)", posting.map { -$0[.invoiced] } ?? 0, wanted)
    }
}
