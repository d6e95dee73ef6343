package import MeshActors
package import MeshCore
package import MeshWire

/// An account that pays: what it has, owes and has set aside, what it used, and what Stripe is still to be told of.
///
///     reserve ──▶ held ──settle──▶ settled          every arrow from `held` gives back what was set aside;
///                  │ └───void───▶ voided            a charge is a posting, whose legs come to nothing
///                  └──time───▶ expired ──settle──▶ settled, late
///
/// Postings stand in the journal alone; the value has their sums. Money that is set aside stands in no book: it only
/// counts against what is available.
package struct Ledger: Journaled, Hashable {
    package static let kind = ActorKind("ledger")

    package static var commands: CommandTable<JournaledActor<Ledger>> {
        CommandTable()
            .accepting(Reserve.self)
            .accepting(Settle.self)
            .accepting(VoidHold.self)
            .accepting(Record.self)
            .accepting(AddCredit.self)
            .accepting(Refund.self)
            .accepting(Correct.self)
            .accepting(NotePayment.self)
            .accepting(SetTier.self)
            .accepting(Suspend.self)
            .accepting(Resume.self)
            .accepting(KeepCustomer.self)
            .accepting(EndGuest.self)
            .accepting(Flush.self)
            .accepting(EndFlush.self)
            .accepting(RetryFlush.self)
            .accepting(ClosePeriods.self)
            .accepting(LookAfter.self)
            .accepting(ShowBalance.self)
            .accepting(ShowUsage.self)
            .accepting(Verify.self)
            .accepting(StopFor.self)
            .accepting(EndInvoice.self)
            .accepting(ShowOutbox.self)
            .accepting(CloseFlush.self)
            .accepting(ShowTold.self)
    }

    /// Whose account it is: the key of the actor.
    package let account: String

    /// What every decision looks at.
    package private(set) var core = LedgerCore()

    /// What is set aside, by call.
    package private(set) var holds: [UniqueID: Hold] = [:]

    /// Calls that have ended.
    package private(set) var ended = EndedCalls()

    /// Credits, refunds, corrections and payments that are known.
    package private(set) var entries = KnownEntries()

    /// What guests have used, by their invites.
    package private(set) var guests: [String: GuestUse] = [:]

    /// What Stripe is still to be told of, the oldest first.
    package private(set) var outbox: [OutboxEntry] = []

    /// Usage by period, those that are closed too, the oldest first.
    package private(set) var periods: [PeriodUsage] = []

    package init(key: String) { account = key }

    /// What the guests of one invite have used.
    package struct GuestUse: Hashable, Sendable {
        /// What their calls came to.
        package internal(set) var spent = Money.zero
        /// What is set aside for them.
        package internal(set) var held = Money.zero
        /// Whether no further call of them is paid for; once nothing is set aside any more, it is forgotten.
        package internal(set) var isEnded = false
    }

    package mutating func apply(_ event: Event, at position: EventPosition) {
        core.apply(event)
        if let posting = event.posting { note(posting) }
        switch event {
        case .reserved(let hold):
            holds[hold.call.id] = hold
            if let guest = hold.call.guest {
                var use = guestUse(guest.invite)
                use.held = use.held + hold.amount
                #if PLANTED_BUGS
                if PlantedBug.forgetGuestHolds.isOn { use.held = .zero }
                #endif
                guests[guest.invite] = use
            }
        case .settled(let settlement): end(settlement)
        case .voided(let id, _): end(id) { _ in .voided }
        case .expired(let id, _):
            end(id) { hold in
                #if PLANTED_BUGS
                if PlantedBug.forgetExpired.isOn { return .voided }
                #endif
                return .expired(hold)
            }
        case .entered(let entry):
            entries.note(
                KnownEntry(
                    id: entry.posting.id,
                    fingerprint: entry.fingerprint,
                    time: entry.posting.time,
                    receipt: entry.receipt
                )
            )
            if entry.posting.kind == .refund, let call = entry.posting.of {
                ended.refunded(call, Money(clamping: -entry.posting[.refunds]))
            }
        case .flushBegun(let event, let posting):
            outbox.append(OutboxEntry(event: event, position: position))
            note(event, of: posting.period)
        case .flushEnded(let identifier, .delivered): outbox.removeAll { $0.event.identifier == identifier }
        case .flushEnded(let identifier, .refused(let word)):
            change(identifier) { $0.refusal = word }
        case .flushRetried(let identifier, let lookedAt):
            change(identifier) { entry in
                entry.refusal = nil
                entry.position = position
                if let lookedAt { entry.event = entry.event.missed(at: lookedAt) }
            }
        case .flushClosed(let closed):
            outbox.removeAll { $0.event.identifier == closed.event.identifier }
            if !closed.isCounted { usage(inMonthOf: closed.event) { $0.leaves(closed.event) } }
        case .periodClosed(let period, _): close(period)
        case .guestEnded(let invite):
            guests[invite]?.isEnded = true
            release(.zero, for: invite)
        case .planned, .covered, .monthGranted, .suspended, .resumed, .customerSet, .stopped, .invoiceEnded,
            .reasonEnded:
            break
        }
    }

    package var pendingEffects: [PendingEffect<MeterEvent>] {
        outbox.filter { $0.refusal == nil }.map { PendingEffect(at: $0.position, $0.event) }
    }

    package var nextAlarm: Alarm<Ledger>? {
        let times = [earliestExpiry, flushTime, core.open.first?.period.end.moved(by: Limits.Ledger.closingGrace)]
        return times.compactMap { $0 }.min().map { Alarm(at: $0, LookAfter()) }
    }

    package var approximateBytes: Int {
        let rows = periods.reduce(0) { $0 + $1.rowCount }
        let known = ended.count * 320 + entries.entries.count * 96 + outbox.count * 256
        let stops = core.stops.known.count * 32 + core.stops.unpaid.count * 64
        return 4_096 + holds.count * 640 + known + rows * 224 + guests.count * 128 + stops
    }

    /// When the first hold stops counting; nil where nothing is set aside.
    package var earliestExpiry: WallTime? { holds.values.lazy.map(\.expiresAt).min() }

    /// When Stripe is told of what is unflushed, however little it is; nil where nothing can be told.
    package var flushTime: WallTime? {
        guard core.flushableMicrodollars > 0, core.outboxCount < Limits.Ledger.maximumOutbox else { return nil }
        return core.unflushedSince?.moved(by: Limits.Ledger.longestUnflushed)
    }

    func guestUse(_ invite: String) -> GuestUse { guests[invite] ?? GuestUse() }

    private mutating func note(_ posting: Posting) {
        if posting.kind == .invoice { return }
        if let place = periods.lastIndex(where: { $0.period == posting.period }) {
            periods[place].take(posting)
            return
        }
        var usage = PeriodUsage(posting.period)
        usage.take(posting)
        periods.insert(usage, at: periods.firstIndex { $0.period > posting.period } ?? periods.count)
    }

    /// Stripe has `event` in the month of its time; a clock that was ahead has closed that one, and here it counts in
    /// the next.
    private mutating func note(_ event: MeterEvent, of period: BillingPeriod) {
        guard period != BillingPeriod(of: event.time) else { return }
        if let place = periods.firstIndex(where: { $0.period == period }) { periods[place].leaves(event) }
        usage(inMonthOf: event) { $0.comes(event) }
    }

    /// Changes the row of the month in which Stripe has `event`, as long as that month is known.
    private mutating func usage(inMonthOf event: MeterEvent, _ change: (inout PeriodUsage) -> Void) {
        let period = BillingPeriod(of: event.time)
        guard let place = periods.firstIndex(where: { $0.period == period }) else { return }
        change(&periods[place])
    }

    private mutating func close(_ period: BillingPeriod) {
        for place in periods.indices where periods[place].period <= period && !periods[place].isClosed {
            periods[place] = periods[place].rolledUp()
        }
        let closed = periods.count { $0.isClosed }
        periods.removeFirst(max(0, closed - Limits.Ledger.maximumClosedPeriods))
    }

    private mutating func end(_ settlement: Settlement) {
        let posting = settlement.posting
        if let call = posting.call, let invite = call.invite {
            if call.end == .recorded, guests[invite] == nil { guests[invite] = GuestUse() }
            let spent = guestUse(invite).spent + settlement.receipt.charge.total
            guests[invite]?.spent = spent
            release(settlement.released, for: invite)
        }
        #if PLANTED_BUGS
        if !PlantedBug.chargeAgain.isOn { holds[posting.id] = nil }
        #else
        holds[posting.id] = nil
        #endif
        let settled = SettledCall(outcome: settlement.outcome, receipt: settlement.receipt, refunded: .zero)
        ended.note(EndedCall(id: posting.id, fingerprint: settlement.call, fate: .settled(settled)))
    }

    /// Without a charge.
    private mutating func end(_ id: UniqueID, _ fate: (Hold) -> EndedCall.Fate) {
        guard let hold = holds.removeValue(forKey: id) else {
            guard let call = ended[id], case .expired(let hold) = call.fate else { return }
            ended.note(EndedCall(id: id, fingerprint: call.fingerprint, fate: fate(hold)))
            return
        }
        if let guest = hold.call.guest { release(hold.amount, for: guest.invite) }
        ended.note(EndedCall(id: id, fingerprint: hold.call.fingerprint, fate: fate(hold)))
    }

    private mutating func release(_ amount: Money, for invite: String) {
        Self.release(amount, for: invite, in: &guests)
    }

    /// What was set aside for a guest is not any more; an invite that has ended is forgotten with the last of it.
    static func release(_ amount: Money, for invite: String, in guests: inout [String: GuestUse]) {
        guard var use = guests[invite] else { return }
        use.held = use.held - amount
        guests[invite] = use.isEnded && use.held == .zero ? nil : use
    }

    private mutating func change(_ identifier: String, _ change: (inout OutboxEntry) -> Void) {
        guard let place = outbox.firstIndex(where: { $0.event.identifier == identifier }) else { return }
        change(&outbox[place])
    }
}

extension Ledger {
    /// Writes the snapshot.
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 8)
        writer.write(account)
        core.encode(into: &writer)
        writer.write(list: holds.values.sorted { $0.call.id < $1.call.id })
        ended.encode(into: &writer)
        entries.encode(into: &writer)
        guests.encode(into: &writer)
        outbox.encode(into: &writer)
        periods.encode(into: &writer)
    }

    /// Reads the snapshot.
    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 8)
        account = try reader.readText()
        core = try LedgerCore(from: &reader)
        for hold in try [Hold](from: &reader) { holds[hold.call.id] = hold }
        ended = try EndedCalls(from: &reader)
        entries = try KnownEntries(from: &reader)
        guests = try [String: GuestUse](from: &reader)
        outbox = try [OutboxEntry](from: &reader)
        periods = try [PeriodUsage](from: &reader)
        try reader.endRecord(tail)
    }
}

extension Ledger.GuestUse: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 3)
        writer.write(spent)
        writer.write(held)
        writer.write(isEnded)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 3)
        spent = try reader.readMoney()
        held = try reader.readMoney()
        isEnded = try reader.readBool()
        try reader.endRecord(tail)
    }
}
