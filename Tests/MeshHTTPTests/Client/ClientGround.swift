import MeshCore
import MeshHTTP
import MeshIO
import MeshTestKit

/// A client, and a server that does what it is told, for one test.
struct ClientGround: Sendable {
    let client: HTTPClient
    let server: ScriptedServer
    let clock: MachineClock
    let events: Watched<[ClientEvent]>

    /// Each with a loop of its own; they end with `body`.
    static func with(
        _ scripts: [ScriptedServer.Step]...,
        accepts: Bool = true,
        configuration: ClientConfiguration = ClientConfiguration(),
        _ body: (ClientGround) async throws -> Void
    ) async throws {
        let (near, far) = (try EventLoop.start(name: "client"), try EventLoop.start(name: "server"))
        let server = try await far.run { try ScriptedServer(far, accepts: accepts, scripts: scripts) }
        let recorder = Recorder()
        let client = try await HTTPClient(loop: near, configuration: configuration, observer: recorder)
        let clock = MachineClock(loop: near)
        let ground = ClientGround(client: client, server: server, clock: clock, events: recorder.events)
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body(ground)) } catch { outcome = .failure(error) }
        await client.close()
        try await far.run { server.close() }
        for loop in [near, far] {
            loop.stop()
            await loop.ended()
        }
        try outcome.get()
    }

    /// A request for `target` of the server.
    func request(_ method: HTTPMethod = .get, _ target: String = "/", _ scheme: String = "http") throws -> ClientRequest
    {
        ClientRequest(method, try ClientURL("\(scheme)://127.0.0.1:\(server.port)\(target)"))
    }

    /// The answer to a request, with all of its body.
    func answer(_ request: ClientRequest) async throws -> (response: ClientResponse, body: String) {
        let response = try await client.send(request)
        let bytes = try await response.body.collect(upTo: 1_000_000)
        return (response, String(decoding: bytes, as: UTF8.self))
    }

    /// The error that a request ends with, before its head or in its body; nil where it does not.
    func failure(_ request: ClientRequest) async -> HTTPError? {
        do throws(HTTPError) {
            _ = try await client.send(request).body.collect(upTo: 1_000_000)
            return nil
        } catch {
            return error
        }
    }

    private final class Recorder: ClientObserver {
        let events = Watched<[ClientEvent]>([])

        func observe(_ event: ClientEvent) { events.change { $0.append(event) } }
    }
}

extension ClientConfiguration {
    /// The defaults, with these changes.
    static func with(_ change: (inout ClientConfiguration) -> Void) -> ClientConfiguration {
        var configuration = ClientConfiguration()
        change(&configuration)
        return configuration
    }
}

/// A body of these pieces; then it ends, or fails.
final class PiecedBody: RequestBodySource {
    private let pieces: Lock<[[UInt8]]>
    private let failure: HTTPError?

    init(_ pieces: [String], failure: HTTPError? = nil) {
        self.pieces = Lock(pieces.map { Array($0.utf8) })
        self.failure = failure
    }

    var left: Int { pieces.withLock { $0.count } }

    func next() async throws(HTTPError) -> [UInt8]? {
        let piece = pieces.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        if piece == nil, let failure { throw failure }
        return piece
    }
}

let okHead = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
