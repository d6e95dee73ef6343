internal import MeshChat
internal import MeshCore

/// A test double: an engine that says what the name of the model asks for, the same every time.
///
/// `echo` says what the user said, a character at a time; `tools` thinks, speaks and calls two tools; `stop-REASON`
/// ends so; `fail-CODE` refuses; `break-CODE` breaks off behind some words; `endless` never ends; `paced` says twenty
/// words, one every 50 ms.
final class CannedEngine: Sendable {
    private struct Counts {
        var running = 0
        var cancelled = 0
    }

    private let counts = Lock(Counts())
    private let clock: any Clock

    init(clock: any Clock) { self.clock = clock }

    static let usage = ChatUsage(
        inputTokens: 11,
        cacheReadTokens: 5,
        cacheWriteTokens: 3,
        outputTokens: 7,
        reasoningTokens: 2
    )

    var figures: (running: Int, cancelled: Int) { counts.withLock { ($0.running, $0.cancelled) } }

    func answer(_ chat: ChatRequest) throws(ChatError) -> CannedAnswer {
        let model = chat.model
        if let code = Self.code(in: model, behind: "fail-") {
            throw ChatError(code, "as asked", cause: ChatFailure(retryAfter: .seconds(1)))
        }
        var events: [ChatEvent] = [.started(ChatStart(id: "canned", model: model)), .usage(ChatUsage(inputTokens: 11))]
        var failure: ChatError?
        if let code = Self.code(in: model, behind: "break-") {
            events.append(.text("some words"))
            failure = ChatError(code, "as asked", cause: ChatFailure(hasBegun: true))
            return CannedAnswer(events, failure: failure, engine: self)
        }
        var stop = StopReason.endOfTurn
        switch model {
        case "tools":
            events += Self.toolEvents
            stop = .toolUse
        case "stop-length": stop = .maximumTokens
        case "stop-sequence": stop = .stopSequence(chat.stopSequences.first)
        case "stop-refusal": stop = .refusal
        case "stop-context": stop = .contextFull
        default: break
        }
        if model == "paced" {
            events += (1...20).map { .text("word \($0) ") }
        } else if model != "tools" {
            events += (chat.messages.last?.text ?? "").unicodeScalars.map { .text(String($0)) }
        }
        events += [.usage(Self.usage), .ended(stop)]
        let pace: Duration? = model == "paced" ? .milliseconds(50) : nil
        return CannedAnswer(events, isEndless: model == "endless", pace: pace, engine: self)
    }

    /// Waits, as long as nobody cancels.
    func wait(_ time: Duration) async { try? await clock.sleep(for: time) }

    func began() { counts.withLock { $0.running += 1 } }

    func ended(byCancelling: Bool) {
        counts.withLock { counts in
            counts.running -= 1
            if byCancelling { counts.cancelled += 1 }
        }
    }

    private static func code(in model: String, behind prefix: String) -> ChatErrorCode? {
        model.hasPrefix(prefix) ? ChatErrorCode(rawValue: String(model.dropFirst(prefix.utf8.count))) : nil
    }

    private static let toolEvents: [ChatEvent] = [
        .thinking("let me "), .thinking("see"), .thinkingSigned("seal"), .text("I ask "), .text("two tools."),
        .toolUseStarted(id: "call_1", name: "weather"), .toolUseArguments(#"{"city":"#),
        .toolUseArguments(#""Zürich 🏔"}"#), .toolUseEnded, .toolUseStarted(id: "call_2", name: "clock"), .toolUseEnded,
    ]
}

/// An answer of the canned engine.
final class CannedAnswer: ChatAnswer {
    private struct State {
        var taken = 0
        var isOver = false
    }

    private let events: [ChatEvent]
    private let failure: ChatError?
    private let isEndless: Bool
    private let pace: Duration?
    private let engine: CannedEngine
    private let state = Lock(State())

    init(
        _ events: [ChatEvent],
        failure: ChatError? = nil,
        isEndless: Bool = false,
        pace: Duration? = nil,
        engine: CannedEngine
    ) {
        self.events = events
        self.failure = failure
        self.isEndless = isEndless
        self.pace = pace
        self.engine = engine
        engine.began()
    }

    deinit { end(byCancelling: true) }

    var usageSoFar: ChatUsage { CannedEngine.usage }

    func cancel() { end(byCancelling: true) }

    func next() async throws(ChatError) -> ChatEvent? {
        let index = state.withLock { state in
            defer { state.taken += 1 }
            return state.taken
        }
        if let pace, (3..<events.count - 2).contains(index) { await engine.wait(pace) }
        if isEndless, index > 1 { return .text("for ever and ever ") }
        if index < events.count { return events[index] }
        end(byCancelling: false)
        if let failure { throw failure }
        return nil
    }

    private func end(byCancelling: Bool) {
        let isFirst = state.withLock { state in
            defer { state.isOver = true }
            return !state.isOver
        }
        if isFirst { engine.ended(byCancelling: byCancelling) }
    }
}
