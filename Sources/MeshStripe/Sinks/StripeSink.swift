package import MeshCore
package import MeshLedger

/// Tells a meter of Stripe's of usage, each event once.
///
///     event ──customer?──▶ older than a day? ──yes──▶ in Stripe's sums? ──yes──▶ delivered
///                                 │ no                       │ no
///                                 └──────────▶ send ◀────────┘     400 "already exists" is delivered too
///
/// What is stamped ahead of our clock is not sent: it waits for an hour at most, and beyond that people look.
///
/// Any event may have been sent before: by a life that ended between the sending and our knowing of it.
package final class StripeSink: MeterSink {
    /// Which meter.
    package struct Meter: Hashable, Sendable {
        /// The name of its events.
        package var eventName: String
        /// Stripe's id of it, by which sums are asked; without one, events older than a day are left to people.
        package var id: String?

        /// The meter whose events are called `eventName`.
        package init(eventName: String, id: String?) {
            self.eventName = eventName
            self.id = id
        }
    }

    private let client: StripeClient
    private let customers: StripeCustomers
    private let meter: Meter
    private let clock: any Clock
    private let told = Lock(ToldMinutes())

    /// Tells `meter`.
    package init(client: StripeClient, customers: StripeCustomers, meter: Meter, clock: any Clock) {
        self.client = client
        self.customers = customers
        self.meter = meter
        self.clock = clock
    }

    /// Refuses what has no customer: nobody says whose it is.
    package func tell(_ event: MeterEvent) async throws -> MeterOutcome {
        guard let customer = event.customer else { return .refused("no_customer") }
        return try await tell(event, ofCustomer: customer, account: nil)
    }

    /// Has a customer made first, where the event knows none.
    package func tell(_ event: MeterEvent, of account: String) async throws -> MeterOutcome {
        let customer: String
        if let known = event.customer {
            customer = known
        } else {
            customer = try await customers.customer(of: account)
        }
        return try await tell(event, ofCustomer: customer, account: account)
    }

    private func tell(
        _ event: MeterEvent,
        ofCustomer customer: String,
        account: String?
    ) async throws -> MeterOutcome {
        let key = ToldMinutes.Key(customer: customer, minute: event.time.minute)
        let now = clock.wallTime
        // It was begun while this machine's clock was wrong: nobody waits for the year that it showed.
        if event.time.isAhead(of: now, by: Limits.Stripe.longestFuture) { return .refused("in_future") }
        if event.time.isAhead(of: now, by: Limits.Stripe.futureTolerance) {
            throw StripeError(.unwell, "the event is stamped ahead of this machine's clock: it waits for its time")
        }
        switch MeterRules.step(for: event, wasSent: true, now: now) {
        case .send: break
        case .tooOld: return .refused("too_old")
        case .reconcile:
            switch try await search(for: event, key, account) {
            case nil: return .refused("older_than_a_day")
            case .present: return delivered(event, key)
            case .unclear: return .refused("unclear_in_summaries")
            case .absent:
                // What is not there and cannot be told any more is for people.
                let step = MeterRules.step(for: event, wasSent: false, now: clock.wallTime)
                guard step == .send else { return .refused("too_old") }
            }
        }
        let answer = try await client.tell(event, of: customer, meter: meter.eventName)
        let refusal = answer.refusal
        switch MeterRules.verdict(status: answer.status, code: refusal.code, message: refusal.message) {
        case .ended(.delivered): return delivered(event, key)
        case .ended(let outcome): return outcome
        case .again:
            _ = try answer.content()
            throw StripeError(.unwell, "Stripe does not take the event now: status \(answer.status)")
        }
    }

    /// Whether Stripe has `event`; nil where it cannot be asked.
    private func search(
        for event: MeterEvent,
        _ key: ToldMinutes.Key,
        _ account: String?
    ) async throws -> MeterSearch.Verdict? {
        guard let id = meter.id else { return nil }
        let minute = WallTime(millisecondsSince1970: key.minute * 60_000)
        let end = WallTime(millisecondsSince1970: (key.minute + 1) * 60_000)
        let sum = try await client.sum(ofMeter: id, customer: key.customer, from: minute, to: end)
        let others = told.withLock { $0[key] }
        let verdict = MeterSearch.verdict(value: event.microdollars, sum: sum, others: others)
        guard verdict == .unclear, let account else { return verdict }
        let month = BillingPeriod(of: event.time)
        let all = try await client.sum(ofMeter: id, customer: key.customer, from: month.start, to: month.end)
        let flushed = try await customers.accounts.flushed(of: account, inMonthOf: event.time)
        return MeterSearch.verdict(value: event.microdollars, sum: all, flushed: flushed)
    }

    private func delivered(_ event: MeterEvent, _ key: ToldMinutes.Key) -> MeterOutcome {
        told.withLock { $0.note(event.microdollars, key) }
        return .delivered
    }
}

extension WallTime {
    /// Whether it is later than `now` by more than `bound`, of whole seconds.
    fileprivate func isAhead(of now: WallTime, by bound: Duration) -> Bool {
        Int128(millisecondsSince1970) - Int128(now.millisecondsSince1970) > Int128(bound.components.seconds) * 1_000
    }
}
