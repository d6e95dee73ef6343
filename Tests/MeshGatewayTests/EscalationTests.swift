import MeshAPI
import MeshChat
import MeshCore
import MeshDialects
import MeshEscalation
import MeshGateway
import MeshHTTP
import MeshIdentity
import MeshJSON
import MeshTestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct `Questions over HTTP` {
    static let json: HTTPFields = [.contentType: "application/json"]

    static func body(_ model: String? = nil, id: String = "q-1", _ more: String = "") -> String {
        let model = model.map { ",\"model_preference\":\"\($0)\"" } ?? ""
        return "{\"request_id\":\"\(id)\",\"query\":\"grüezi\",\"max_tokens\":64\(model)\(more)}"
    }

    @Test func `are answered whole, with what was used, what it costs and what was replaced`() async throws {
        try await GatewayGround.run { ground in
            let answer = try await ground.question(Self.body(nil, #","session_id":"trip""#))
            #expect(answer.status == 200 && answer["cache-control"] == "no-store")
            let document = try AnswerDocument(json: try answer.json)
            #expect(document.request == "q-1" && document.session == "trip" && document.model == "echo")
            #expect(document.run == ScriptedQuestions.run.description)
            #expect(document.content == "grüezi" && document.stopReason == "end_turn" && document.length == nil)
            #expect(document.usage.input == 11 && document.usage.cacheRead == 5 && document.usage.output == 7)
            #expect(document.cost?.display == "$0.011" && document.cost?.nanodollars == 10_815_000)
            #expect(document.privacy?.isComplete == false)
            let call = try #require(ground.questions.calls.withLock { $0.last })
            #expect(call.caller.tenant.text == "acme" && call.request.question.maximumTokens == 64)
            let line = try #require(ground.log.records.last { $0.event.name == "chat.ended" })
            #expect(line.fields.contains { $0.key.name == "dialect" && $0.value == .text("escalation") })
            #expect(!ground.log.records.contains { "\($0)".contains("grüezi") })
        }
    }

    @Test func `are answered piece by piece, with offsets, and one end`() async throws {
        try await GatewayGround.run { ground in
            let answer = try await ground.question(Self.body(nil, #","session_id":"trip""#), at: APIPath.stream)
            #expect(answer.status == 200 && answer["content-type"] == "text/event-stream")
            let events = try answer.events
            #expect(events.map(\.name) == ["started"] + Array(repeating: "chunk", count: 6) + ["end"])
            let start = try AnswerStartDocument(json: try #require(events.first).data)
            #expect(start.request == "q-1" && start.session == "trip" && start.model == "echo")
            var (said, offsets) = ("", [Int64]())
            for event in events where event.name == "chunk" {
                #expect(event.data["offset"]?.integer == Int64(said.utf8.count))
                offsets.append(Int64(said.utf8.count))
                said += event.data["text"]?.text ?? ""
            }
            #expect(said == "grüezi" && offsets == [0, 1, 2, 4, 5, 6])
            let end = try AnswerDocument(json: try #require(events.last).data)
            #expect(end.content == nil && end.length == 7 && end.usage.output == 7 && end.session == "trip")
            #expect(end.cost?.nanodollars == 10_815_000)
        }
    }

    @Test func `that cannot be understood name the field, and nobody is asked`() async throws {
        try await GatewayGround.run { ground in
            for (body, code, field) in [
                ("{}", "invalid_field", "request_id"), ("[]", "bad_request", nil), ("{", "bad_request", nil),
                (#"{"request_id":"a","query":"x"}"#, "invalid_field", "max_tokens"),
                (Self.body(nil, #","context":{"constraints":["a",""]}"#), "invalid_field", "context.constraints[1]"),
                (Self.body(nil, #","stream":true"#), "invalid_field", "stream"),
            ] as [(String, String, String?)] {
                for path in [APIPath.escalate, APIPath.stream] {
                    let answer = try await ground.question(body, at: path)
                    let error = try ErrorDocument(json: try answer.json)
                    #expect(answer.status == 400 && error.code == code && error.field == field, "\(body)")
                    #expect(!error.requestID.isEmpty && error.requestID == answer["x-request-id"])
                }
            }
            #expect(ground.questions.calls.withLock { $0.isEmpty })
        }
    }

    @Test func `that fail say why in one shape, before an answer and in its midst`() async throws {
        try await GatewayGround.run { ground in
            for (model, status, code) in [
                ("offline", 503, "offline"), ("unredacted", 403, "unredacted"),
                ("fail-unknownModel", 404, "unknown_model"), ("fail-rateLimited", 429, "rate_limited"),
                ("fail-paymentRequired", 402, "payment_required"), ("fail-conflict", 409, "conflict"),
                ("fail-engineFailed", 500, "engine_failed"), ("fail-upstreamFailed", 502, "upstream_failed"),
                ("fail-timedOut", 504, "timed_out"), ("fail-unsupported", 400, "unsupported"),
            ] as [(String, UInt16, String)] {
                for path in [APIPath.escalate, APIPath.stream] {
                    let answer = try await ground.question(Self.body(model), at: path)
                    let error = try ErrorDocument(json: try answer.json)
                    #expect(answer.status == status && error.code == code, "\(model)")
                    #expect(answer["retry-after"] == (model == "offline" ? "1" : model.hasPrefix("fail-") ? "7" : nil))
                }
            }
            let broken = try await ground.question(Self.body("break-upstreamFailed"), at: APIPath.stream)
            let events = try broken.events
            #expect(events.last?.name == "error" && events.count { $0.name == "error" || $0.name == "end" } == 1)
            #expect(try ErrorDocument(json: try #require(events.last).data).code == "upstream_failed")
            let whole = try await ground.question(Self.body("break-upstreamFailed"))
            #expect(whole.status == 502)
        }
    }

    @Test func `of a client that has left are stopped`() async throws {
        try await GatewayGround.run { ground in
            var turn = 0
            for path in [APIPath.escalate, APIPath.stream] {
                for model in ["prefill", "decode"] {
                    turn += 1
                    await withTaskGroup(of: Void.self) { group in
                        group.addTask { _ = try? await ground.question(Self.body(model), at: path) }
                        await ground.chat.figures.wait { [turn] in $0.holding == turn }
                        group.cancelAll()
                    }
                    await ground.chat.figures.wait { [turn] in $0.cancelled == turn }
                }
            }
            let next = try await ground.question(Self.body())
            #expect(next.status == 200)
        }
    }

    @Test func `that take too long are ended`() async throws {
        var bounds = Gateway.Bounds()
        bounds.chatPatience = .milliseconds(50)
        try await GatewayGround.run(bounds: bounds) { ground in
            let whole = try await ground.question(Self.body("decode"))
            #expect(whole.status == 504)
            let events = try await ground.question(Self.body("decode"), at: APIPath.stream).events
            #expect(events.last?.name == "error")
            #expect(events.last?.data["error"]?["code"]?.text == "timed_out")
        }
    }

    @Test func `behind the first sign of life have their refusals as events`() async throws {
        var bounds = Gateway.Bounds()
        (bounds.heartbeat, bounds.chatPatience) = (.milliseconds(5), .milliseconds(50))
        try await GatewayGround.run(bounds: bounds) { ground in
            let answer = try await ground.question(Self.body("prefill"), at: APIPath.stream)
            #expect(answer.status == 200 && answer["content-type"] == "text/event-stream")
            #expect(answer.text.hasPrefix(": ping\n"))
            let events = try answer.events
            #expect(events.map(\.name) == ["error"] && events[0].data["error"]?["code"]?.text == "timed_out")
            let next = try await ground.question(Self.body(), at: APIPath.stream)
            #expect(try next.events.last?.name == "end")
        }
    }

    @Test func `that may wait are taken in, and their answer is given out once`() async throws {
        try await GatewayGround.run { ground in
            var fields = Self.json
            fields.append(try #require(HTTPFieldName("prefer")), "wait=5, Respond-Async")
            let taken = try await ground.question(Self.body(id: "a/b c".replacing(" ", with: "-")), fields: fields)
            #expect(taken.status == 202 && taken["preference-applied"] == "respond-async")
            let location = try #require(taken["location"])
            #expect(location == "/v1/escalate/a%2Fb-c")
            #expect(try AskDocument(json: try taken.json).state == .waiting)
            for state in [AskDocument.State.waiting, .asked] {
                if state == .asked { ground.questions.standings.withLock { $0["a/b-c"] = .asked } }
                let standing = try await ground.take(.get, location, HTTPFields())
                #expect(standing.status == 202 && standing["retry-after"] == "1")
                #expect(try AskDocument(json: try standing.json).state == state)
            }
            let reply = ChatReply(
                start: ChatStart(id: "1", model: "tiny"),
                parts: [ChatPart(.text("done"))],
                stopReason: .maximumTokens,
                usage: ScriptedChat.usage
            )
            ground.questions.standings.withLock {
                $0["a/b-c"] = .answered(reply, run: ScriptedQuestions.run, cost: nil, charge: nil, privacy: nil)
            }
            let answer = try await ground.take(.get, location, HTTPFields())
            let document = try AnswerDocument(json: try answer.json)
            #expect(document.content == "done" && document.stopReason == "max_tokens" && document.cost == nil)
            #expect(document.request == "a/b-c")
            let gone = try await ground.take(.get, location, HTTPFields())
            #expect(try (gone.status, gone.error.code) == (404, "unknown_request"))
            ground.questions.standings.withLock { $0["x"] = .failed(EscalationFailure(.expired, "too long ago")) }
            let late = try await ground.take(.get, "/v1/escalate/x", HTTPFields())
            #expect(try (late.status, late.error.code) == (410, "expired"))
            let full = try await ground.question(Self.body("full"), fields: fields)
            #expect(try (full.status, full["retry-after"], full.error.code) == (503, "30", "queue_full"))
            let dots = try await ground.question(Self.body(id: "a/../b"), fields: fields)
            #expect(try (dots.status, dots.json["error"]?["field"]?.text) == (400, "request_id"))
        }
    }

    @Test func `are nothing for pages of others, nor for what is no JSON, nor for other machines without a key`()
        async throws
    {
        let origin = try #require(HTTPFieldName("origin"))
        try await GatewayGround.run { ground in
            for path in [APIPath.escalate, APIPath.stream, "/v1/sessions/a/messages", "/v1/sessions/a/clear"] {
                var foreign = Self.json
                foreign.append(origin, "http://evil.example")
                let page = try await ground.question(Self.body(), at: path, fields: foreign)
                #expect(try (page.status, page.error.code) == (403, "foreign_origin"), "\(path)")
                #expect(!page.fields.all.contains { $0.name.hasPrefix("access-control-") })
                let text = try await ground.question(Self.body(), at: path, fields: [.contentType: "text/plain"])
                #expect(try (text.status, text.error.code) == (415, "unsupported_media_type"), "\(path)")
            }
            for path in ["/v1/escalate/x", "/v1/sessions", "/v1/sessions/a/export"] {
                let site = try await ground.take(.get, path, [.fetchSite: "cross-site"])
                #expect(try (site.status, site.error.code) == (403, "foreign_origin"), "\(path)")
            }
            let gone = try await ground.take(.delete, "/v1/sessions/a", [origin: "http://evil.example"])
            #expect(try (gone.status, gone.error.code) == (403, "foreign_origin"))
            #expect(ground.questions.calls.withLock { $0.isEmpty })
        }
        try await GatewayGround.run(reach: .network) { ground in
            let none = try await ground.question(Self.body())
            #expect(try (none.status, none.error.code) == (401, "no_key"))
            var fields = Self.json
            fields.append(.authorization, "Bearer mesh_read")
            let other = try await ground.question(Self.body(), fields: fields)
            #expect(try (other.status, other.error.code) == (403, "missing_scope"))
            fields.set(.authorization, "Bearer mesh_chat")
            #expect(try await ground.question(Self.body(), fields: fields).status == 200)
            let usage = try await ground.take(.get, APIPath.usage, [.authorization: "Bearer mesh_chat"])
            #expect(usage.status == 200)
        }
    }

    @Test func `share their room with chats, and their bodies have an end`() async throws {
        var bounds = Gateway.Bounds()
        bounds.chats = 1
        try await GatewayGround.run(bounds: bounds) { ground in
            await withTaskGroup(of: Void.self) { group in
                group.addTask { _ = try? await ground.question(Self.body("prefill")) }
                await ground.chat.figures.wait { $0.holding == 1 }
                let chat = try? await ground.chat(.openAI, "echo")
                #expect(chat?.status == 503)
                let question = try? await ground.question(Self.body())
                #expect(question?.status == 503 && question?["retry-after"] == "1")
                group.cancelAll()
            }
        }
        try await GatewayGround.run { ground in
            let long = String(repeating: " ", count: Limits.Escalation.maximumDocumentBytes + 1)
            let answer = try await ground.question(long)
            #expect(answer.status == 413)
        }
    }

    @Test func `and what they used are known only where somebody answers`() async throws {
        try await GatewayGround.run(isHub: false) { ground in
            for path in [APIPath.escalate, APIPath.stream] {
                let answer = try await ground.question(Self.body(), at: path)
                #expect(try (answer.status, answer.error.code) == (404, "not_here"))
            }
            for path in ["/v1/escalate/x", APIPath.usage, APIPath.sessions, "/v1/sessions/a"] {
                let answer = try await ground.take(.get, path, HTTPFields())
                #expect(try (answer.status, answer.error.code) == (404, "not_here"), "\(path)")
            }
        }
    }

    @Test func `are summed up by model`() async throws {
        try await GatewayGround.run { ground in
            let answer = try await ground.take(.get, APIPath.usage, HTTPFields())
            let usage = try UsageDocument(json: try answer.json)
            #expect(usage.requests == 3 && usage.tokens.input == 33 && usage.tokens.output == 21)
            #expect(usage.models.map(\.model) == ["echo", "tiny"] && usage.models.map(\.requests) == [2, 1])
            #expect(usage.cost?.nanodollars == 10_815_000 && usage.models[1].cost == nil)
            #expect(usage.since == "1970-01-01T00:00:00.000Z")
        }
    }

    @Test func `wait for no longer than an hour`() async throws {
        #expect(Limits.Gateway.longestRetryAfter == .seconds(3_600))
    }
}

/// An event of a stream.
struct StreamedAnswerEvent {
    let name: String
    let data: JSONValue
}

extension ChatAnswered {
    /// The events of the house's own streams; signs of life are left out.
    var events: [StreamedAnswerEvent] {
        get throws {
            var events: [StreamedAnswerEvent] = []
            var name: String?
            for line in text.split(separator: "\n") {
                if line.hasPrefix("event: ") { name = String(line.dropFirst(7)) }
                guard line.hasPrefix("data: "), let event = name.take() else { continue }
                let data = try JSONReader.read(Array(line.dropFirst(6).utf8))
                events.append(StreamedAnswerEvent(name: event, data: data))
            }
            return events
        }
    }
}

extension GatewayGround {
    /// Asks a question.
    func question(
        _ body: String,
        at path: String = APIPath.escalate,
        fields: HTTPFields = [.contentType: "application/json"]
    ) async throws -> ChatAnswered {
        try await take(.post, path, fields, body: .bytes(Array(body.utf8)))
    }
}
