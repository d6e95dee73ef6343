internal import MeshActors
internal import MeshCore
package import MeshLedger
package import MeshStripe

/// Holds what an account says Stripe was told of against what Stripe says it was told.
package struct StripeReconciliation: Sendable {
    private let office: LedgerOffice
    private let client: StripeClient
    private let meterID: String

    /// Asks `office` and the meter of that id.
    package init(office: LedgerOffice, client: StripeClient, meterID: String) {
        self.office = office
        self.client = client
        self.meterID = meterID
    }

    /// What both say of one account and one period, in millionths of a dollar.
    package struct Finding: Hashable, Sendable {
        /// The account.
        package let account: String
        /// Stripe's name for it; nil where it has none.
        package let customer: String?
        /// The period, by the time of the events.
        package let period: BillingPeriod
        /// What the account says it has told, or is still to tell.
        package let flushed: Int128
        /// What Stripe has.
        package let told: Int128
        /// Events that are not known to be delivered: so many may make a difference.
        package let outbox: Int

        /// What Stripe lacks; below nothing what it has too much.
        package var difference: Int128 { flushed - told }
        /// Whether both agree, or may as soon as what is on its way is delivered.
        package var agrees: Bool { difference == 0 || (outbox > 0 && difference > 0) }
    }

    /// What both say of `account` in `period`.
    package func look(at account: String, in period: BillingPeriod) async throws -> Finding {
        let balance = try await office.ask(Ledger.ShowBalance(), of: account)
        let usage = try await office.ask(Ledger.ShowUsage(period), of: account)
        var told: Int128 = 0
        if let customer = balance.customer {
            told = try await client.sum(ofMeter: meterID, customer: customer, from: period.start, to: period.end)
        }
        return Finding(
            account: account,
            customer: balance.customer,
            period: period,
            flushed: (usage?.told ?? 0) / 1_000,
            told: told,
            outbox: balance.outbox
        )
    }
}
