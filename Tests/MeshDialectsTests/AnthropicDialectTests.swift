import MeshChat
import MeshCore
import MeshDialects
import MeshJSON
import Testing

@Suite("Anthropic's dialect")
struct AnthropicDialectTests {
    private func read(_ text: String) throws(ChatError) -> ReadRequest {
        try AnthropicRequestReader.read(Array(text.utf8))
    }

    private func events(of lines: [String]) throws -> [ChatEvent] {
        var reader = AnthropicAnswerReader(provider: "p")
        var events: [ChatEvent] = []
        for line in lines { events += try reader.read(StreamedEvent(data: Array(line.utf8))) }
        return try events + reader.atEnd()
    }

    @Test("A request with blocks, marks for the cache, thoughts and tools is read")
    func request() throws {
        let read = try read(
            """
            {"model":"sonnet","max_tokens":9,"system":[{"type":"text","text":"s","cache_control":{"type":"ephemeral"}}],
            "messages":[{"role":"user","content":"q"},{"role":"assistant","content":[
            {"type":"thinking","thinking":"hm","signature":"sig"},{"type":"redacted_thinking","data":"zz"},
            {"type":"tool_use","id":"t","name":"f","input":{"a":1}}]},
            {"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"no","is_error":true}]}],
            "tools":[{"name":"f","input_schema":{"type":"object"},"cache_control":{"type":"ephemeral","ttl":"1h"}}],
            "tool_choice":{"type":"any","disable_parallel_tool_use":true},
            "thinking":{"type":"enabled","budget_tokens":1024},
            "output_config":{"effort":"high"},"metadata":{"user_id":"u"},"service_tier":"standard_only"}
            """
        )
        let request = read.request
        #expect(request.system[0].cached == .fiveMinutes)
        #expect(request.tools[0].cached == .oneHour)
        #expect(request.messages[1].parts[2].content == .toolUse(ToolUse(id: "t", name: "f", arguments: #"{"a":1}"#)))
        #expect(request.toolChoice == .required)
        #expect(!request.allowsParallelTools)
        #expect(request.reasoning.maximumTokens == 1_024)
        #expect(request.user == "u")
        #expect(read.dropped == ["service_tier"])
        let again = AnthropicRequestWriter.bytes(of: request, model: "sonnet", maximumOutputTokens: 1)
        var kept = request
        kept.user = nil  // providers are not told who asks
        #expect(try AnthropicRequestReader.read(again).request == kept)
    }

    @Test("Without max_tokens a request is refused")
    func maximum() {
        let error = #expect(throws: ChatError.self) {
            try read(#"{"model":"m","messages":[{"role":"user","content":"x"}]}"#)
        }
        #expect(error?.failure?.parameter == "max_tokens")
    }

    @Test("A stream with pings, unknown blocks and events of later days is read, and usage is not added up")
    func stream() throws {
        let events = try events(of: [
            #"{"type":"message_start","message":{"id":"i","model":"m","usage":{"input_tokens":5,"output_tokens":1}}}"#,
            #"{"type":"ping"}"#, #"{"type":"weather","temperature":20}"#,
            #"{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":""}}"#,
            #"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm"}}"#,
            #"{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"sig"}}"#,
            #"{"type":"content_block_stop","index":0}"#,
            #"{"type":"content_block_start","index":1,"content_block":{"type":"server_tool_use","id":"x"}}"#,
            #"{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{}"}}"#,
            #"{"type":"content_block_stop","index":1}"#,
            #"{"type":"content_block_start","index":2,"content_block":{"type":"text","text":""}}"#,
            #"{"type":"content_block_delta","index":2,"delta":{"type":"text_delta","text":"Hi"}}"#,
            #"{"type":"content_block_stop","index":2}"#,
            #"{"type":"message_delta","delta":{"stop_reason":"stop_sequence","stop_sequence":"x"},"#
                + #""usage":{"input_tokens":5,"cache_read_input_tokens":7,"output_tokens":9}}"#,
            #"{"type":"message_stop"}"#,
        ])
        #expect(
            events == [
                .started(ChatStart(id: "i", model: "m")), .usage(ChatUsage(inputTokens: 5, outputTokens: 1)),
                .thinking("hm"), .thinkingSigned("sig"), .text("Hi"),
                .usage(ChatUsage(inputTokens: 5, cacheReadTokens: 7, outputTokens: 9)), .ended(.stopSequence("x")),
            ]
        )
    }

    @Test("An error in the midst of a stream says that the answer had begun")
    func brokenStream() throws {
        let error = #expect(throws: ChatError.self) {
            try events(of: [
                #"{"type":"message_start","message":{"id":"i","model":"m"}}"#,
                #"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
            ])
        }
        #expect(error?.code == .overloaded)
        #expect(error?.failure?.hasBegun == true)
    }

    @Test(
        "A refusal is understood by its words and then by its status",
        arguments: [
            (529, "overloaded_error", "", ChatErrorCode.overloaded), (429, "rate_limit_error", "", .rateLimited),
            (402, "billing_error", "", .upstreamBilling), (401, "authentication_error", "", .upstreamCredentials),
            (400, "invalid_request_error", "Your credit balance is too low", .upstreamBilling),
            (400, "invalid_request_error", "prompt is too long: 9 tokens > 8 maximum", .contextExceeded),
            (400, "invalid_request_error", "messages: must not be empty", .malformed),
            (404, "not_found_error", "", .unknownModel), (500, "api_error", "", .upstreamFailed),
            (504, "timeout_error", "", .timedOut), (503, "", "", .overloaded),
        ] as [(UInt16, String, String, ChatErrorCode)]
    )
    func errors(_ status: UInt16, _ type: String, _ sentence: String, _ code: ChatErrorCode) {
        let body = Array(#"{"type":"error","error":{"type":"\#(type)","message":"\#(sentence)"}}"#.utf8)
        #expect(AnthropicErrors.error(status: status, body: body, retryAfter: nil, provider: "p").code == code)
    }

    @Test("Arguments that are no object are told as they are")
    func arguments() throws {
        let use = ToolUse(id: "t", name: "f", arguments: "[1")
        let reply = ChatReply(
            start: ChatStart(id: "", model: "m"),
            parts: [ChatPart(.toolUse(use))],
            stopReason: .toolUse,
            usage: ChatUsage()
        )
        let text = String(decoding: AnthropicReplyWriter.bytes(of: reply, head: sampleHead), as: UTF8.self)
        #expect(text.contains(#""input":{"malformed_arguments":"[1"}"#))
    }
}
