package import MeshLedger

/// What an account says of one period that Stripe was told, or is to be told, in millionths of a dollar.
package struct LedgerStatement: Hashable, Sendable {
    /// Whose.
    package let account: String
    /// Stripe's name for it; nil where it has none.
    package let customer: String?
    /// Of when.
    package let period: BillingPeriod
    /// All of it.
    package let flushed: Int128
    /// Of this, what may still be on its way: the most that Stripe may lack without anything being wrong.
    package let waiting: Int128
    /// Of this, what Stripe did not take, and people look at.
    package let refused: Int128

    /// A statement of these figures.
    package init(
        account: String,
        customer: String?,
        period: BillingPeriod,
        flushed: Int128,
        waiting: Int128,
        refused: Int128
    ) {
        self.account = account
        self.customer = customer
        self.period = period
        self.flushed = flushed
        self.waiting = waiting
        self.refused = refused
    }

    /// That of an account that has told `flushed` in `period`, and has `outbox` still to tell, of whatever period.
    init(account: String, customer: String?, period: BillingPeriod, flushed: Int128, outbox: [OutboxEntry]) {
        let open = outbox.filter { BillingPeriod(of: $0.event.time) == period }
        func sum(isRefused: Bool) -> Int128 {
            open.reduce(0) { $0 + (($1.refusal != nil) == isRefused ? Int128($1.event.microdollars) : 0) }
        }
        self.init(
            account: account,
            customer: customer,
            period: period,
            flushed: flushed,
            waiting: sum(isRefused: false),
            refused: sum(isRefused: true)
        )
    }
}
