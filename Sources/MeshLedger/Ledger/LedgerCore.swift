package import MeshCore
package import MeshWire

/// Why an account may not use what costs money.
package enum Suspension: UInt64, LedgerNumber, CaseIterable {
    /// It owes as much as it may; money that comes in ends it.
    case ceiling = 0
    /// Invoices are not paid; the end of the last one ends it.
    case paymentFailed = 1
    /// Somebody has stopped it, and must start it.
    case operatorStop = 2

    /// The word that people write: `payment_failed`.
    package var name: String {
        switch self {
        case .ceiling: "ceiling"
        case .paymentFailed: "payment_failed"
        case .operatorStop: "operator"
        }
    }

    /// The reason called `name`.
    package init?(name: String) {
        guard let reason = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = reason
    }
}

/// What all postings together come to, each by itself, so that the books can be held against them.
package struct LedgerTotals: Hashable, Sendable {
    /// Nano-dollars of charges.
    package internal(set) var charged: Int128 = 0
    /// Nano-dollars given back of them.
    package internal(set) var refunded: Int128 = 0
    /// Nano-dollars of charges that credits paid for, less what went back to credits.
    package internal(set) var creditFunded: Int128 = 0
    /// Nano-dollars that Stripe was told of.
    package internal(set) var flushed: Int128 = 0
    /// Nano-dollars on the invoices of closed periods.
    package internal(set) var invoiced: Int128 = 0

    /// Of no postings.
    package init() {}

    mutating func take(_ posting: Posting) {
        let credits = posting[.knowledge] + posting[.granted] + posting[.paid]
        switch posting.kind {
        case .charge:
            charged += posting[.upstream] + posting[.fee]
            creditFunded -= credits
        case .refund:
            refunded -= posting[.refunds]
            creditFunded -= credits
        case .cover: creditFunded -= credits
        case .flush: flushed -= posting[.flushed]
        case .invoice: invoiced -= posting[.invoiced]
        case .credit, .correction, .payment: break
        }
    }
}

/// The part of an account that every decision looks at: small, so that a decision can try events out on a copy.
package struct LedgerCore: Hashable, Sendable {
    /// What stands in each book.
    package private(set) var books = Books()
    /// What all postings come to.
    package private(set) var totals = LedgerTotals()
    /// What the account has agreed to.
    package private(set) var tier = LedgerPolicy.tierOfNewAccounts
    /// How much it may owe.
    package private(set) var ceiling = Money.zero
    /// From how much unflushed usage on Stripe is told.
    package private(set) var flushThreshold = Money.zero
    /// The row of the policy by which that is so; empty before there was any.
    package private(set) var policyVersion = ""
    /// For what it may not use what costs money.
    package private(set) var stops = Stops()
    /// How many postings there are.
    package private(set) var postings: UInt64 = 0
    /// Nano-dollars that are set aside.
    package private(set) var held: Int128 = 0
    /// Stripe's name for the account.
    package private(set) var customer: String?
    /// The month in which it was last given its grant.
    package private(set) var grantedMonth: BillingPeriod?
    /// The first posting of which Stripe has not been told.
    package private(set) var firstUnflushed: UInt64 = 1
    /// Nano-dollars of what is unflushed that somebody bills: what was used in another tier than ``LedgerTier/free``.
    package private(set) var billable: Int128 = 0
    /// Since when there is something unflushed; nil where there is nothing.
    package private(set) var unflushedSince: WallTime?
    /// Meter events that are not known to be delivered.
    package private(set) var outboxCount = 0
    /// Periods that take usage, the oldest first.
    package private(set) var open: [OpenPeriod] = []
    /// No period before this one takes any.
    package private(set) var firstOpen = BillingPeriod(month: 0)

    /// A period that is open, and what Stripe was told of in it.
    package struct OpenPeriod: Hashable, Sendable {
        /// The period.
        package let period: BillingPeriod
        /// Nano-dollars.
        package internal(set) var flushed: Int128 = 0
    }

    /// Why it may not use what costs money, the reason that is hardest to end; nil while it may.
    package var suspension: Suspension? { stops.worst }

    /// What could be spent if nothing were set aside; at or below nothing the account is at its ceiling.
    package var spendable: Int128 { books.credits + Int128(ceiling.nanodollars) - books.owed }

    /// What can be set aside.
    package var available: Int128 { spendable - held }

    /// Nano-dollars owed of which Stripe has not been told.
    package var unflushed: Int128 { -books[.metered] }

    /// Whole millionths of a dollar of what somebody bills, as one event can tell.
    package var flushableMicrodollars: Int64 {
        let most = Int128(Int64.max) / MeterEvent.nanodollars
        return Int64(clamping: min(most, billable / MeterEvent.nanodollars))
    }

    mutating func apply(_ event: Ledger.Event) {
        switch event {
        case .planned(let plan):
            tier = plan.tier
            ceiling = plan.ceiling
            flushThreshold = plan.flushThreshold
            policyVersion = plan.policyVersion
            if tier != .free { billable = max(0, unflushed) }
        case .reserved(let hold): held += Int128(hold.amount.nanodollars)
        case .settled(let settlement):
            held -= Int128(settlement.released.nanodollars)
            take(settlement.posting)
        case .voided(_, let released), .expired(_, let released):
            #if PLANTED_BUGS
            if PlantedBug.keepHeld.isOn { break }
            #endif
            held -= Int128(released.nanodollars)
        case .entered(let entry): take(entry.posting)
        case .covered(let posting): take(posting)
        case .monthGranted(let posting):
            take(posting)
            grantedMonth = BillingPeriod(of: posting.time)
        case .suspended(let reason): stops.begin(reason)
        case .resumed: stops.endAll()
        case .reasonEnded(let reason): stops.end(reason)
        case .stopped(let stop): stops.take(stop)
        case .invoiceEnded(let invoice): stops.end(invoice: invoice)
        case .customerSet(let name): customer = name
        case .flushBegun(_, let posting):
            take(posting)
            firstUnflushed = posting.number + 1
            outboxCount += 1
        case .flushEnded(_, .delivered), .flushClosed: outboxCount -= 1
        case .flushEnded(_, .refused), .flushRetried, .guestEnded: break
        case .periodClosed(let period, let posting):
            if let posting { take(posting) }
            open.removeAll { $0.period <= period }
            firstOpen = max(firstOpen, period.next)
        }
    }

    private mutating func take(_ posting: Posting) {
        books.take(posting.legs)
        totals.take(posting)
        postings = posting.number
        if posting.kind != .invoice { note(posting) }
        noteBillable(posting)
        if unflushed < MeterEvent.nanodollars {
            unflushedSince = nil
        } else {
            // A clock that was ahead once must not put the next flush off.
            unflushedSince = min(unflushedSince ?? posting.time, posting.time)
        }
    }

    /// In a tier that is billed all is, later too; in another one what was used before, and calls that began then.
    private mutating func noteBillable(_ posting: Posting) {
        let most = max(0, unflushed)
        let wasBilled = posting.call.map { $0.tier != .free } ?? false
        if posting.kind == .flush || wasBilled { billable -= posting[.metered] }
        billable = tier == .free ? max(0, min(billable, most)) : most
    }

    private mutating func note(_ posting: Posting) {
        if !open.contains(where: { $0.period == posting.period }) {
            let place = open.firstIndex { $0.period > posting.period } ?? open.count
            open.insert(OpenPeriod(period: posting.period), at: place)
        }
        guard posting.kind == .flush, let place = open.firstIndex(where: { $0.period == posting.period }) else {
            return
        }
        open[place].flushed -= posting[.flushed]
    }
}

extension LedgerCore: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 22)
        books.encode(into: &writer)
        for total in [totals.charged, totals.refunded, totals.creditFunded, totals.flushed, totals.invoiced] {
            writer.write(total)
        }
        tier.encode(into: &writer)
        writer.write(ceiling)
        writer.write(flushThreshold)
        writer.write(policyVersion)
        suspension.encode(into: &writer)
        writer.write(postings)
        writer.write(held)
        customer.encode(into: &writer)
        grantedMonth.encode(into: &writer)
        writer.write(firstUnflushed)
        (unflushedSince?.millisecondsSince1970).encode(into: &writer)
        writer.write(count: outboxCount)
        open.encode(into: &writer)
        firstOpen.encode(into: &writer)
        stops.encode(into: &writer)
        writer.write(billable)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        var tail = try reader.beginRecord(fields: 20)
        books = try Books(from: &reader)
        totals.charged = try reader.readInt128()
        totals.refunded = try reader.readInt128()
        totals.creditFunded = try reader.readInt128()
        totals.flushed = try reader.readInt128()
        totals.invoiced = try reader.readInt128()
        tier = try LedgerTier(from: &reader)
        ceiling = try reader.readMoney()
        flushThreshold = try reader.readMoney()
        policyVersion = try reader.readName()
        let reason = try Suspension?(from: &reader)
        postings = try reader.readUInt64()
        held = try reader.readInt128()
        customer = try reader.readOptionalName()
        grantedMonth = try BillingPeriod?(from: &reader)
        firstUnflushed = try reader.readUInt64()
        unflushedSince = try Int64?(from: &reader).map(WallTime.init(millisecondsSince1970:))
        outboxCount = try reader.readCount()
        open = try [OpenPeriod](from: &reader)
        firstOpen = try BillingPeriod(from: &reader)
        if let stops = try reader.readAppended(Stops.self, in: &tail) {
            self.stops = stops
        } else if let reason {
            // Of a time that had room for one reason.
            stops.begin(reason)
        }
        if tail.takesField() {
            billable = try reader.readInt128()
        } else if tier != .free {
            billable = max(0, unflushed)
        }
        try reader.endRecord(tail)
    }
}

extension LedgerCore.OpenPeriod: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 2)
        period.encode(into: &writer)
        writer.write(flushed)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 2)
        period = try BillingPeriod(from: &reader)
        flushed = try reader.readInt128()
        try reader.endRecord(tail)
    }
}
