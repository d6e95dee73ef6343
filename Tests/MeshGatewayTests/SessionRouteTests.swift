import MeshAPI
import MeshCore
import MeshGateway
import MeshHTTP
import MeshJSON
import MeshSessions
import Testing

@Suite(.timeLimit(.minutes(1))) struct `Conversations over HTTP` {
    private static func say(
        _ text: String,
        in id: String = "trip",
        _ ground: GatewayGround
    ) async throws -> ChatAnswered {
        try await ground.post("/v1/sessions/\(id)/messages", #"{"role":"user","content":"\#(text)"}"#)
    }

    @Test func `are made by their first message, and shown with their messages`() async throws {
        try await GatewayGround.run { ground in
            let first = try await Self.say("Where is Rome?", ground)
            #expect(first.status == 201 && first.text == #"{"number":1}"#)
            let alias = try await ground.post(
                "/v1/sessions/trip/add-message",
                #"{"role":"assistant","content":"In Italy."}"#
            )
            #expect(alias.status == 201 && alias.text == #"{"number":2}"#)
            let shown = try await ground.take(.get, "/v1/sessions/trip", HTTPFields())
            let json = try shown.json
            #expect(json["id"]?.text == "trip" && json["title"]?.text == "Where is Rome?")
            #expect(json["messages"]?.array?.compactMap { $0["content"]?.text } == ["Where is Rome?", "In Italy."])
            #expect(json["next"] == .null && json["message_count"]?.integer == 2)
            let behind = try await ground.take(.get, "/v1/sessions/trip?after=1", HTTPFields())
            #expect(try behind.json["messages"]?.array?.count == 1)
        }
    }

    @Test func `have a context and a model, which change and are taken away`() async throws {
        try await GatewayGround.run { ground in
            for path in ["context", "update-context"] {
                let context = #"{"pathos_framing":"be kind","local_knowledge":[{"name":"n","text":"t"},"u"]}"#
                let changed = try await ground.post("/v1/sessions/trip/\(path)", context)
                #expect(changed.status == 200)
                let json = try changed.json
                #expect(json["context"]?["pathos_framing"]?.text == "be kind" && json["messages"] == nil)
                #expect(json["context"]?["local_knowledge"]?.array?.count == 2)
                let removed = try await ground.post("/v1/sessions/trip/\(path)", #"{"local_knowledge":null}"#)
                #expect(try removed.json["context"]?["local_knowledge"] == nil)
            }
            let model = try await ground.post("/v1/sessions/trip/model", #"{"model_preference":"opus"}"#)
            #expect(try model.json["model_preference"]?.text == "opus")
            let none = try await ground.post("/v1/sessions/trip/model", #"{"model_preference":null}"#)
            #expect(try none.json["model_preference"] == .null)
            _ = try await Self.say("hello", ground)
            let cleared = try await ground.post("/v1/sessions/trip/clear", "")
            #expect(try cleared.json["message_count"]?.integer == 0)
            #expect(try cleared.json["context"]?["pathos_framing"]?.text == "be kind")
        }
    }

    @Test func `are listed page by page, and deleted for good`() async throws {
        try await GatewayGround.run { ground in
            for id in ["a", "b", "c"] { _ = try await Self.say("hello \(id)", in: id, ground) }
            var (names, target): ([String], String?) = ([], "/v1/sessions?limit=2")
            while let place = target {
                let page = try await ground.take(.get, place, HTTPFields()).json
                #expect(page["total"]?.integer == 3)
                names += page["sessions"]?.array?.compactMap { $0["id"]?.text } ?? []
                target = page["next"]?.text.map { "/v1/sessions?limit=2&after=\($0)" }
            }
            #expect(names.sorted() == ["a", "b", "c"])
            let gone = try await ground.take(.delete, "/v1/sessions/b", HTTPFields())
            #expect(gone.status == 204 && gone.text.isEmpty)
            let shown = try await ground.take(.get, "/v1/sessions/b", HTTPFields())
            #expect(try (shown.status, shown.error.code) == (410, "session_deleted"))
            let never = try await ground.take(.delete, "/v1/sessions/z", HTTPFields())
            #expect(try (never.status, never.error.code) == (404, "unknown_session"))
        }
    }

    @Test func `are taken along whole, as one document, however many messages there are`() async throws {
        try await GatewayGround.run { ground in
            for number in 1...230 { _ = try await Self.say("message \(number)", ground) }
            let page = try await ground.take(.get, "/v1/sessions/trip", HTTPFields()).json
            #expect(page["messages"]?.array?.count == Limits.Sessions.maximumPage && page["next"]?.integer == 100)
            let export = try await ground.take(.get, "/v1/sessions/trip/export", HTTPFields())
            #expect(export["content-disposition"] == "attachment; filename=\"trip.json\"")
            let json = try export.json
            #expect(json["format"]?.text == SessionDocument.format && json["version"]?.integer == 1)
            #expect(json["messages"]?.array?.compactMap { $0["number"]?.integer } == Array(1...230))
            #expect(Limits.Gateway.maximumExportedMessages >= Limits.Sessions.maximumMessages)
            for number in 1...101 { _ = try await Self.say("message \(number)", in: "torn", ground) }
            // What breaks off behind its first page is not taken for all.
            await #expect(throws: (any Error).self) {
                _ = try await ground.take(.get, "/v1/sessions/torn/export", HTTPFields())
            }
            _ = try await ground.post("/v1/sessions/bare/context", "{}")
            let bare = try await ground.take(.get, "/v1/sessions/bare/export", HTTPFields())
            #expect(try bare.json["messages"]?.array == [])
        }
    }

    @Test func `that cannot be changed say why, by the field where one is to blame`() async throws {
        try await GatewayGround.run { ground in
            for (path, body, status, code, field) in [
                ("messages", "{}", 400, "invalid_field", "role"),
                ("messages", #"{"role":"system","content":"x"}"#, 400, "invalid_field", "role"),
                ("messages", #"{"role":"user","content":""}"#, 400, "invalid_field", "content"),
                ("messages", #"{"role":"user","content":"x","run":1}"#, 400, "invalid_field", "run"),
                ("messages", "[", 400, "bad_request", nil), ("messages", "[]", 400, "invalid_field", nil),
                ("context", #"{"constraints":[1]}"#, 400, "invalid_field", "constraints[0]"),
                ("model", "{}", 400, "invalid_field", "model_preference"),
                ("model", #"{"model_preference":"a b"}"#, 400, "invalid_field", "model_preference"),
                ("model", #"{"model_preference":"a"}"#, 404, "unknown_session", nil),
                ("clear", #"{"all":true}"#, 400, "invalid_field", "all"),
                ("clear", "", 404, "unknown_session", nil),
            ] as [(String, String, UInt16, String, String?)] {
                let answer = try await ground.post("/v1/sessions/trip/\(path)", body)
                let error = try ErrorDocument(json: try answer.json)
                #expect(answer.status == status && error.code == code && error.field == field, "\(path) \(body)")
            }
            for (id, status, code) in [
                ("full", 409, "too_many_sessions"), ("blocked", 400, "blocked"), ("closed", 503, "not_now"),
            ] as [(String, UInt16, String)] {
                let answer = try await Self.say("x", in: id, ground)
                #expect(try (answer.status, answer.error.code) == (status, code))
            }
            for target in [
                "/v1/sessions?limit=0", "/v1/sessions?limit=101", "/v1/sessions?after=x", "/v1/sessions?page=2",
                "/v1/sessions/trip?after=x",
            ] {
                let answer = try await ground.take(.get, target, HTTPFields())
                #expect(try (answer.status, answer.error.code) == (400, "bad_request"), "\(target)")
            }
            let name = try await ground.take(.get, "/v1/sessions/UPPER", HTTPFields())
            #expect(name.status == 404)
            let long = String(repeating: " ", count: Limits.Gateway.maximumSessionBodyBytes + 1)
            #expect(try await ground.post("/v1/sessions/trip/messages", long).status == 413)
        }
    }
}

extension GatewayGround {
    /// Posts JSON.
    func post(_ path: String, _ body: String) async throws -> ChatAnswered {
        try await take(.post, path, [.contentType: "application/json"], body: .bytes(Array(body.utf8)))
    }
}
