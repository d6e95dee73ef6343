internal import MeshChat
internal import MeshCore

/// One answer that is being computed.
///
/// Confined to its model's thread.
final class Generation {
    let id: UniqueID
    let tenant: TenantID
    /// The adapter, by the worker's number for it; nil for the model as it is.
    let adapter: UInt64?
    let deadline: Instant?
    let channel: AnswerChannel
    let promptCount: Int
    /// Whether what others have left in memory may be used: not where the same seed shall give the same answer, for
    /// scores differ in their last bits with what is computed together.
    let mayReuse: Bool
    /// Whether it ends as soon as the prompt has been read: nothing is asked but to be ready.
    let onlyReads: Bool

    /// The prompt and what has been answered.
    private(set) var tokens: [Int32]
    /// How many of the tokens the context remembers.
    var read = 0
    /// How many of the prompt's tokens it remembered before.
    private(set) var reused = 0

    private let maximumOutput: Int
    private let contextTokens: Int
    private let sampler: LlamaSampler?
    private let chat: LlamaChat
    private let model: LlamaModel
    private let stops: [String]
    private var text: AnswerText
    private var reading: AnswerReading
    private var hasBegun = false

    init(
        _ request: GenerationRequest,
        prompt: PreparedPrompt,
        model: LlamaModel,
        sampler: LlamaSampler?,
        contextTokens: Int,
        channel: AnswerChannel
    ) {
        id = request.id
        tenant = request.tenant
        adapter = request.adapter?.number
        deadline = request.deadline
        self.channel = channel
        promptCount = prompt.tokens.count
        mayReuse = request.chat.sampling.seed == nil
        onlyReads = sampler == nil
        tokens = prompt.tokens
        maximumOutput = max(1, request.chat.maximumOutputTokens ?? .max)
        self.contextTokens = contextTokens
        self.sampler = sampler
        chat = prompt.chat
        self.model = model
        stops = request.chat.stopSequences
        text = AnswerText(stops: stops + prompt.chat.stops)
        reading = AnswerReading(form: prompt.tools, callPrefix: "\(request.id)")
    }

    /// Tokens that the context has yet to read.
    var unread: ArraySlice<Int32> { tokens[read...] }

    /// Whether all but the last token were read: it answers, and no longer reads the prompt.
    var isAnswering: Bool { tokens.count - read == 1 }

    /// Whether it can go on: its reader has room.
    var isRunnable: Bool { !channel.isFull }

    /// The context remembers the first `count` tokens already.
    func remembers(_ count: Int, isReuse: Bool) {
        read = count
        if isReuse { reused = min(count, promptCount) }
    }

    func begin(model name: String) {
        guard !hasBegun else { return }
        hasBegun = true
        // What the prompt has is known before its first answer; some dialects say it first.
        channel.send([.started(ChatStart(id: "\(id)", model: name)), .usage(usage)], usage: usage)
    }

    /// Takes the next token from row `row`; true where the answer is over.
    func step(_ context: LlamaContext, row: Int) throws(EngineError) -> Bool {
        guard let sampler else { return true }
        guard let token = try sampler.next(context, row: row) else {
            // The grammar has come to its end, and the model knows no token that says so.
            finish(.endOfTurn)
            return true
        }
        if model.isEnd(token) {
            finish(.endOfTurn)
            return true
        }
        tokens.append(token)
        let events = reading.take(text.take(model.piece(token))) { try? chat.message($0, isPartial: true) }
        channel.send(events, usage: usage)
        if let stop = text.stop {
            finish(stop < stops.count ? .stopSequence(stops[stop]) : .endOfTurn)
            return true
        }
        if tokens.count - promptCount >= maximumOutput {
            finish(.maximumTokens)
            return true
        }
        if tokens.count >= contextTokens {
            finish(.contextFull)
            return true
        }
        return false
    }

    func finish(_ reason: StopReason) {
        let last = reading.take(text.finish()) { try? chat.message($0, isPartial: true) }
        let rest = last + reading.finish { try? chat.message($0, isPartial: false) }
        let isWish = reading.wantsTools && reason == .endOfTurn
        channel.send(rest + [.usage(usage), .ended(isWish ? .toolUse : reason)], usage: usage)
        channel.finish()
    }

    func fail(_ error: ChatError) { channel.finish(error) }

    private var usage: ChatUsage {
        let reused = reused
        return ChatUsage(
            inputTokens: promptCount - reused,
            cacheReadTokens: reused,
            outputTokens: tokens.count - promptCount
        )
    }
}

/// A conversation that is ready to be read by a model.
struct PreparedPrompt {
    let tokens: [Int32]
    let chat: LlamaChat
    let schema: String?
    let tools: ToolForm
}
