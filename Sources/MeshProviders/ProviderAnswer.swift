internal import MeshChat
internal import MeshCore
internal import MeshDialects
internal import MeshHTTP

/// The answer of a provider, read as far as somebody reads it.
final class ProviderAnswer: ChatAnswer {
    private struct State {
        var events = StreamedEventReader()
        var reader: AnswerReader
        var ready: [ChatEvent] = []
        var taken = 0
        var isOver = false
        var reported: ChatUsage?
        var hasEnded = false
        var contentBytes = 0
        var hasBegun = false
    }

    private let body: ClientBody
    private let request: ChatRequest
    private let configuration: ProviderConfiguration
    private let state: Lock<State>

    init(_ body: ClientBody, of request: ChatRequest, _ configuration: ProviderConfiguration) {
        self.body = body
        self.request = request
        self.configuration = configuration
        state = Lock(State(reader: AnswerReader(configuration)))
    }

    func next() async throws(ChatError) -> ChatEvent? {
        while true {
            do throws(ChatError) {
                if let event = try readyEvent() { return event }
            } catch {
                body.cancel()
                throw error
            }
            if state.withLock({ $0.isOver }) { return nil }
            let piece: [UInt8]?
            do throws(HTTPError) {
                piece = try await body.next()
            } catch {
                let hasBegun = state.withLock { state in
                    state.isOver = true
                    return state.hasBegun
                }
                throw ChatError(provider: configuration.name, error, hasBegun: hasBegun)
            }
            try state.withLock { (state) throws(ChatError) in try Self.feed(&state, piece, request) }
        }
    }

    private func readyEvent() throws(ChatError) -> ChatEvent? {
        try state.withLock { (state) throws(ChatError) in try Self.advance(&state, request) }
    }

    func cancel() { body.cancel() }

    var usageSoFar: ChatUsage { state.withLock { Self.usage($0, request) } }

    /// Takes an answer that comes whole.
    func readWhole() async throws(ChatError) {
        let bytes: [UInt8]
        do throws(HTTPError) {
            bytes = try await body.collect(upTo: Limits.Dialects.maximumAnswerBytes)
        } catch {
            throw ChatError(provider: configuration.name, error, hasBegun: false)
        }
        var reply =
            switch configuration.dialect {
            case .anthropic: try AnthropicAnswerReader.reply(in: bytes, provider: configuration.name)
            case .openAI: try OpenAIAnswerReader.reply(in: bytes, provider: configuration.name)
            }
        var builder = ChatReplyBuilder()
        for event in reply.events { try builder.take(event) }
        reply.usage =
            reply.usage.isEstimated
            ? Self.estimate(request, contentBytes: builder.contentBytes)
            : Self.believable(reply.usage, contentBytes: builder.contentBytes)
        let events = reply.events
        state.withLock { state in
            state.ready = events
            state.reported = reply.usage
            (state.hasEnded, state.isOver) = (true, true)
        }
    }

    // MARK: Steps

    /// The next event that is ready, taken out of the bytes that are here.
    private static func advance(_ state: inout State, _ request: ChatRequest) throws(ChatError) -> ChatEvent? {
        while true {
            if state.taken < state.ready.count {
                let event = state.ready[state.taken]
                state.taken += 1
                note(event, &state)
                return event
            }
            state.ready.removeAll(keepingCapacity: true)
            state.taken = 0
            guard !state.isOver, let event = try state.events.next() else { return nil }
            try take(event, &state, request)
        }
    }

    private static func take(_ event: StreamedEvent, _ state: inout State, _ request: ChatRequest) throws(ChatError) {
        do throws(ChatError) {
            state.ready = completed(try state.reader.read(event), state, request)
        } catch {
            state.isOver = true
            throw error
        }
    }

    private static func feed(
        _ state: inout State,
        _ piece: [UInt8]?,
        _ request: ChatRequest
    ) throws(ChatError) {
        if let piece { return state.events.feed(piece) }
        defer { state.isOver = true }
        var last: [ChatEvent] = []
        if let event = try state.events.atEnd() { last = try state.reader.read(event) }
        last += try state.reader.atEnd()
        state.ready = completed(last, state, request)
    }

    /// Who ends without having said what was used is told what that probably was.
    private static func completed(_ events: [ChatEvent], _ state: State, _ request: ChatRequest) -> [ChatEvent] {
        guard case .ended? = events.last else { return events }
        let bytes = events.reduce(state.contentBytes) { $0 + contentBytes(of: $1) }
        let isSaid = events.contains { if case .usage = $0 { true } else { false } }
        if isSaid {
            return events.map { event in
                guard case .usage(let usage) = event else { return event }
                return .usage(believable(usage, contentBytes: bytes))
            }
        }
        guard state.reported == nil else { return events }
        return events.dropLast() + [.usage(estimate(request, contentBytes: bytes))] + events.suffix(1)
    }

    private static func note(_ event: ChatEvent, _ state: inout State) {
        state.hasBegun = true
        state.contentBytes += contentBytes(of: event)
        switch event {
        case .usage(let usage): state.reported = usage
        case .ended: (state.hasEnded, state.isOver) = (true, true)
        default: break
        }
    }

    private static func contentBytes(of event: ChatEvent) -> Int {
        switch event {
        case .text(let text), .thinking(let text), .toolUseArguments(let text), .thinkingSealed(let text):
            text.utf8.count
        case .toolUseStarted(_, let name): name.utf8.count
        case .started, .thinkingSigned, .toolUseEnded, .usage, .ended: 0
        }
    }

    // MARK: Usage

    /// What was reported, if all of it was; otherwise no less than what has come, and marked.
    private static func usage(_ state: State, _ request: ChatRequest) -> ChatUsage {
        guard var usage = state.reported else { return estimate(request, contentBytes: state.contentBytes) }
        guard !state.hasEnded else { return usage }
        usage.outputTokens = max(usage.outputTokens, TokenEstimate.likely(ofBytes: state.contentBytes))
        usage.isEstimated = true
        return usage
    }

    /// Who said something and counts none of it has not counted.
    private static func believable(_ usage: ChatUsage, contentBytes: Int) -> ChatUsage {
        guard usage.outputTokens == 0, contentBytes > 0 else { return usage }
        var usage = usage
        usage.outputTokens = TokenEstimate.likely(ofBytes: contentBytes)
        usage.isEstimated = true
        return usage
    }

    private static func estimate(_ request: ChatRequest, contentBytes: Int) -> ChatUsage {
        ChatUsage(
            inputTokens: TokenEstimate.likely(of: request),
            outputTokens: TokenEstimate.likely(ofBytes: contentBytes),
            isEstimated: true
        )
    }
}
