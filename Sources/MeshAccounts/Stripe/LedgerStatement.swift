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
}
