/// The way to begin a streamed answer while its handler still waits for what it will say.
///
/// For answers that may take minutes to begin: whoever stands between takes a silent connection for dead, and a client
/// gives up. What has begun so is a success, whatever comes of it; so begin late, when a refusal is unlikely.
package struct EarlyAnswer: Sendable {
    private let exchange: ServerExchange

    init(_ exchange: ServerExchange) { self.exchange = exchange }

    /// Has `head` sent with the first piece that is written to what this returns; until the handler returns, by one
    /// task.
    ///
    /// What the handler then returns must be a stream, which goes on behind those pieces; its status and its fields,
    /// and what middleware adds to them, are left out. Anything else breaks the connection off.
    package func begin(_ head: HTTPResponse) async -> ResponseWriter {
        await exchange.beginEarly(head)
        return ResponseWriter(exchange)
    }
}
