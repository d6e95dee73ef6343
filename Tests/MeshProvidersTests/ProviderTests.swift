import Glibc
import MeshChat
import MeshCore
import MeshDialects
import MeshHTTP
import MeshIO
import MeshProviders
import MeshTestKit
import Testing

@Suite("Providers")
struct ProviderTests {
    private static let openAI = ProviderConfiguration.Dialect.openAI(.openAI)
    private static let begin =
        #"data: {"id":"i","model":"big-1","choices":[{"index":0,"delta":{"content":"Hé"}}]}"# + "\n\n"
    private static let end = #"data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"# + "\n\n"
    private static let usage =
        #"data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2}}"# + "\n\ndata: [DONE]\n\n"

    @Test("OpenAI is asked with its key and for its usage, and its stream is read however it is cut")
    func openAIStream() async throws {
        let text = Self.begin + Self.end + Self.usage
        let pieces = text.unicodeScalars.map { String($0) }
        try await ProviderGround.with(Self.openAI, .stream(pieces)) { ground in
            let reply = try await ground.provider.answer(ProviderGround.request()).collect()
            #expect(reply.text == "Hé")
            #expect(reply.stopReason == .endOfTurn)
            #expect(reply.usage == ChatUsage(inputTokens: 9, outputTokens: 2))
            let asked = try #require(ground.site.asked.value.first)
            #expect(asked.path == "/chat/completions")
            #expect(asked.fields[.authorization] == "Bearer secret-key")
            #expect(asked.body.contains(#""include_usage":true"#))
            #expect(asked.body.contains(#""model":"big-1""#))
        }
    }

    @Test("Anthropic is asked with its key and version, and its events are read")
    func anthropicStream() async throws {
        let lines = [
            #"{"type":"message_start","message":{"model":"big-1","usage":{"input_tokens":4,"output_tokens":1}}}"#,
            #"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#,
            #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}}"#,
            #"{"type":"content_block_stop","index":0}"#,
            #"{"type":"message_delta","delta":{"stop_reason":"max_tokens"},"usage":{"output_tokens":7}}"#,
            #"{"type":"message_stop"}"#,
        ]
        let events = lines.map { "event: x\ndata: \($0)\n\n" }
        try await ProviderGround.with(.anthropic, .stream(events)) { ground in
            let reply = try await ground.provider.answer(ProviderGround.request()).collect()
            #expect(reply.text == "Hi")
            #expect(reply.usage == ChatUsage(inputTokens: 4, outputTokens: 7))
            let asked = try #require(ground.site.asked.value.first)
            #expect(asked.path == "/v1/messages")
            #expect(asked.fields[.apiKey] == "secret-key")
            #expect(asked.body.contains(#""max_tokens":8192"#))
        }
    }

    @Test("An answer that comes whole is read, also where a stream was asked for")
    func whole() async throws {
        let text = #"{"id":"i","model":"big-1","choices":[{"message":{"content":"Hi"},"finish_reason":"stop"}]}"#
        try await ProviderGround.with(Self.openAI, .whole(200, text)) { ground in
            for isStreamed in [false, true] {
                let request = try ProviderGround.request(isStreamed: isStreamed)
                let reply = try await ground.provider.answer(request).collect()
                #expect(reply.text == "Hi")
                #expect(reply.usage.isEstimated)
                #expect(reply.usage.inputTokens > 0 && reply.usage.outputTokens == 1)
            }
        }
    }

    @Test("Usage that nobody reports is estimated, marked, and told before the end")
    func unreported() async throws {
        try await ProviderGround.with(Self.openAI, .stream([Self.begin, Self.end, "data: [DONE]\n\n"])) { ground in
            let answer = try await ground.provider.answer(ProviderGround.request())
            var events: [ChatEvent] = []
            while let event = try await answer.next() { events.append(event) }
            #expect(events.count == 4)
            guard case .usage(let usage) = events[2] else { throw ChatError(.upstreamMalformed, "no usage") }
            #expect(usage.isEstimated)
            #expect(events[3] == .ended(.endOfTurn))
        }
    }

    @Test(
        "Usage is believed only where it counts the prompt, and the answer where there is one",
        arguments: [
            ("{}", nil), (#"{"prompt_tokens":0,"completion_tokens":0}"#, nil), (#"{"completion_tokens":5}"#, nil),
            (#"{"prompt_tokens":9,"completion_tokens":0}"#, 9), (#"{"prompt_tokens":9}"#, 9),
        ] as [(String, Int?)]
    )
    func unbelievable(_ usage: String, _ prompt: Int?) async throws {
        let last = "data: {\"choices\":[],\"usage\":\(usage)}\n\ndata: [DONE]\n\n"
        let choice = #"{"message":{"content":"Hé"},"finish_reason":"stop"}"#
        let whole = #"{"id":"i","model":"big-1","choices":[\#(choice)],"usage":\#(usage)}"#
        for (script, isStreamed) in [
            (.stream([Self.begin, Self.end, last]), true), (.whole(200, whole), false),
        ] as [(ScriptedSite.Script, Bool)] {
            try await ProviderGround.with(Self.openAI, script) { ground in
                let request = try ProviderGround.request(isStreamed: isStreamed)
                let reply = try await ground.provider.answer(request).collect()
                #expect(reply.usage.isEstimated)
                #expect(reply.usage.outputTokens == 1)
                #expect(reply.usage.promptTokens == prompt ?? TokenEstimate.likely(of: request.chat))
            }
        }
    }

    @Test("Anthropic's usage without a prompt is estimated, and so is an answer of which it counts nothing")
    func unbelievableBlocks() async throws {
        let blocks = #""content":[{"type":"text","text":"Hi"}],"stop_reason":"end_turn""#
        for (usage, prompt) in [(#"{"output_tokens":3}"#, nil), (#"{"input_tokens":4,"output_tokens":0}"#, 4)]
            as [(String, Int?)]
        {
            let whole = #"{"id":"i","model":"big-1",\#(blocks),"usage":\#(usage)}"#
            try await ProviderGround.with(.anthropic, .whole(200, whole)) { ground in
                let request = try ProviderGround.request(isStreamed: false)
                let reply = try await ground.provider.answer(request).collect()
                #expect(reply.usage.isEstimated)
                #expect(reply.usage.outputTokens == 1)
                #expect(reply.usage.promptTokens == prompt ?? TokenEstimate.likely(of: request.chat))
            }
        }
    }

    @Test(
        "Refusals keep their class, their time to wait and their sentence",
        arguments: [
            (429, .rateLimited), (402, .upstreamBilling), (503, .overloaded), (401, .upstreamCredentials),
        ] as [(UInt16, ChatErrorCode)]
    )
    func refusals(_ status: UInt16, _ code: ChatErrorCode) async throws {
        let body = #"{"error":{"message":"no, thank you"}}"#
        let fields: HTTPFields = [.retryAfter: "7"]
        try await ProviderGround.with(Self.openAI, .whole(status, body, fields)) { ground in
            let error = await #expect(throws: ChatError.self) {
                try await ground.provider.answer(ProviderGround.request())
            }
            #expect(error?.code == code)
            #expect(error?.failure?.retryAfter == .seconds(7))
            #expect(error?.failure?.sentence == "no, thank you")
        }
    }

    @Test("An answer that breaks off says so, and what was used so far is an estimate of what came")
    func broken() async throws {
        try await ProviderGround.with(Self.openAI, .broken([Self.begin])) { ground in
            let answer = try await ground.provider.answer(ProviderGround.request())
            let error = await #expect(throws: ChatError.self) { while try await answer.next() != nil {} }
            #expect(error?.code == .upstreamFailed)
            #expect(error?.failure?.hasBegun == true)
            #expect(answer.usageSoFar.isEstimated)
            #expect(answer.usageSoFar.outputTokens == 1)
        }
    }

    @Test("Stopping an answer, letting go of it and cancelling its reader each stop the provider")
    func stopping() async throws {
        try await ProviderGround.with(Self.openAI, .silent([Self.begin])) { ground in
            let answer = try await ground.provider.answer(ProviderGround.request())
            #expect(try await answer.next() != nil)
            answer.cancel()
            #expect(await ground.site.cancelled.wait { $0 >= 1 } >= 1)

            var dropped: (any ChatAnswer)? = try await ground.provider.answer(ProviderGround.request())
            #expect(try await dropped?.next() != nil)
            dropped = nil
            #expect(await ground.site.cancelled.wait { $0 >= 2 } >= 2)

            let read = try await ground.provider.answer(ProviderGround.request())
            let started = Watched(false)
            await withTaskGroup(of: ChatErrorCode?.self) { group in
                group.addTask {
                    do throws(ChatError) {
                        while let event = try await read.next() {
                            if case .text = event { started.change { $0 = true } }
                        }
                        return nil
                    } catch {
                        return error.code
                    }
                }
                _ = await started.wait { $0 }
                group.cancelAll()
                #expect(await group.next() == .cancelled)
            }
            #expect(await ground.site.cancelled.wait { $0 >= 3 } >= 3)
        }
    }

    @Test("A provider that is not there is unavailable, and one that says nothing is too slow")
    func silence() async throws {
        try await ProviderGround.with(
            Self.openAI,
            timeouts: ClientTimeouts(idle: .milliseconds(50)),
            .silent([Self.begin])
        ) { ground in
            let answer = try await ground.provider.answer(ProviderGround.request())
            let error = await #expect(throws: ChatError.self) { while try await answer.next() != nil {} }
            #expect(error?.code == .timedOut)
        }
        let loop = try EventLoop.start(name: "alone")
        let client = try await HTTPClient(loop: loop)
        // Port 1 of the loopback is nobody's.
        let nowhere = ProviderConfiguration(name: "p", dialect: Self.openAI, base: "http://127.0.0.1:1")
        let provider = try Provider(nowhere, client: client)
        await #expect(throws: ChatError(.unavailable, "")) { try await provider.answer(ProviderGround.request()) }
        await client.close()
        loop.stop()
        await loop.ended()
    }

    @Test("The head of a whole answer is waited for until the deadline, that of a stream is not")
    func late() async throws {
        let text = #"{"id":"i","model":"big-1","choices":[{"message":{"content":"Hi"},"finish_reason":"stop"}]}"#
        let timeouts = ClientTimeouts(firstByte: .milliseconds(50))
        try await ProviderGround.with(Self.openAI, timeouts: timeouts, .late(.milliseconds(400), text)) { ground in
            var whole = try ProviderGround.request(isStreamed: false)
            whole.deadline = Instant(nanoseconds: .max)
            #expect(try await ground.provider.answer(whole).collect().text == "Hi")
            await #expect(throws: ChatError(.timedOut, "")) {
                try await ground.provider.answer(ProviderGround.request())
            }
        }
    }

    @Test("Models are listed with what the provider says of them, as many as are kept")
    func models() async throws {
        let row = #"{"id":"a","max_model_len":4096,"created":5},{"id":"b"},{"id":""},{"nonsense":1}"#
        let many = (0...Limits.Providers.maximumModels).map { #"{"id":"m\#($0)"}"# }.joined(separator: ",")
        try await ProviderGround.with(Self.openAI, .whole(200, #"{"data":[\#(row)]}"#)) { ground in
            let models = try await ground.provider.models()
            #expect(models.map(\.name) == ["a", "b"])
            #expect(models.map(\.contextTokens) == [4_096, 32_768])
            #expect(await ground.provider.health() == .ready)
        }
        try await ProviderGround.with(Self.openAI, .whole(200, #"{"data":[\#(many)]}"#)) { ground in
            let models = try await ground.provider.models()
            #expect(models.count == Limits.Providers.maximumModels)
        }
        let long = String(repeating: " ", count: Limits.Providers.maximumListBytes)
        try await ProviderGround.with(Self.openAI, .whole(200, #"{"data":[]}"# + long)) { ground in
            await #expect(throws: ChatError(.upstreamMalformed, "")) { try await ground.provider.models() }
        }
    }

    @Test("An answer or a refusal longer than allowed is not taken in")
    func long() async throws {
        let refusal = String(repeating: "x", count: 2 * Limits.Dialects.maximumRefusalBytes)
        try await ProviderGround.with(Self.openAI, .whole(500, refusal)) { ground in
            await #expect(throws: ChatError(.upstreamFailed, "")) {
                try await ground.provider.answer(ProviderGround.request())
            }
        }
        let answer = String(repeating: " ", count: Limits.Dialects.maximumAnswerBytes + 1)
        try await ProviderGround.with(Self.openAI, .whole(200, answer)) { ground in
            await #expect(throws: ChatError(.upstreamMalformed, "")) {
                try await ground.provider.answer(ProviderGround.request(isStreamed: false))
            }
        }
    }

    @Test("A key is taken without the spaces around it, and says nothing of itself")
    func keys() throws {
        let key = try #require(ProviderKey(Array(" abc\n".utf8)))
        #expect("\(key) \(String(reflecting: key))".contains("abc") == false)
        #expect(ProviderKey(Array("".utf8)) == nil)
        #expect(ProviderKey(Array("a b".utf8)) == nil)
        #expect(ProviderKey([UInt8](repeating: 0x61, count: Limits.Providers.maximumKeyBytes)) != nil)
        #expect(ProviderKey([UInt8](repeating: 0x61, count: Limits.Providers.maximumKeyBytes + 1)) == nil)

        var path = Array("/tmp/provider-key.XXXXXX".utf8CString)
        let descriptor = mkstemp(&path)
        let name = String(decoding: path.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { unlink(name) }
        #expect(write(descriptor, "abc\n", 4) == 4)
        close(descriptor)
        _ = try ProviderKey(file: name)
        chmod(name, 0o644)
        #expect(throws: ChatError(.unavailable, "")) { try ProviderKey(file: name) }
        #expect(throws: ChatError(.unavailable, "")) { try ProviderKey(file: "/nowhere/at/all") }
        // A pipe that nobody writes to holds nobody up.
        unlink(name)
        #expect(mkfifo(name, 0o600) == 0)
        #expect(throws: ChatError(.unavailable, "")) { try ProviderKey(file: name) }
    }
}
