package import MeshCore

/// The port to what our accounts know of Stripe.
package protocol StripeAccounts: Sendable {
    /// Stripe's name for `account`, where the account has one.
    func customer(of account: String) async throws -> String?

    /// Has `account` keep Stripe's name for it, and returns the one it keeps: the first that it was ever given.
    ///
    /// It is durable when this returns.
    func keep(customer: String, of account: String) async throws -> String

    /// Millionths of a dollar of all meter events of `account` in the month of `time`, those on their way too, without
    /// those that are billed by hand.
    func flushed(of account: String, inMonthOf time: WallTime) async throws -> Int128
}

/// Stripe's names for accounts: asked of the account, and made where it has none.
package struct StripeCustomers: Sendable {
    private let client: StripeClient
    let accounts: any StripeAccounts

    /// Made through `client`, kept by `accounts`.
    package init(client: StripeClient, accounts: any StripeAccounts) {
        self.client = client
        self.accounts = accounts
    }

    /// Stripe's name for `account`.
    ///
    /// Two who ask at once, and who asks again after a crash, are told one customer: the one that the account kept
    /// first. Stripe itself may have made more, for what it makes has a key that is the account's, but the key is
    /// renewed where Stripe failed in the middle; those are left behind without usage.
    package func customer(of account: String) async throws -> String {
        if let known = try await accounts.customer(of: account) { return known }
        let made = try await client.createCustomer(for: account)
        return try await accounts.keep(customer: made, of: account)
    }
}
