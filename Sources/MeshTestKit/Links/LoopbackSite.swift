internal import MeshCore
package import MeshHTTP
package import MeshIO

/// A handler of a test at a port of the loopback, and a client beside it; each on a loop of its own.
package struct LoopbackSite<Handler: HTTPHandler>: Sendable {
    /// Who answers.
    package let handler: Handler
    /// Where it answers: `http://127.0.0.1:4711/`.
    package let base: String
    /// Asks it, or anybody.
    package let client: HTTPClient
    /// The client's loop.
    package let loop: EventLoop

    /// The handler is made with the clock of its server's loop; all of it ends with `body`.
    package static func with(
        _ handler: (MachineClock) -> Handler,
        _ body: (LoopbackSite) async throws -> Void
    ) async throws {
        let (near, far) = (try EventLoop.start(name: "near"), try EventLoop.start(name: "far"))
        let clock = MachineClock(loop: far)
        let handler = handler(clock)
        let server = HTTPServer(
            loops: [far],
            handler: handler,
            clock: clock,
            logger: Logger(sink: VolatileLogSink(), clock: clock, minimumLevel: .info),
            generator: SeededGenerator(seed: 1)
        )
        let address = try await server.listen(at: .loopbackIPv4(port: 0))
        let client = try await HTTPClient(loop: near)
        let site = LoopbackSite(handler: handler, base: "http://\(address)/", client: client, loop: near)
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body(site)) } catch { outcome = .failure(error) }
        await client.close()
        await server.stop()
        for loop in [near, far] {
            loop.stop()
            await loop.ended()
        }
        try outcome.get()
    }
}
