internal import MeshChat
internal import MeshCore
internal import MeshIdentity

/// Writes one line for each chat, once, when it is over: who asked, who answered, how many tokens; never a word of it.
///
/// Where an answer is let go of before anything of it was sent, that is where it ends.
final class ChatRecord: Sendable {
    /// How a chat ends.
    enum End: Hashable, Sendable {
        case complete
        case clientLeft
        case failed(ChatErrorCode)
    }

    /// What is answered.
    struct Subject: Sendable {
        /// By which it is known everywhere.
        let id: UniqueID
        let caller: Caller
        /// Whose words are spoken: a dialect's name, or the word for questions.
        let dialect: String
        let isStreamed: Bool
    }

    private struct State {
        var run: (any ChatAnswer)?
        var (model, engine): (String?, String?)
        var firstWord: Duration?
        var isWritten = false
    }

    private let subject: Subject
    private let began: Instant
    private let clock: any Clock
    private let logger: Logger?
    private let trace: TraceContext?
    private let state = Lock(State())

    init(_ subject: Subject, clock: any Clock, logger: Logger?) {
        self.subject = subject
        self.clock = clock
        self.logger = logger
        began = clock.now
        trace = TraceContext.current
    }

    deinit { write(.clientLeft) }

    /// An answer has begun, of `model`, which `engine` runs where that is known.
    func begin(_ run: any ChatAnswer, model: String, engine: String?) {
        let elapsed = clock.now - began
        state.withLock { state in
            (state.run, state.model, state.engine) = (run, model, engine)
            state.firstWord = elapsed
        }
    }

    /// It is over.
    func end(_ end: End) { write(end) }

    private func write(_ end: End) {
        let last = state.withLock { state in
            defer { (state.isWritten, state.run) = (true, nil) }
            return state
        }
        guard !last.isWritten, let logger else { return }
        let level = end.level
        guard level >= logger.minimumLevel else { return }
        // Where it ends by being let go of, the task may be anybody's.
        TraceContext.$current.withValue(trace) {
            logger.log(level, .chat, fields(end, last))
        }
    }

    private func fields(_ end: End, _ state: State) -> [LogField] {
        var fields = [
            LogField(.call, .text("\(subject.id)")), LogField(.tenant, .text(subject.caller.tenant.text)),
            LogField(.outcome, .text(end.word)), LogField(.dialect, .text(subject.dialect)),
            LogField(.streamed, .flag(subject.isStreamed)), LogField(.elapsed, .duration(clock.now - began)),
        ]
        if let key = subject.caller.key { fields.append(LogField(.apiKey, .text(key))) }
        if let firstWord = state.firstWord { fields.append(LogField(.firstWord, .duration(firstWord))) }
        if let model = state.model { fields.append(LogField(.model, .text(model))) }
        if let engine = state.engine { fields.append(LogField(.engine, .text(engine))) }
        if let run = state.run {
            let usage = run.usageSoFar
            fields += [
                LogField(.promptTokens, .integer(Int64(usage.promptTokens))),
                LogField(.outputTokens, .integer(Int64(usage.outputTokens))),
            ]
            if usage.isEstimated { fields.append(LogField(.estimated, .flag(true))) }
        }
        return fields
    }
}

extension ChatRecord.End {
    fileprivate var word: String {
        switch self {
        case .complete: "complete"
        case .clientLeft: "client_left"
        case .failed(let code): code.rawValue
        }
    }

    /// What others did is for somebody to look at.
    fileprivate var level: LogLevel {
        switch self {
        case .failed(.engineFailed): .error
        case .failed(.upstreamBilling), .failed(.upstreamCredentials), .failed(.upstreamFailed),
            .failed(.upstreamMalformed), .failed(.unavailable), .failed(.timedOut):
            .warning
        default: .info
        }
    }
}

extension LogEvent {
    /// A chat is over.
    static let chat = LogEvent("chat.ended")
}

extension LogKey {
    /// By which a call is known.
    static let call = LogKey("call")
    /// What the key that was shown is called.
    static let apiKey = LogKey("key")
    /// How it ended.
    static let outcome = LogKey("outcome")
    /// Whose words were spoken.
    static let dialect = LogKey("dialect")
    /// Whether the answer came piece by piece.
    static let streamed = LogKey("streamed")
    /// From the request to the first word.
    static let firstWord = LogKey("first_word")
    /// The model that answered.
    static let model = LogKey("model")
    /// Who ran it.
    static let engine = LogKey("engine")
    /// Tokens that were read.
    static let promptTokens = LogKey("prompt_tokens")
    /// Tokens that were said.
    static let outputTokens = LogKey("output_tokens")
    /// Whether the tokens are an estimate.
    static let estimated = LogKey("estimated")
}
