internal import MeshChat
internal import MeshCore
internal import MeshDialects
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

    private struct State {
        var run: (any ChatRun)?
        var firstWord: Duration?
        var isWritten = false
    }

    private let call: ChatCall
    private let dialect: ChatDialect
    private let began: Instant
    private let clock: any Clock
    private let logger: Logger?
    private let trace: TraceContext?
    private let state = Lock(State())

    init(_ call: ChatCall, _ dialect: ChatDialect, clock: any Clock, logger: Logger?) {
        self.call = call
        self.dialect = dialect
        self.clock = clock
        self.logger = logger
        began = clock.now
        trace = TraceContext.current
    }

    deinit { write(.clientLeft) }

    /// An answer has begun.
    func begin(_ run: any ChatRun) {
        let elapsed = clock.now - began
        state.withLock { state in
            state.run = run
            state.firstWord = elapsed
        }
    }

    /// It is over.
    func end(_ end: End) { write(end) }

    private func write(_ end: End) {
        let (run, firstWord, isFirst) = state.withLock { state in
            defer { (state.isWritten, state.run) = (true, nil) }
            return (state.run, state.firstWord, !state.isWritten)
        }
        guard isFirst, let logger else { return }
        let level = end.level
        guard level >= logger.minimumLevel else { return }
        // Where it ends by being let go of, the task may be anybody's.
        TraceContext.$current.withValue(trace) {
            logger.log(level, .chat, fields(end, run, firstWord))
        }
    }

    private func fields(_ end: End, _ run: (any ChatRun)?, _ firstWord: Duration?) -> [LogField] {
        var fields = [
            LogField(.call, .text("\(call.id)")), LogField(.tenant, .text(call.caller.tenant.text)),
            LogField(.outcome, .text(end.word)), LogField(.dialect, .text(dialect.rawValue)),
            LogField(.streamed, .flag(call.request.isStreamed)), LogField(.elapsed, .duration(clock.now - began)),
        ]
        if let key = call.caller.key { fields.append(LogField(.apiKey, .text(key))) }
        if let firstWord { fields.append(LogField(.firstWord, .duration(firstWord))) }
        if let run {
            let usage = run.usageSoFar
            fields += [
                LogField(.model, .text(run.model)), LogField(.engine, .text(run.engine)),
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
