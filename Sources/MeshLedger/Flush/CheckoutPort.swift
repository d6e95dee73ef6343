package import MeshCore

/// The port to whoever takes money ahead: Stripe's pages of payment.
package protocol CheckoutPort: Sendable {
    /// Where a person pays `amount`, whole cents, for `account`: a URL that is for this one payment.
    ///
    /// The account has the money once the payment is told to us, not before. Throws what another try may mend.
    func checkout(_ account: String, _ amount: Money) async throws -> String
}
