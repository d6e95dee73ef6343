import MeshChat
import MeshCore
import MeshDialects
import MeshJSON
import Testing

@Suite("OpenAI's dialect")
struct OpenAIDialectTests {
    private func read(_ text: String) throws(ChatError) -> ReadRequest {
        try OpenAIRequestReader.read(Array(text.utf8))
    }

    private func events(of lines: [String]) throws -> [ChatEvent] {
        var reader = OpenAIAnswerReader(provider: "p")
        var events: [ChatEvent] = []
        for line in lines { events += try reader.read(StreamedEvent(data: Array(line.utf8))) }
        return try events + reader.atEnd()
    }

    @Test("A request with parts, tools and images is read")
    func request() throws {
        let read = try read(
            """
            {"model":"gpt-4","messages":[{"role":"developer","content":"be brief"},{"role":"user","content":[
            {"type":"text","text":"see"},{"type":"image_url","image_url":{"url":"data:image/png;base64,QUJD"}}]},
            {"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"f",
            "arguments":"{}"}}]},{"role":"tool","tool_call_id":"c1","content":"42"},
            {"role":"tool","tool_call_id":"c2","content":"43"}],"stop":"x","max_tokens":5,"n":1,"stream":true,
            "stream_options":{"include_usage":true},"logprobs":true,"store":false,"service_tier":"auto",
            "verbosity":"low"}
            """
        )
        let request = read.request
        #expect(request.system == [.text("be brief")])
        #expect(request.messages[0].parts[1].content == .image(.inline(type: "image/png", base64: "QUJD")))
        #expect(request.messages.count == 3)
        #expect(request.messages[2].parts.count == 2)
        #expect(request.stopSequences == ["x"])
        #expect(request.maximumOutputTokens == 5)
        #expect(request.isStreamed && request.wantsUsage)
        #expect(read.dropped == ["logprobs", "verbosity"])
    }

    @Test(
        "What cannot be read or done is refused, and the error says where",
        arguments: [
            ("[]", nil), ("{", nil), (#"{"messages":[]}"#, "model"), (#"{"model":"m"}"#, "messages"),
            (#"{"model":"m","messages":[]}"#, "messages"), (#"{"model":7,"messages":[]}"#, "model"),
            (#"{"model":"m","messages":[{"role":"king","content":""}]}"#, "messages[0].role"),
            (#"{"model":"m","messages":[{"role":"user"}]}"#, "messages[0].content"),
            (
                #"{"model":"m","messages":[{"role":"user","content":[{"type":"input_audio"}]}]}"#,
                "messages[0].content[0].type"
            ),
            (#"{"model":"m","messages":[{"role":"user","content":"x"}],"n":2}"#, "n"),
            (#"{"model":"m","messages":[{"role":"user","content":"x"}],"temperature":3}"#, "temperature"),
            (#"{"model":"m","messages":[{"role":"user","content":"x"}],"functions":[{}]}"#, "functions"),
        ] as [(String, String?)]
    )
    func refusals(_ text: String, _ parameter: String?) throws {
        let error = #expect(throws: ChatError.self) { try read(text) }
        #expect(error?.failure?.parameter == parameter)
        #expect(error?.code == .malformed || error?.code == .unsupported)
    }

    @Test("Thoughts, text, tools and a usage chunk are read from a stream")
    func stream() throws {
        let events = try events(of: [
            #"{"id":"i","model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""}}],"usage":null}"#,
            #"{"choices":[{"index":0,"delta":{"reasoning_content":"hm"}}]}"#,
            #"{"choices":[{"index":1,"delta":{"content":"another answer"}}]}"#,
            #"{"choices":[{"index":0,"delta":{"content":"Hi"}}]}"#,
            #"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":""}}]}}]}"#,
            #"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{}"}}]}}]}"#,
            #"{"choices":[{"delta":{"tool_calls":[{"index":1,"id":"b","#
                + #""function":{"name":"g","arguments":{"x":1}}}]}}]}"#,
            #"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#,
            #"{"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":3,"#
                + #""prompt_tokens_details":{"cached_tokens":4}}}"#,
            "[DONE]", "{\"choices\":[]}",
        ])
        #expect(
            events == [
                .started(ChatStart(id: "i", model: "m")), .thinking("hm"), .text("Hi"),
                .toolUseStarted(id: "a", name: "f"), .toolUseArguments("{}"), .toolUseEnded,
                .toolUseStarted(id: "b", name: "g"), .toolUseArguments(#"{"x":1}"#), .toolUseEnded,
                .usage(ChatUsage(inputTokens: 6, cacheReadTokens: 4, outputTokens: 3)), .ended(.toolUse),
            ]
        )
    }

    @Test("A stream without [DONE] is whole where a reason was said, and broken where none was")
    func ends() throws {
        let begin = #"{"id":"i","model":"m","choices":[{"index":0,"delta":{"content":"x"}}]}"#
        let end = #"{"choices":[{"index":0,"delta":{},"finish_reason":"length"}]}"#
        #expect(try events(of: [begin, end]).last == .ended(.maximumTokens))
        #expect(throws: ChatError(.upstreamFailed, "")) { try events(of: [begin]) }
        #expect(throws: ChatError(.upstreamMalformed, "")) { try events(of: ["[DONE]"]) }
        #expect(throws: ChatError(.upstreamMalformed, "")) { try events(of: ["nonsense"]) }
    }

    @Test("More tool calls than allowed, and calls that are mixed up, break a stream off")
    func toolCalls() throws {
        func call(_ index: Int) -> String {
            #"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":\#(index),"id":"c","function":{"name":"f"}}]}}]}"#
        }
        #expect(throws: ChatError(.upstreamMalformed, "")) { try events(of: [call(0), call(1), call(0)]) }
        let many = (0...Limits.Dialects.maximumParts).map(call)
        #expect(throws: ChatError(.upstreamMalformed, "")) { try events(of: many) }
        #expect(throws: ChatError(.upstreamFailed, "")) { try events(of: Array(many.dropLast())) }
    }

    @Test(
        "A refusal is understood by its words and then by its status",
        arguments: [
            (
                429, #"{"error":{"type":"insufficient_quota","code":"insufficient_quota"}}"#,
                ChatErrorCode.upstreamBilling
            ),
            (429, #"{"error":{"code":"rate_limit_exceeded"}}"#, .rateLimited), (402, "", .upstreamBilling),
            (401, "{}", .upstreamCredentials), (404, #"{"error":{"code":"model_not_found"}}"#, .unknownModel),
            (400, #"{"error":{"code":"context_length_exceeded"}}"#, .contextExceeded),
            (400, #"{"error":{"message":"bad","type":"invalid_request_error","param":"x"}}"#, .malformed),
            (503, "<html>", .overloaded), (500, "", .upstreamFailed), (504, "", .timedOut), (413, "", .tooLarge),
        ] as [(UInt16, String, ChatErrorCode)]
    )
    func errors(_ status: UInt16, _ body: String, _ code: ChatErrorCode) {
        let wait = Duration.seconds(3)
        let error = OpenAIErrors.error(status: status, body: Array(body.utf8), retryAfter: wait, provider: "p")
        #expect(error.code == code)
        #expect(error.failure?.retryAfter == wait)
    }

    @Test("What a provider says is cut, stands in the cause, and in no log")
    func sentences() throws {
        let secret = String(repeating: "s", count: 2 * Limits.Dialects.maximumSentenceBytes)
        let body = Array(#"{"error":{"message":"\#(secret)"}}"#.utf8)
        let error = OpenAIErrors.error(status: 400, body: body, retryAfter: nil, provider: "p")
        #expect((error.failure?.sentence?.utf8.count ?? 0) <= Limits.Dialects.maximumSentenceBytes)
        #expect(!error.chain.contains("sss"))
        let told = OpenAIErrors.answer(to: error)
        #expect(String(decoding: told.body, as: UTF8.self).contains("sss"))
    }

    @Test("A client is told to wait, at most as long as both SDKs bear, and not to try again what is vain")
    func waits() throws {
        let patient = ChatError(.rateLimited, "slow down", cause: ChatFailure(retryAfter: .milliseconds(1_200)))
        #expect(OpenAIErrors.answer(to: patient).fields == [ErrorAnswer.Field("retry-after", "2")])
        let hour = ChatError(.rateLimited, "slow down", cause: ChatFailure(retryAfter: .seconds(3_600)))
        let most = Limits.Dialects.longestRetryAfter.components.seconds
        #expect(OpenAIErrors.answer(to: hour).fields == [ErrorAnswer.Field("retry-after", "\(most)")])
        let vain = ChatError(.upstreamBilling, "the provider wants money", cause: ChatFailure(retryAfter: .seconds(1)))
        #expect(OpenAIErrors.answer(to: vain).fields == [ErrorAnswer.Field("x-should-retry", "false")])
    }
}
