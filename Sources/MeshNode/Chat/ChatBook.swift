internal import MeshChat
internal import MeshCore

/// Counts the chats of a hub, and says in the log where an account could not be settled.
///
/// A line for each chat is written by the gateway, which knows how it reached the client.
final class ChatBook: ChatObserver {
    /// Whose answers are counted together.
    struct Subject: Hashable, Comparable {
        let engine: String
        let model: String

        static func < (left: Subject, right: Subject) -> Bool {
            (left.engine, left.model) < (right.engine, right.model)
        }
    }

    /// What came of calls to one model of one engine.
    struct Tally: Sendable {
        /// By how they ended.
        var outcomes: [String: Int64] = [:]
        /// Tokens by kind.
        var tokens: [String: Int64] = [:]
        /// From the question to the first word.
        var firstWords = Distribution(over: .chat)
        /// From the question to the end, of answers that were complete.
        var wholes = Distribution(over: .chat)
    }

    /// What was counted.
    struct Reading: Sendable {
        /// By whose answers.
        var tallies: [(subject: Subject, tally: Tally)]
        /// Calls that were refused, by why.
        var refusals: [String: Int64]
    }

    private struct State {
        var tallies: [Subject: Tally] = [:]
        var refusals: [String: Int64] = [:]
    }

    private let state = Lock(State())
    private let logger: Logger

    init(logger: Logger) { self.logger = logger }

    /// What was counted so far.
    var reading: Reading {
        state.withLock { state in
            Reading(
                tallies: state.tallies.sorted { $0.key < $1.key }.map { (subject: $0.key, tally: $0.value) },
                refusals: state.refusals
            )
        }
    }

    func callEnded(_ record: CallRecord) {
        state.withLock { state in
            if case .refused(let code) = record.outcome { state.refusals[code.rawValue, default: 0] += 1 }
            guard let engine = record.engine, let model = record.model else { return }
            // Names come from the table and the configuration, so there are few.
            let subject = Subject(engine: engine, model: model)
            var tally = state.tallies.removeValue(forKey: subject) ?? Tally()
            tally.note(record)
            state.tallies[subject] = tally
        }
    }

    func settlingFailed(_ record: CallRecord, _ error: ChatError, isGivenUp: Bool) {
        TraceContext.$current.withValue(record.trace) {
            logger.log(
                isGivenUp ? .error : .warning,
                isGivenUp ? .settlingGivenUp : .settlingFailed,
                [
                    LogField(.chatCall, .text("\(record.id)")), LogField(.tenant, .text(record.tenant.text)),
                    LogField(.chatOutcome, .text(record.outcome.name)),
                    LogField(.error, .text(error.identity)), LogField(.reason, .text(error.message)),
                    // By these it can be booked by hand.
                    LogField(.chatModel, .text(record.model ?? "")),
                    LogField(.chatInput, .integer(Int64(record.usage.promptTokens))),
                    LogField(.chatOutput, .integer(Int64(record.usage.outputTokens))),
                ]
            )
        }
    }
}

extension ChatBook.Tally {
    mutating func note(_ record: CallRecord) {
        outcomes[record.outcome.name, default: 0] += 1
        let usage = record.usage
        let counts = [
            ("input", usage.inputTokens), ("cache_read", usage.cacheReadTokens),
            ("cache_write", usage.cacheWriteTokens + usage.longCacheWriteTokens), ("output", usage.outputTokens),
        ]
        for (kind, count) in counts { tokens[kind, default: 0] += Int64(count) }
        if let firstWord = record.firstWord { firstWords.note(firstWord) }
        if record.outcome == .complete { wholes.note(record.whole) }
    }
}

extension Distribution.Ladder {
    /// What a person waits for, and answers that take minutes.
    fileprivate static let chat = Distribution.Ladder(
        [1, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 180_000].map {
            $0 * 1_000_000
        }
    )
}

extension LogEvent {
    static let settlingFailed = LogEvent("chat.settling-failed")
    static let settlingGivenUp = LogEvent("chat.settling-given-up")
}

extension LogKey {
    static let chatCall = LogKey("call")
    static let chatOutcome = LogKey("outcome")
    static let chatInput = LogKey("input_tokens")
    static let chatOutput = LogKey("output_tokens")
}
