internal import MeshCore
internal import MeshHTTP
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
        let (near, far) = (try EventLoop.start(name: "near"), try EventLoop.start(name: "far"))
        let clock = MachineClock(loop: far)
        let site = ScriptedStripe(script)
        let server = HTTPServer(
            loops: [far],
            handler: site,
            clock: clock,
            logger: Logger(sink: VolatileLogSink(), clock: clock, minimumLevel: .info),
            generator: SeededGenerator(seed: 1)
        )
        let address = try await server.listen(at: .loopbackIPv4(port: 0))
        let client = try await HTTPClient(loop: near)
        let outcome: Result<Void, any Error>
        do {
            var configuration = StripeClient.Configuration()
            configuration.base = "http://\(address)/"
            configuration.firstPause = .milliseconds(1)
            configuration.longestPause = .milliseconds(2)
            let shifted = ShiftedClock(MachineClock(loop: near))
            let stripe = try StripeClient(
                configuration,
                key: try secret("sk_test_secret"),
                client: client,
                clock: shifted,
                generator: SeededGenerator(seed: 2)
            )
            outcome = .success(try await body(StripeGround(client: stripe, site: site, clock: shifted)))
        } catch {
            outcome = .failure(error)
        }
        await client.close()
        await server.stop()
        for loop in [near, far] {
            loop.stop()
            await loop.ended()
        }
        try outcome.get()
    }

    /// The secret that `text` spells.
    package static func secret(_ text: String) throws(StripeError) -> StripeSecret {
        guard let secret = StripeSecret(Array(text.utf8)) else { throw StripeError(.unusable, "that is no secret") }
        return secret
    }
}
