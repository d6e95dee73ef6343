internal import MeshActors
package import MeshCore
package import MeshStripe

/// Has a customer made at Stripe for each account that begins to pay, behind whoever has put it in its tier.
///
/// Nobody waits for Stripe, and nothing is refused because Stripe is not there: what fails here is made up for when the
/// account is first told of, or pays ahead.
package final class StripeSignUps: Sendable {
    private let waiting = Intake<String>(capacity: Limits.Accounts.maximumSignUps)
    private let customers: StripeCustomers
    private let logger: Logger

    /// Customers are made by `customers`.
    package init(_ customers: StripeCustomers, logger: Logger) {
        self.customers = customers
        self.logger = logger
    }

    /// `account` pays for what it uses from now on.
    package func note(_ account: String) {
        guard !waiting.offer(account) else { return }
        log(account, "too many wait for Stripe")
    }

    /// Has customers made, one after the other, until the calling task is cancelled; call it once.
    package func run() async {
        while let account = await waiting.next() {
            do { _ = try await customers.customer(of: account) } catch { log(account, StripeDesk.words(error)) }
        }
    }

    private func log(_ account: String, _ reason: String) {
        let fields = [LogField(.account, .text(account)), LogField(.reason, .text(reason))]
        logger.log(.warning, .customerDeferred, fields)
    }
}

extension LogEvent {
    static let customerDeferred = LogEvent("stripe.customer-deferred")
}
