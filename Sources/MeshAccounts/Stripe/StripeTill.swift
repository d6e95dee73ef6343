package import MeshCore
internal import MeshLedger
package import MeshStripe

/// Pages of Stripe's for people who pay: for a top-up, and to look at invoices.
package struct StripeTill: CheckoutPort {
    private let client: StripeClient
    private let customers: StripeCustomers
    private let pages: Pages
    private let clock: any Clock
    private let generator: Lock<SeededGenerator>

    /// Where Stripe sends people afterwards.
    package struct Pages: Hashable, Sendable {
        /// Who has paid, or has looked.
        package var success: String
        /// Who has not paid.
        package var cancel: String

        /// These two.
        package init(success: String, cancel: String) {
            self.success = success
            self.cancel = cancel
        }
    }

    /// Pages by `client` for `customers`; `generator` draws the ids by which each is asked for once.
    package init(
        client: StripeClient,
        customers: StripeCustomers,
        pages: Pages,
        clock: any Clock,
        generator: SeededGenerator
    ) {
        self.client = client
        self.customers = customers
        self.pages = pages
        self.clock = clock
        self.generator = Lock(generator)
    }

    /// Has a page made for a top-up of whole cents.
    package func checkout(_ account: String, _ amount: Money) async throws -> String {
        let cents = amount.nanodollars / Self.nanodollarsOfACent
        guard cents > 0, cents * Self.nanodollarsOfACent == amount.nanodollars else {
            throw StripeError(.refused, "only whole cents can be paid")
        }
        let topUp = StripeClient.TopUp(
            account: account,
            customer: try await customers.customer(of: account),
            cents: cents,
            successURL: pages.success,
            cancelURL: pages.cancel
        )
        return try await client.createCheckout(topUp, request: draw()).url
    }

    /// Where whoever pays for `account` looks at invoices and changes how it pays.
    package func portal(of account: String) async throws -> String {
        let customer = try await customers.customer(of: account)
        return try await client.createPortal(for: customer, returnURL: pages.success, request: draw()).url
    }

    private func draw() -> UniqueID {
        let now = clock.wallTime
        return generator.withLock { UniqueID(at: now, using: &$0) }
    }

    private static let nanodollarsOfACent: Int64 = 10_000_000
}
