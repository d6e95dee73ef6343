internal import MeshAPI
internal import MeshChat
internal import MeshCore
internal import MeshPrivacy

extension StopReason {
    /// As Anthropic calls it.
    var word: String {
        switch self {
        case .endOfTurn: "end_turn"
        case .maximumTokens: "max_tokens"
        case .stopSequence: "stop_sequence"
        case .toolUse: "tool_use"
        case .refusal: "refusal"
        case .contextFull: "model_context_window_exceeded"
        case .paused: "pause_turn"
        }
    }
}

extension AnswerDocument.Tokens {
    init(_ usage: ChatUsage) {
        self.init(
            input: UInt64(clamping: usage.inputTokens),
            cacheRead: UInt64(clamping: usage.cacheReadTokens),
            cacheWrite: UInt64(clamping: usage.cacheWriteTokens + usage.longCacheWriteTokens),
            output: UInt64(clamping: usage.outputTokens),
            reasoning: UInt64(clamping: usage.reasoningTokens),
            isEstimated: usage.isEstimated
        )
    }
}

extension AnswerDocument.Cost {
    /// What was charged, or else what it costs as far as anybody has said; nil where nobody has.
    init?(_ cost: Money?, _ charge: CallCharge?) {
        guard let total = charge?.total ?? cost else { return nil }
        self.init(total)
        guard let charge else { return }
        parts = Parts(
            upstream: charge.upstream.description,
            fee: charge.fee.description,
            total: charge.total.description,
            fundedBy: charge.funding.map { Parts.Source($0.source, $0.amount.description) }
        )
    }
}

extension AnswerDocument.Privacy {
    init(_ note: PrivacyNote) {
        var replaced: [String: UInt64] = [:]
        for (kind, count) in note.found.counts { replaced[kind.rawValue] = UInt64(clamping: count) }
        self.init(
            replaced: replaced,
            restored: UInt64(clamping: note.restored.restored),
            broken: UInt64(clamping: note.restored.broken),
            unsearched: UInt64(clamping: note.found.unsearched),
            isComplete: note.found.isComplete
        )
    }
}
