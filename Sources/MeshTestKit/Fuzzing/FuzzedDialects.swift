internal import MeshChat
internal import MeshCore
internal import MeshDialects

/// What clients and providers write, under attack.
enum FuzzedDialects {
    /// Events come out the same however the bytes are cut; the first byte says how.
    static func checkEvents(_ input: UnsafeRawBufferPointer) {
        guard let first = input.first else { return }
        let stream = Array(input.dropFirst())
        precondition(
            events(of: stream, piece: Int(first) + 1) == events(of: stream, piece: max(1, stream.count)),
            "cutting the stream elsewhere changed it"
        )
    }

    /// A stream of either vendor is a whole answer in good order, or an error; what was whole is written and read back.
    static func checkAnswers(_ input: UnsafeRawBufferPointer) {
        let stream = Array(input)
        var openAI = OpenAIAnswerReader(provider: "p")
        check(
            stream,
            { event throws(ChatError) in try openAI.read(event) },
            { () throws(ChatError) in try openAI.atEnd() }
        )
        var anthropic = AnthropicAnswerReader(provider: "p")
        check(
            stream,
            { event throws(ChatError) in try anthropic.read(event) },
            { () throws(ChatError) in try anthropic.atEnd() }
        )
        for reply in [
            try? OpenAIAnswerReader.reply(in: stream, provider: "p"),
            try? AnthropicAnswerReader.reply(in: stream, provider: "p"),
        ] {
            if let reply { checkWriters(reply) }
        }
        _ = OpenAIErrors.error(status: 400, body: stream, retryAfter: nil, provider: "p")
        _ = AnthropicErrors.error(status: 400, body: stream, retryAfter: nil, provider: "p")
    }

    /// A request that is read is written for both vendors and read again.
    static func checkRequests(_ input: UnsafeRawBufferPointer) {
        let bytes = Array(input)
        let requests = [try? OpenAIRequestReader.read(bytes), try? AnthropicRequestReader.read(bytes)]
        for case let read? in requests {
            let openAI = OpenAIRequestWriter.bytes(of: read.request, model: "m")
            precondition((try? OpenAIRequestReader.read(openAI)) != nil, "our own request is refused")
            let written = AnthropicRequestWriter.bytes(of: read.request, model: "m", maximumOutputTokens: 1)
            _ = try? AnthropicRequestReader.read(written)
            precondition(TokenEstimate.most(of: read.request) >= TokenEstimate.likely(of: read.request))
        }
    }

    private static func events(of stream: [UInt8], piece: Int) -> [StreamedEvent]? {
        var reader = StreamedEventReader()
        var events: [StreamedEvent] = []
        for start in stride(from: 0, to: stream.count, by: piece) {
            reader.feed(Array(stream[start..<min(start + piece, stream.count)]))
            do {
                while let event = try reader.next() { events.append(event) }
            } catch {
                return nil
            }
        }
        guard let last = try? reader.atEnd() else { return events }
        return events + [last]
    }

    private static func check(
        _ stream: [UInt8],
        _ read: (StreamedEvent) throws(ChatError) -> [ChatEvent],
        _ atEnd: () throws(ChatError) -> [ChatEvent]
    ) {
        var builder = ChatReplyBuilder()
        do {
            for event in events(of: stream, piece: max(1, stream.count)) ?? [] {
                for event in try read(event) { try builder.take(event) }
            }
            for event in try atEnd() { try builder.take(event) }
        } catch {
            precondition(!error.message.contains("begins twice"), "a reader breaks the order of events")
            precondition(!error.message.contains("follows the end"), "a reader breaks the order of events")
            return
        }
        guard let reply = builder.reply() else { preconditionFailure("a stream ended without an answer or an error") }
        checkWriters(reply)
    }

    private static func checkWriters(_ reply: ChatReply) {
        let head = AnswerHead(id: .init(high: 1, low: 2), created: .init(millisecondsSince1970: 0), model: "m")
        var writer = AnthropicStreamWriter(head: head)
        let stream = reply.events.flatMap { writer.bytes(for: $0) }
        var reader = AnthropicAnswerReader(provider: "p")
        var builder = ChatReplyBuilder()
        for event in events(of: stream, piece: 7) ?? [] {
            for event in (try? reader.read(event)) ?? [] { try? builder.take(event) }
        }
        precondition(builder.reply()?.text == reply.text, "what we write is read otherwise")
        _ = OpenAIReplyWriter.bytes(of: reply, head: head)
        _ = AnthropicReplyWriter.bytes(of: reply, head: head)
    }
}
