import MeshAPI
import MeshChat
import MeshCore
import MeshDialects
import MeshGateway
import MeshHTTP
import MeshIdentity
import MeshJSON
import MeshTestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct `Chats at a gateway` {
    @Test func `are answered whole in either dialect`() async throws {
        try await GatewayGround.run { ground in
            let open = try await ground.chat(.openAI, "echo")
            #expect(open.status == 200)
            let message = try open.json["choices"]?.array?.first?["message"]
            #expect(message?["content"]?.text == "grüezi")
            #expect(try open.json["usage"]?["total_tokens"]?.integer == 23)
            let other = try await ground.chat(.anthropic, "echo")
            #expect(other.status == 200)
            #expect(try other.json["content"]?.array?.first?["text"]?.text == "grüezi")
            #expect(try other.json["usage"]?["input_tokens"]?.integer == 11)
            #expect(ground.chat.figures.value.begun == 2)
        }
    }

    @Test func `are answered piece by piece in either dialect`() async throws {
        try await GatewayGround.run { ground in
            let open = try await ground.chat(
                .openAI,
                "echo",
                streamed: true,
                #","stream_options":{"include_usage":true}"#
            )
            #expect(open["content-type"] == "text/event-stream")
            #expect(open.data.last == "[DONE]")
            let chunks = try open.data.dropLast().map { try JSONReader.read(Array($0.utf8)) }
            let words = chunks.compactMap { $0["choices"]?.array?.first?["delta"]?["content"]?.text }
            #expect(words.joined() == "grüezi" && words.count > 2)
            #expect(chunks.last?["usage"]?["completion_tokens"]?.integer == 7)
            let other = try await ground.chat(.anthropic, "echo", streamed: true)
            let events = try other.data.map { try JSONReader.read(Array($0.utf8)) }
            #expect(events.compactMap { $0["delta"]?["text"]?.text }.joined() == "grüezi")
            #expect(events.first?["type"]?.text == "message_start" && events.last?["type"]?.text == "message_stop")
        }
    }

    @Test(arguments: ChatDialect.both, [false, true])
    func `say who answered, what was left out and how often one may still ask`(
        dialect: ChatDialect,
        streamed: Bool
    ) async throws {
        try await GatewayGround.run { ground in
            let more = dialect == .openAI ? #","seed":7,"n":1,"logit_bias":{"5":1}"# : #","container":"x""#
            let answer = try await ground.chat(dialect, "echo", streamed: streamed, more)
            #expect(answer["x-mesh-model"] == "echo" && answer["x-mesh-engine"] == "scripted")
            #expect(answer["x-mesh-model-reason"] == "it was asked for by name")
            let dropped = dialect == .openAI ? "logit_bias, seed" : "container"
            #expect(answer["x-mesh-dropped-parameters"] == dropped)
            let left = dialect == .openAI ? "x-ratelimit-remaining-requests" : "anthropic-ratelimit-requests-remaining"
            #expect(answer[left] == "41")
            let id = try #require(answer["x-request-id"])
            #expect(answer["request-id"] == (dialect == .anthropic ? id : nil))
            #expect(answer["cache-control"] == (streamed ? "no-cache" : "no-store"))
        }
    }

    @Test func `have ids of the gateway's own, whatever their clients call them`() async throws {
        try await GatewayGround.run { ground in
            var fields = ChatDialect.openAI.fields
            fields.append(.requestID, "mine")
            fields.append(.traceparent, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
            for _ in 0..<2 {
                let answer = try await ground.chat(.openAI, "echo", fields: fields)
                #expect(answer["x-request-id"] == "mine")
            }
            let calls = ground.chat.calls.withLock { $0 }
            #expect(calls.count == 2 && calls[0].id != calls[1].id)
            #expect(calls[0].caller.key == nil && calls[0].caller.tenant.text == "acme")
            let lines = ground.log.records.filter { $0.event.name == "chat.ended" }
            #expect(lines.count == 2)
            for line in lines {
                let said = Dictionary(uniqueKeysWithValues: line.fields.map { ($0.key.name, $0.value) })
                #expect(said["trace"] == .text("0af7651916cd43dd8448eb211c80319c"))
                #expect(said["model"] == .text("echo") && said["engine"] == .text("scripted"))
                #expect(said["prompt_tokens"] == .integer(16) && said["output_tokens"] == .integer(7))
                #expect(said["outcome"] == .text("complete"))
            }
            #expect(!ground.log.records.description.contains("grüezi"))
        }
    }

    @Test(arguments: ChatDialect.both, ["prefill", "decode"])
    func `keep a stream alive while nothing is said`(dialect: ChatDialect, model: String) async throws {
        var bounds = Gateway.Bounds()
        bounds.heartbeat = .milliseconds(5)
        try await GatewayGround.run(bounds: bounds) { ground in
            let body = dialect.body(model, streamed: true)
            let response = try await ground.open(.post, dialect.path, dialect.fields, body: .bytes(Array(body.utf8)))
            let pulse = String(decoding: dialect.pulse, as: UTF8.self)
            var text = ""
            while text.ranges(of: pulse).count < 3, let piece = try await response.body.next() {
                text += String(decoding: piece, as: UTF8.self)
            }
            ground.chat.figures.change { $0.isReleased = true }
            while let piece = try await response.body.next() { text += String(decoding: piece, as: UTF8.self) }
            #expect(text.hasSuffix(dialect == .openAI ? "[DONE]\n\n" : "\"message_stop\"}\n\n"))
            #expect(text.ranges(of: "\"g\"").count == 1 && response.status == .ok)
            // Who answers is not known when the head of the answer has to go.
            let said = HTTPFieldName("x-mesh-model").map { response.fields.contains($0) }
            #expect(said == (model == "decode"))
            #expect(Limits.Gateway.heartbeat == .seconds(10))
        }
    }

    @Test func `are for the models that are listed`() async throws {
        try await GatewayGround.run { ground in
            let list = try await ground.take(.get, APIPath.models, [:])
            #expect(try list.json["data"]?.array?.map { $0["id"]?.text } == ["echo", "meshnode/tiny"])
            #expect(try list.json["object"]?.text == "list" && list["request-id"] == nil)
            let other = try await ground.take(.get, APIPath.models, ChatDialect.anthropic.fields)
            #expect(try other.json["last_id"]?.text == "meshnode/tiny" && other["request-id"] != nil)
            for name in ["meshnode/tiny", "meshnode%2Ftiny", "echo"] {
                let one = try await ground.take(.get, "/v1/models/\(name)", [:])
                #expect(try one.status == 200 && one.json["object"]?.text == "model")
            }
            for name in ["other", "meshnode", "meshnode/tiny/"] {
                let none = try await ground.take(.get, "/v1/models/\(name)", [:])
                #expect(try (none.status, none.error.code) == (404, "model_not_found"), "\(name)")
            }
            #expect(try await ground.take(.get, "/v1/models/meshnode%2F..%2Ftiny", [:]).status == 400)
        }
    }

    @Test(arguments: ChatDialect.both)
    func `have their room given back, however they end`(dialect: ChatDialect) async throws {
        var bounds = Gateway.Bounds()
        (bounds.chats, bounds.chatBytes) = (1, 4_096)
        try await GatewayGround.run(bounds: bounds) { ground in
            for model in ["echo", "fail-overloaded", "break-engineFailed", "echo"] {
                for streamed in [false, true] {
                    let answer = try await ground.chat(dialect, model, streamed: streamed)
                    #expect((answer.status == 200) == (model == "echo" || streamed && model.hasPrefix("break")))
                }
            }
        }
    }
}
