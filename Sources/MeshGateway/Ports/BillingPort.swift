package import MeshCore

/// The port to whoever bills, from outside: what it tells us, and where its customers look.
///
/// Asked by many at a time, on the loop of the listener; whoever asks waits for ``Limits/Gateway/webhookPatience``.
package protocol BillingPort: Sendable {
    /// Takes in what Stripe tells, of which `signature` says that it is Stripe's.
    ///
    /// What is `taken` is durable, and nothing happens when it comes again.
    func take(_ body: [UInt8], signature: String?) async -> WebhookOutcome

    /// Where whoever pays for `account` looks at invoices and changes how it pays.
    func portal(of account: TenantID) async throws(BillingProblem) -> String
}

/// What became of something that Stripe told.
package enum WebhookOutcome: Hashable, Sendable {
    /// It is done, or means nothing to us.
    case taken
    /// It is not Stripe's, or not of now; the words say which.
    case notSigned(String)
    /// It is signed and means nothing at all.
    case malformed
    /// Not now: Stripe tells it again.
    case notNow
}

/// Why there is no page of Stripe's for an account.
package enum BillingProblem: Error, Hashable, Sendable {
    /// Nobody bills here.
    case nobody
    /// Whoever bills does not answer as it should.
    case failed
}
