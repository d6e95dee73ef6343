internal import MeshActors
internal import MeshLedger
internal import MeshStripe

/// What the accounts of a hub know of Stripe.
package struct OfficeAccounts: StripeAccounts {
    private let office: LedgerOffice

    /// The accounts of `office`.
    package init(_ office: LedgerOffice) { self.office = office }

    package func customer(of account: String) async throws -> String? {
        try await office.ask(Ledger.ShowBalance(), of: account).customer
    }

    package func keep(customer: String, of account: String) async throws {
        _ = try await office.ask(Ledger.SetCustomer(customer), of: account)
    }
}
