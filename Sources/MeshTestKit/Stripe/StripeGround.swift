internal import MeshCore
internal import MeshIO
package import MeshStripe

/// A double of Stripe on the loopback that answers what a test says, and a client of it.
package struct StripeGround: Sendable {
    /// Asks the double, with pauses of a millisecond.
    package let client: StripeClient
    /// The double.
    package let site: ScriptedStripe
    /// The clock of whoever asks.
    package let clock: ShiftedClock

    /// All of it ends with `body`.
    package static func with(
        _ script: @escaping ScriptedStripe.Script,
        _ body: (StripeGround) async throws -> Void
    ) async throws {
        try await LoopbackSite.with { _ in
            ScriptedStripe(script)
        } _: { site in
            var configuration = StripeClient.Configuration()
            configuration.base = site.base
            configuration.firstPause = .milliseconds(1)
            configuration.longestPause = .milliseconds(2)
            let clock = ShiftedClock(MachineClock(loop: site.loop))
            let client = try StripeClient(
                configuration,
                key: try secret("sk_test_secret"),
                client: site.client,
                clock: clock,
                generator: SeededGenerator(seed: 2)
            )
            try await body(StripeGround(client: client, site: site.handler, clock: clock))
        }
    }

    /// The secret that `text` spells.
    package static func secret(_ text: String) throws(StripeError) -> StripeSecret {
        guard let secret = StripeSecret(Array(text.utf8)) else { throw StripeError(.unusable, "that is no secret") }
        return secret
    }
}
