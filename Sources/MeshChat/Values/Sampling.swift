/// How the next token is drawn; nil for what the model's provider takes for good.
package struct Sampling: Hashable, Sendable {
    /// How daring: 0 always takes the likeliest.
    package var temperature: Double?

    /// From the likeliest that together have this share.
    package var topP: Double?

    /// From this many of the likeliest.
    package var topK: Int?

    /// The same seed, the same answer, as far as the engine can promise that.
    package var seed: Int64?

    /// How much less likely what was said often.
    package var frequencyPenalty: Double?

    /// How much less likely what was said at all.
    package var presencePenalty: Double?

    /// Nothing said.
    package init() {}
}

/// How much a model shall think before it speaks.
package struct ReasoningWish: Hashable, Sendable {
    /// Whether at all; nil where nothing was said.
    package var isWanted: Bool?

    /// How hard, in the words of all vendors: `low`, `medium`, `high` and others.
    package var effort: String?

    /// The most tokens of it.
    package var maximumTokens: Int?

    /// Nothing said.
    package init() {}
}
