import MeshChat
import MeshCore
import MeshDialects
import MeshHTTP
import MeshProviders
import MeshTestKit

/// A provider on the loopback that answers what a test says, and a client of it.
struct ProviderGround: Sendable {
    let provider: Provider
    let site: ScriptedSite

    /// Both end with `body`.
    static func with(
        _ dialect: ProviderConfiguration.Dialect,
        timeouts: ClientTimeouts? = nil,
        _ script: ScriptedSite.Script,
        _ body: (ProviderGround) async throws -> Void
    ) async throws {
        try await LoopbackSite.with { clock in
            ScriptedSite(script, clock: clock)
        } _: { site in
            var configuration = ProviderConfiguration(name: "p", dialect: dialect, base: site.base)
            configuration.key = ProviderKey(Array("secret-key".utf8))
            if let timeouts { configuration.timeouts = timeouts }
            let provider = try Provider(configuration, client: site.client)
            try await body(ProviderGround(provider: provider, site: site.handler))
        }
    }

    /// A request that says hello.
    static func request(isStreamed: Bool = true) throws -> GenerationRequest {
        var chat = ChatRequest(model: "m", messages: [ChatMessage(.user, "hello, hello, hello, hello")])
        chat.isStreamed = isStreamed
        return GenerationRequest(id: UniqueID(high: 0, low: 1), tenant: try TenantID("t"), model: "big-1", chat: chat)
    }
}

/// A site that answers every request with one script, and remembers what it was asked.
final class ScriptedSite: HTTPHandler {
    enum Script: Sendable {
        /// A stream of these pieces, which then ends.
        case stream([String])
        /// A stream of these pieces, which then breaks off.
        case broken([String])
        /// A stream of these pieces, behind which nothing comes.
        case silent([String])
        /// An answer that comes after this time, head and all.
        case late(Duration, String)
        /// An answer of this status and body.
        case whole(UInt16, String, HTTPFields = [:])
    }

    struct Asked: Sendable {
        var path: String
        var fields: HTTPFields
        var body: String
    }

    let asked = Watched<[Asked]>([])
    let cancelled = Watched<Int>(0)
    private let script: Script
    private let clock: any Clock

    init(_ script: Script, clock: any Clock) {
        self.script = script
        self.clock = clock
    }

    func respond(to request: HTTPRequest) async throws -> HTTPResponse {
        let body = try await request.body.collect(upTo: 1_000_000)
        asked.change {
            $0.append(
                Asked(path: request.target.text, fields: request.fields, body: String(decoding: body, as: UTF8.self))
            )
        }
        switch script {
        case .whole(let status, let text, let fields):
            var fields = fields
            fields.append(.contentType, "application/json")
            return HTTPResponse(HTTPStatus(status), fields: fields, body: .bytes(Array(text.utf8)))
        case .late(let wait, let text):
            try await clock.sleep(for: wait)
            return HTTPResponse(.ok, fields: [.contentType: "application/json"], body: .bytes(Array(text.utf8)))
        case .stream(let pieces): return stream(pieces) {}
        case .broken(let pieces): return stream(pieces) { throw HTTPError(.closed, "as the script says") }
        case .silent(let pieces):
            return stream(pieces) { [cancelled, clock] in
                defer { cancelled.change { $0 += 1 } }
                try await clock.sleep(for: .seconds(3_600))
            }
        }
    }

    private func stream(_ pieces: [String], _ end: @escaping @Sendable () async throws -> Void) -> HTTPResponse {
        HTTPResponse(
            .ok,
            fields: [.contentType: "text/event-stream; charset=utf-8"],
            body: .stream(length: nil) { writer in
                for piece in pieces { try await writer.write(piece) }
                try await end()
            }
        )
    }
}
