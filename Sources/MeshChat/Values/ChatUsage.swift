internal import MeshCore

/// Tokens of one call, counted so that no token is in two counts: what is dear and what is cheap stand apart.
///
/// As Anthropic counts, and unlike OpenAI, whose `prompt_tokens` include what was in the cache: ``promptTokens`` is
/// that sum. Reasoning is told of output and is the one count that is part of another.
package struct ChatUsage: Hashable, Sendable {
    /// Tokens that were read and paid in full.
    package var inputTokens: Int

    /// Tokens that the provider still had ready.
    package var cacheReadTokens: Int

    /// Tokens that it was asked to keep ready for five minutes, or as long as it pleases.
    package var cacheWriteTokens: Int

    /// Tokens that it was asked to keep ready for an hour.
    package var longCacheWriteTokens: Int

    /// Tokens that were said, reasoning among them.
    package var outputTokens: Int

    /// Tokens of the output that were thought and not said.
    package var reasoningTokens: Int

    /// Whether anything here was estimated because whoever answered did not say.
    package var isEstimated: Bool

    /// These counts; what is negative counts as none, and what is beyond ``Limits/Chat/maximumTokens`` as that many.
    package init(
        inputTokens: Int = 0,
        cacheReadTokens: Int = 0,
        cacheWriteTokens: Int = 0,
        longCacheWriteTokens: Int = 0,
        outputTokens: Int = 0,
        reasoningTokens: Int = 0,
        isEstimated: Bool = false
    ) {
        self.inputTokens = Self.bounded(inputTokens)
        self.cacheReadTokens = Self.bounded(cacheReadTokens)
        self.cacheWriteTokens = Self.bounded(cacheWriteTokens)
        self.longCacheWriteTokens = Self.bounded(longCacheWriteTokens)
        self.outputTokens = Self.bounded(outputTokens)
        self.reasoningTokens = min(Self.bounded(reasoningTokens), self.outputTokens)
        self.isEstimated = isEstimated
    }

    /// All that was read: what OpenAI calls `prompt_tokens`.
    package var promptTokens: Int { inputTokens + cacheReadTokens + cacheWriteTokens + longCacheWriteTokens }

    /// All that was read and said.
    package var totalTokens: Int { promptTokens + outputTokens }

    private static func bounded(_ tokens: Int) -> Int { min(max(0, tokens), Limits.Chat.maximumTokens) }
}
