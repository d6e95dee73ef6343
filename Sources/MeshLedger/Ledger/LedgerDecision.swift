internal import MeshActors
internal import MeshChat
internal import MeshCore

/// A decision in the making: what the account would be after the events that it has said so far.
struct LedgerDecision {
    private let state: Ledger
    private(set) var core: LedgerCore
    /// Holds that this decision has ended because their time is over.
    private var expired: [Hold] = []
    let now: WallTime

    init(_ state: Ledger, now: WallTime) {
        self.state = state
        core = state.core
        self.now = now
    }

    mutating func emit(_ event: Ledger.Event, _ turn: inout Turn<Ledger>) {
        core.apply(event)
        turn.emit(event)
    }

    /// What can be set aside, as money.
    var available: Money { Money(clamping: core.available) }

    // MARK: Terms

    /// The account goes by `terms` from here on; they say the tier of one that has never gone by any.
    mutating func plan(_ terms: LedgerTerms, tier: LedgerTier? = nil, _ turn: inout Turn<Ledger>) {
        let tier = tier ?? (core.policyVersion.isEmpty ? terms.newAccounts : core.tier)
        let plan = Ledger.Plan(
            tier: tier,
            ceiling: terms[tier].ceiling,
            flushThreshold: terms.flushThreshold,
            policyVersion: terms.version
        )
        let isSame =
            plan.tier == core.tier && plan.ceiling == core.ceiling && plan.policyVersion == core.policyVersion
            && plan.flushThreshold == core.flushThreshold
        if !isSame { emit(.planned(plan), &turn) }
        grant(terms[tier].grant, &turn)
    }

    /// The tier's grant, once in each month; a clock that goes back brings none a second time.
    private mutating func grant(_ amount: Money, _ turn: inout Turn<Ledger>) {
        let month = BillingPeriod(of: now)
        guard amount > .zero, core.grantedMonth.map({ $0 < month }) ?? true else { return }
        let id = UniqueID(named: "grant|\(state.account)|\(month)")
        let posting = posting(id, .credit, [Leg(.granted, amount), Leg(.issued, -amount)], note: "grant", &turn)
        emit(.monthGranted(posting), &turn)
    }

    // MARK: Postings

    /// A posting of now, in a period that is open.
    mutating func posting(
        _ id: UniqueID,
        _ kind: PostingKind,
        _ legs: [Leg],
        call: PostedCall? = nil,
        of: UniqueID? = nil,
        note: String = "",
        _ turn: inout Turn<Ledger>
    ) -> Posting {
        let period = period(&turn)
        return Posting(
            number: core.postings + 1,
            id: id,
            kind: kind,
            time: now,
            period: period,
            legs: legs,
            call: call,
            of: of,
            note: note.cut(toBytes: Limits.Ledger.maximumNoteBytes)
        )
    }

    /// The period of now, or the oldest that is open where that one is closed or older than all of them.
    private mutating func period(_ turn: inout Turn<Ledger>) -> BillingPeriod {
        let wanted = max(BillingPeriod(of: now), core.firstOpen)
        guard core.open.count >= Limits.Ledger.maximumOpenPeriods, let oldest = core.open.first?.period,
            !core.open.contains(where: { $0.period == wanted })
        else { return wanted }
        guard wanted > oldest else { return oldest }
        close(oldest, &turn)
        return wanted
    }

    /// No more usage comes into `period`; what Stripe was told of in it is its invoice.
    mutating func close(_ period: BillingPeriod, _ turn: inout Turn<Ledger>) {
        let flushed = core.open.first { $0.period == period }?.flushed ?? 0
        guard flushed != 0 else {
            emit(.periodClosed(period, nil), &turn)
            return
        }
        let posting = Posting(
            number: core.postings + 1,
            id: UniqueID(named: "invoice|\(state.account)|\(period)"),
            kind: .invoice,
            time: now,
            period: period,
            legs: [Leg(.flushed, flushed), Leg(.invoiced, -flushed)]
        )
        emit(.periodClosed(period, posting), &turn)
    }

    /// Charges a call: its one posting, and what follows from it.
    mutating func charge(_ use: UsedCall, _ turn: inout Turn<Ledger>) -> ChargeReceipt {
        let (call, used) = (use.call, use.used)
        #if PLANTED_BUGS
        let charge = Self.capped(Charge(used.usage, at: use.price, rate: use.rate), use.released)
        #else
        let charge = Charge(used.usage, at: use.price, rate: use.rate)
        #endif
        let funding = Funding(of: charge.total, from: core.books)
        let legs = funding.legs(-1) + [Leg(.upstream, charge.upstream), Leg(.fee, charge.fee)]
        var after = core.books
        after.take(legs)
        let overdraft = min(funding.metered, Money(clamping: max(0, after.owed - Int128(core.ceiling.nanodollars))))
        let posted = PostedCall(
            model: used.substitute?.model ?? call.model,
            asked: used.substitute == nil ? nil : call.model,
            kind: use.kind,
            tier: use.tier,
            rate: use.rate,
            policyVersion: use.policyVersion,
            priceVersion: use.price.version,
            usage: used.usage,
            end: used.end,
            place: call.place,
            invite: call.guest?.invite,
            overdraft: overdraft,
            isLate: use.isLate,
            charge: charge
        )
        let posting = posting(call.id, .charge, legs, call: posted, &turn)
        let left = core.available + Int128(use.released.nanodollars) - Int128(charge.total.nanodollars)
        let receipt = ChargeReceipt(
            charge: charge,
            funding: funding,
            overdraft: overdraft,
            available: Money(clamping: left)
        )
        let settlement = Ledger.Settlement(
            posting: posting,
            released: use.released,
            call: call.fingerprint,
            substitute: used.substitute,
            outcome: used.fingerprint,
            receipt: receipt
        )
        emit(.settled(settlement), &turn)
        if charge.total > .zero, !core.stops.isAtCeiling, core.spendable <= 0 { emit(.suspended(.ceiling), &turn) }
        flush(force: false, &turn)
        return receipt
    }

    #if PLANTED_BUGS
    private static func capped(_ charge: Charge, _ most: Money) -> Charge {
        guard PlantedBug.dropOverdraft.isOn, most > .zero, charge.total > most else { return charge }
        return Charge(upstream: min(charge.upstream, most), total: most)
    }
    #endif

    /// Makes a credit, a refund, a correction or a payment, once.
    mutating func enter(
        _ id: UniqueID,
        _ kind: PostingKind,
        _ amount: Money,
        _ legs: [Leg],
        fingerprint: UInt64,
        of: UniqueID? = nil,
        note: String = "",
        _ turn: inout Turn<Ledger>
    ) throws(LedgerRefusal) -> EntryReceipt {
        guard state.entries.hasRoom(at: now) else { throw .tooManyEntries }
        let posting = posting(id, kind, legs, of: of, note: note, &turn)
        var after = core
        after.apply(.covered(posting))
        let receipt = EntryReceipt(number: posting.number, amount: amount, available: Money(clamping: after.available))
        emit(.entered(Ledger.Entry(posting: posting, fingerprint: fingerprint, receipt: receipt)), &turn)
        cover(&turn)
        look(&turn)
        return receipt
    }

    /// Nobody bills who pays nothing: what it owes all the same is taken of what it pays ahead.
    private mutating func cover(_ turn: inout Turn<Ledger>) {
        let amount = min(core.books[.paid], core.unflushed)
        guard core.tier == .free, amount > 0 else { return }
        let id = UniqueID(named: "cover|\(state.account)|\(core.postings)")
        let posting = posting(id, .cover, [Leg(.paid, -amount), Leg(.metered, amount)], &turn)
        emit(.covered(posting), &turn)
    }

    /// Ends what the ceiling forbids.
    mutating func look(_ turn: inout Turn<Ledger>) {
        if core.stops.isAtCeiling, core.spendable > 0 { emit(.reasonEnded(.ceiling), &turn) }
    }

    // MARK: Flush

    /// Whether usage that Stripe does not know yet is worth telling by now.
    private var isFlushDue: Bool {
        guard let since = core.unflushedSince else { return false }
        return core.billable >= Int128(core.flushThreshold.nanodollars)
            || since.moved(by: Limits.Ledger.longestUnflushed) <= now
    }

    /// Has Stripe told of what is unflushed, where that is due, or asked for; whole millionths of a dollar, the rest
    /// waits for the next one.
    ///
    /// In the tier ``LedgerTier/free`` too, of what was used before.
    @discardableResult
    mutating func flush(force: Bool, _ turn: inout Turn<Ledger>) -> MeterEvent? {
        let value = core.flushableMicrodollars
        guard value > 0, force || isFlushDue, core.outboxCount < Limits.Ledger.maximumOutbox
        else { return nil }
        let event = MeterEvent(
            account: state.account,
            range: core.firstUnflushed...max(core.firstUnflushed, core.postings),
            microdollars: value,
            time: now,
            customer: core.customer
        )
        #if PLANTED_BUGS
        let amount = PlantedBug.flushWithRest.isOn ? core.unflushed : Int128(value) * MeterEvent.nanodollars
        #else
        let amount = Int128(value) * MeterEvent.nanodollars
        #endif
        let legs = [Leg(.metered, amount), Leg(.flushed, -amount)]
        emit(.flushBegun(event, posting(UniqueID(named: event.identifier), .flush, legs, &turn)), &turn)
        return event
    }

    // MARK: Time

    /// Holds that have lived long enough stop counting.
    mutating func expireHolds(_ turn: inout Turn<Ledger>) {
        guard let earliest = state.earliestExpiry, earliest <= now else { return }
        let due = state.holds.values.filter { $0.expiresAt <= now }.sorted { $0.call.id < $1.call.id }
        for hold in due { emit(.expired(hold.call.id, released: hold.amount), &turn) }
        expired += due
    }

    /// How many calls are held.
    var holdCount: Int { state.holds.count - expired.count }

    /// What guests have used, by their invites.
    var guests: [String: Ledger.GuestUse] {
        var guests = state.guests
        for hold in expired {
            guard let invite = hold.call.guest?.invite else { continue }
            Ledger.release(hold.amount, for: invite, in: &guests)
        }
        return guests
    }

    /// Periods that ended long enough ago take no more usage.
    mutating func closePeriods(_ turn: inout Turn<Ledger>) {
        for open in core.open where open.period.end.moved(by: Limits.Ledger.closingGrace) <= now {
            close(open.period, &turn)
        }
    }
}

/// A call and what it used, by the terms that hold for it.
struct UsedCall {
    let call: LedgerCall
    let tier: LedgerTier
    let terms: TierTerms
    let policyVersion: String
    let used: SettledUsage
    let released: Money
    let isLate: Bool

    init(_ hold: Hold, _ used: SettledUsage, isLate: Bool) {
        call = hold.call
        tier = hold.tier
        terms = hold.terms
        policyVersion = hold.policyVersion
        self.used = used
        released = isLate ? .zero : hold.amount
        self.isLate = isLate
    }

    /// Told after the fact.
    init(_ call: LedgerCall, _ used: SettledUsage, by terms: LedgerTerms, _ tier: LedgerTier) {
        self.call = call
        self.tier = tier
        self.terms = terms[tier]
        policyVersion = terms.version
        self.used = used
        released = .zero
        isLate = false
    }

    var price: ModelPrice {
        #if PLANTED_BUGS
        if PlantedBug.priceOfTheAsked.isOn { return call.price }
        #endif
        return used.substitute?.price ?? call.price
    }
    var kind: UseKind { used.substitute?.kind ?? call.kind }
    var rate: ChargeRate { terms.rate(of: kind) }
}
