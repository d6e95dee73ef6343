internal import MeshActors
package import MeshCore
internal import MeshLedger
internal import MeshStripe

/// What the accounts of a hub know of Stripe.
package struct OfficeAccounts: StripeAccounts {
    private let office: LedgerOffice

    /// The accounts of `office`.
    package init(_ office: LedgerOffice) { self.office = office }

    /// What the account has kept.
    package func customer(of account: String) async throws -> String? {
        try await office.ask(Ledger.ShowBalance(), of: account).customer
    }

    /// Has it keep one, unless it has one.
    package func keep(customer: String, of account: String) async throws -> String {
        try await office.ask(Ledger.KeepCustomer(customer), of: account)
    }

    /// What Stripe should have of it in that month.
    package func flushed(of account: String, inMonthOf time: WallTime) async throws -> Int128 {
        try await office.ask(Ledger.ShowTold(BillingPeriod(of: time)), of: account).told / 1_000
    }
}
