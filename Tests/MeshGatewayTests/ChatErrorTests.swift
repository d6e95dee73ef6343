import MeshAPI
import MeshChat
import MeshCore
import MeshDialects
import MeshGateway
import MeshHTTP
import MeshJSON
import MeshTestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct `Errors of chats` {
    /// The class, the status, and what OpenAI's and Anthropic's SDKs read of it.
    static let classes: [(ChatErrorCode, UInt16, (String, String?), String)] = [
        (.malformed, 400, ("invalid_request_error", nil), "invalid_request_error"),
        (.unsupported, 400, ("invalid_request_error", "unsupported_value"), "invalid_request_error"),
        (.contextExceeded, 400, ("invalid_request_error", "context_length_exceeded"), "invalid_request_error"),
        (.unauthenticated, 401, ("invalid_request_error", "invalid_api_key"), "authentication_error"),
        (.paymentRequired, 402, ("insufficient_quota", "credit_balance_exhausted"), "billing_error"),
        (.forbidden, 403, ("invalid_request_error", "permission_denied"), "permission_error"),
        (.unknownModel, 404, ("invalid_request_error", "model_not_found"), "not_found_error"),
        (.unknownAdapter, 404, ("invalid_request_error", "adapter_not_found"), "not_found_error"),
        (.conflict, 409, ("invalid_request_error", "conflict"), "conflict_error"),
        (.tooLarge, 413, ("invalid_request_error", "request_too_large"), "request_too_large"),
        (.rateLimited, 429, ("rate_limit_error", "rate_limit_exceeded"), "rate_limit_error"),
        (.engineFailed, 500, ("server_error", "engine_failed"), "api_error"),
        (.upstreamFailed, 502, ("server_error", "upstream_failed"), "api_error"),
        (.upstreamMalformed, 502, ("server_error", "upstream_malformed"), "api_error"),
        (.upstreamCredentials, 502, ("server_error", "upstream_credentials"), "api_error"),
        (.upstreamBilling, 502, ("server_error", "upstream_billing"), "api_error"),
        (.unavailable, 503, ("server_error", "unavailable"), "api_error"),
        (.overloaded, 503, ("server_error", "overloaded"), "overloaded_error"),
        (.timedOut, 504, ("server_error", "timeout"), "timeout_error"),
    ]

    @Test func `are told in the words of the dialect, before an answer and within a stream`() async throws {
        try await GatewayGround.run { ground in
            for (code, status, open, anthropic) in Self.classes {
                for streamed in [false, true] {
                    let first = try await ground.chat(.openAI, "fail-\(code.rawValue)", streamed: streamed)
                    #expect(first.status == status, "\(code)")
                    #expect(try (first.error.type, first.error.code) == open, "\(code)")
                    let second = try await ground.chat(.anthropic, "fail-\(code.rawValue)", streamed: streamed)
                    #expect(second.status == (code == .overloaded ? 529 : status), "\(code)")
                    #expect(try second.error.type == anthropic && second.json["type"]?.text == "error", "\(code)")
                    #expect(try second.json["request_id"]?.text == second["x-request-id"], "\(code)")
                    #expect(second["request-id"] == second["x-request-id"] && first["request-id"] == nil, "\(code)")
                    let isWorthIt = code.isWorthAnotherTry
                    #expect(first["retry-after"] == (isWorthIt ? "7" : nil), "\(code)")
                    #expect(second["retry-after"] == (isWorthIt ? "7" : nil), "\(code)")
                }
                let broken = try await ground.chat(.openAI, "break-\(code.rawValue)", streamed: true)
                let last = try JSONReader.read(Array(try #require(broken.data.last).utf8))
                #expect(broken.status == 200 && last["error"]?["type"]?.text == open.0, "\(code)")
                let other = try await ground.chat(.anthropic, "break-\(code.rawValue)", streamed: true)
                #expect(other.text.contains("event: error\n") && other.text.contains("\"\(anthropic)\""), "\(code)")
            }
            let limited = try await ground.chat(.openAI, "fail-rateLimited")
            #expect(limited["x-ratelimit-remaining-requests"] == "0")
        }
    }

    @Test func `that others than the port refuse look the same`() async throws {
        try await GatewayGround.run { ground in
            for dialect in ChatDialect.both {
                func expect(
                    _ answer: ChatAnswered,
                    _ status: UInt16,
                    _ code: String?,
                    _ type: String,
                    _ location: Testing.SourceLocation = #_sourceLocation
                ) throws {
                    let error = try answer.error
                    #expect(answer.status == status, sourceLocation: location)
                    #expect(error.message?.isEmpty == false, sourceLocation: location)
                    if dialect == .openAI {
                        #expect(error.code == code, sourceLocation: location)
                    } else {
                        #expect(error.type == type, sourceLocation: location)
                        #expect(answer["request-id"] != nil, sourceLocation: location)
                    }
                    #expect(answer["cache-control"] == "no-store", sourceLocation: location)
                }
                let fields = dialect.fields
                for body in ["", "{", "[]", "{}", #"{"model":7}"#] {
                    let answer = try await ground.take(.post, dialect.path, fields, body: .bytes(Array(body.utf8)))
                    try expect(answer, 400, nil, "invalid_request_error")
                }
                let get = try await ground.take(.get, dialect.path, fields)
                try expect(get, 405, "method_not_allowed", "invalid_request_error")
                #expect(get["allow"] == "OPTIONS, POST")
                let below = try await ground.take(.post, dialect.path + "/more", fields)
                try expect(below, 404, "not_found", "not_found_error")
                var foreign = fields
                foreign.append(.origin, "http://evil.test")
                let page = try await ground.chat(dialect, "echo", fields: foreign)
                try expect(page, 403, "foreign_origin", "permission_error")
                var text = fields
                text.set(.contentType, "text/plain")
                let plain = try await ground.chat(dialect, "echo", fields: text)
                try expect(plain, 415, "unsupported_media_type", "invalid_request_error")
                var wrong = fields
                wrong.append(.authorization, "Bearer mesh_wrong")
                let unknown = try await ground.chat(dialect, "echo", fields: wrong)
                try expect(unknown, 401, "invalid_api_key", "authentication_error")
                #expect(unknown["www-authenticate"]?.hasPrefix("Bearer") == true)
            }
            #expect(ground.chat.calls.withLock { $0.isEmpty })
        }
    }

    @Test(arguments: ChatDialect.both)
    func `say where a body is too large, by its length or by what comes`(dialect: ChatDialect) async throws {
        try await GatewayGround.run { ground in
            let size = Limits.Gateway.maximumChatBytes + 1
            for length in [UInt64(size), nil] {
                let body = ClientRequest.Body.stream(length: length, source: Spaces(count: size))
                let answer = try await ground.take(.post, dialect.path, dialect.fields, body: body)
                #expect(answer.status == 413)
                let type = dialect == .openAI ? "invalid_request_error" : "request_too_large"
                #expect(try answer.error.type == type)
            }
        }
    }

    @Test(arguments: ChatDialect.both)
    func `say that there is no room, and when to come again`(dialect: ChatDialect) async throws {
        var bounds = Gateway.Bounds()
        (bounds.chats, bounds.chatBytes) = (2, 1_000)
        try await GatewayGround.run(bounds: bounds) { ground in
            func expectFull(_ answer: ChatAnswered) throws {
                #expect(answer.status == (dialect == .openAI ? 503 : 529))
                #expect(try answer.error.type == (dialect == .openAI ? "server_error" : "overloaded_error"))
                #expect(answer["retry-after"] == "1")
            }
            let long = String(repeating: " ", count: 1_000)
            try expectFull(try await ground.chat(dialect, "echo", streamed: false, long))
            try await withThrowingTaskGroup(of: UInt16.self) { group in
                for streamed in [false, true] {
                    group.addTask { try await ground.chat(dialect, "decode", streamed: streamed).status }
                }
                await ground.chat.figures.wait { $0.holding == 2 }
                try expectFull(try await ground.chat(dialect, "echo"))
                ground.chat.figures.change { $0.isReleased = true }
                for try await status in group { #expect(status == 200) }
            }
            #expect(try await ground.chat(dialect, "echo").status == 200)
            #expect(Limits.Gateway.maximumChats >= 512)
            #expect(Limits.Gateway.maximumChatBytesAtOnce >= 2 * Limits.Gateway.maximumChatBytes)
        }
    }

    @Test(arguments: ChatDialect.both)
    func `behind the first sign of life are events of the stream`(dialect: ChatDialect) async throws {
        var bounds = Gateway.Bounds()
        (bounds.heartbeat, bounds.chatPatience) = (.milliseconds(5), .milliseconds(50))
        try await GatewayGround.run(bounds: bounds) { ground in
            let answer = try await ground.chat(dialect, "prefill", streamed: true)
            #expect(answer.status == 200 && answer["content-type"] == "text/event-stream")
            #expect(answer.text.hasPrefix(String(decoding: dialect.pulse, as: UTF8.self)))
            let last = try JSONReader.read(Array(try #require(answer.data.last).utf8))
            #expect(last["error"]?["type"]?.text == (dialect == .openAI ? "server_error" : "timeout_error"))
            // The connection is as good as before.
            #expect(try await ground.chat(dialect, "echo").status == 200)
        }
    }

    @Test(arguments: ChatDialect.both)
    func `say that an answer took too long, and stop it`(dialect: ChatDialect) async throws {
        var bounds = Gateway.Bounds()
        bounds.chatPatience = .milliseconds(20)
        try await GatewayGround.run(bounds: bounds) { ground in
            let type = dialect == .openAI ? "server_error" : "timeout_error"
            for (model, streamed) in [("prefill", false), ("prefill", true), ("decode", false)] {
                let answer = try await ground.chat(dialect, model, streamed: streamed)
                #expect(answer.status == 504)
                #expect(try answer.error.type == type)
            }
            let stream = try await ground.chat(dialect, "decode", streamed: true)
            let last = try JSONReader.read(Array(try #require(stream.data.last).utf8))
            #expect(stream.status == 200 && last["error"]?["type"]?.text == type)
            await ground.chat.figures.wait { $0.cancelled == 4 }
            #expect(Limits.Gateway.chatPatience == .seconds(600))
        }
    }

    @Test func `of an edge say to ask its hub`() async throws {
        try await GatewayGround.run(isHub: false) { ground in
            let open = try await ground.chat(.openAI, "echo")
            #expect(try (open.status, open.error.code) == (404, "not_a_hub"))
            let other = try await ground.take(.get, APIPath.models, ChatDialect.anthropic.fields)
            #expect(try (other.status, other.error.type) == (404, "not_found_error"))
        }
    }

    /// So many spaces, in pieces.
    private final class Spaces: RequestBodySource {
        private let left: Lock<Int>

        init(count: Int) { left = Lock(count) }

        func next() async throws(HTTPError) -> [UInt8]? {
            let count = left.withLock { left in
                let count = min(left, 65_536)
                left -= count
                return count
            }
            return count == 0 ? nil : [UInt8](repeating: 0x20, count: count)
        }
    }
}
