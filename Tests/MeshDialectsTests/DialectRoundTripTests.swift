import MeshChat
import MeshCore
import MeshDialects
import Testing

@Suite("What one side writes, the other reads")
struct DialectRoundTripTests {
    private let seeds = UInt64(1)...200

    @Test("A request written for OpenAI is read as it was")
    func openAIRequests() throws {
        for seed in seeds {
            var samples = DialectSamples(seed: seed)
            let request = samples.request()
            let bytes = OpenAIRequestWriter.bytes(of: request, model: "m")
            let read = try OpenAIRequestReader.read(bytes)
            #expect(read.request == request)
            #expect(read.dropped == [])
        }
    }

    @Test("A request written for Anthropic is read as it was")
    func anthropicRequests() throws {
        for seed in seeds {
            var samples = DialectSamples(seed: seed)
            var request = samples.request()
            let bytes = AnthropicRequestWriter.bytes(of: request, model: "m", maximumOutputTokens: 1)
            let read = try AnthropicRequestReader.read(bytes)
            request.wantsUsage = true  // there, that goes without saying
            #expect(read.request == request)
            #expect(read.dropped == [])
        }
    }

    @Test("A whole answer is read as it was written, in both dialects")
    func replies() throws {
        for seed in seeds {
            var samples = DialectSamples(seed: seed)
            var reply = samples.reply()
            let anthropic = AnthropicReplyWriter.bytes(of: reply, head: sampleHead)
            let openAI = OpenAIReplyWriter.bytes(of: reply, head: sampleHead)
            reply.start.id = "msg_" + sampleDigits
            #expect(try AnthropicAnswerReader.reply(in: anthropic, provider: "p") == reply)
            let read = try OpenAIAnswerReader.reply(in: openAI, provider: "p")
            #expect(read.text == reply.text)
            #expect(read.parts.filter { $0.text == nil } == reply.parts.filter { $0.text == nil })
            #expect(read.stopReason == reply.stopReason)
            #expect(read.usage == reply.usage)
        }
    }

    @Test("A stream that is cut anywhere is read as the answer that was written, in both dialects")
    func streams() throws {
        for seed in seeds {
            var samples = DialectSamples(seed: seed)
            let reply = samples.reply()
            let size = 1 + samples.number(below: 40)

            var anthropicWriter = AnthropicStreamWriter(head: sampleHead)
            let anthropic = reply.events.flatMap { anthropicWriter.bytes(for: $0) }
            var anthropicReader = AnthropicAnswerReader(provider: "p")
            let first = try answer(anthropic, size) { event throws(ChatError) in try anthropicReader.read(event) }
            #expect(first.parts == reply.parts)
            #expect(first.usage == reply.usage)
            #expect(first.stopReason == reply.stopReason)

            var openAIWriter = OpenAIStreamWriter(head: sampleHead, wantsUsage: true)
            let openAI = reply.events.flatMap { openAIWriter.bytes(for: $0) }
            var openAIReader = OpenAIAnswerReader(provider: "p")
            let second = try answer(openAI, size) { event throws(ChatError) in try openAIReader.read(event) }
            #expect(second.parts == reply.parts)
            #expect(second.usage == reply.usage)
            #expect(second.stopReason == reply.stopReason)
        }
    }

    private let sampleDigits = "00000000000000010000000000000002"

    private func answer(
        _ bytes: [UInt8],
        _ size: Int,
        _ read: (StreamedEvent) throws(ChatError) -> [ChatEvent]
    ) throws -> ChatReply {
        var events = StreamedEventReader()
        var builder = ChatReplyBuilder()
        for start in stride(from: 0, to: bytes.count, by: size) {
            events.feed(Array(bytes[start..<min(start + size, bytes.count)]))
            while let event = try events.next() {
                for event in try read(event) { try builder.take(event) }
            }
        }
        return try #require(builder.reply())
    }
}
