package import MeshCore

/// A model in the table: what it can do and what it costs.
package struct ModelRow: Hashable, Sendable {
    /// Its name.
    package var name: String

    /// Who made it and answers with it: `anthropic`, `openai`, `local`.
    package var provider: String

    /// The most tokens of prompt and answer together.
    package var contextTokens: Int

    /// The most tokens of an answer.
    package var maximumOutputTokens: Int

    /// Whether it can call tools.
    package var canUseTools: Bool

    /// Whether it can look at pictures.
    package var canSeeImages: Bool

    /// How its provider keeps prompts ready.
    package var cache: CacheKind

    /// What it answers with an error, and is left out.
    package var refuses: Set<ModelParameter>

    /// Since when there is such a model; the beginning of 1970 where nobody knows.
    package var created: WallTime

    /// When its provider takes it away.
    package var ends: WallTime?

    /// What it costs and when; no two of one tier at a time.
    package var prices: [DatedPrice]

    /// A row of these parts.
    package init(
        name: String,
        provider: String,
        contextTokens: Int,
        maximumOutputTokens: Int,
        canUseTools: Bool,
        canSeeImages: Bool,
        cache: CacheKind = .none,
        refuses: Set<ModelParameter> = [],
        created: WallTime = WallTime(millisecondsSince1970: 0),
        ends: WallTime? = nil,
        prices: [DatedPrice]
    ) {
        self.name = name
        self.provider = provider
        self.contextTokens = contextTokens
        self.maximumOutputTokens = maximumOutputTokens
        self.canUseTools = canUseTools
        self.canSeeImages = canSeeImages
        self.cache = cache
        self.refuses = refuses
        self.created = created
        self.ends = ends
        self.prices = prices
    }

    /// A model of an engine of our own, which costs nothing.
    package init(free model: EngineModel) {
        let price = DatedPrice(
            from: WallTime(millisecondsSince1970: .min),
            price: ModelPrice(version: "\(model.name)@free", base: .free)
        )
        self.init(
            name: model.name,
            provider: "local",
            contextTokens: model.contextTokens,
            maximumOutputTokens: model.maximumOutputTokens,
            canUseTools: model.canUseTools,
            canSeeImages: model.canSeeImages,
            created: WallTime(millisecondsSince1970: model.created.multipliedReportingOverflow(by: 1_000).partialValue),
            prices: [price]
        )
    }

    /// What it costs at `time` in `tier`; nil where nobody knows: then it is not asked.
    package func price(at time: WallTime, tier: PriceTier = .standard) -> ModelPrice? {
        prices.first { $0.tier == tier && $0.holds(at: time) }?.price
    }

    /// Whether its provider still answers with it.
    package func isAlive(at time: WallTime) -> Bool { ends.map { time < $0 } ?? true }

    /// As clients are told of it.
    package var description: ModelDescription {
        ModelDescription(
            name: name,
            owner: provider == "local" ? "meshnode" : provider,
            created: created,
            contextTokens: contextTokens,
            maximumOutputTokens: maximumOutputTokens,
            ends: ends
        )
    }
}

/// How a provider keeps prompts ready.
package enum CacheKind: String, Hashable, Sendable {
    /// It does not.
    case none
    /// Where it is told to.
    case explicit
    /// As it sees fit.
    case automatic
}

/// How soon a provider answers, for another price.
package enum PriceTier: String, Hashable, Sendable {
    /// As usual; the only one that is asked for yet.
    case standard
    /// Sooner.
    case priority
    /// Later.
    case flex
    /// Faster.
    case fast
}

/// A parameter that some models refuse, by the word that clients are told.
package enum ModelParameter: String, Hashable, Sendable, CaseIterable {
    /// How daring.
    case temperature
    /// From how large a share.
    case topP = "top_p"
    /// From how many.
    case topK = "top_k"
    /// Less of what was said often.
    case frequencyPenalty = "frequency_penalty"
    /// Less of what was said at all.
    case presencePenalty = "presence_penalty"
    /// How many tokens of thought.
    case thinkingBudget = "thinking_budget"
    /// That a tool must be called.
    case forcedToolChoice = "forced_tool_choice"
    /// The same again.
    case seed
}

/// A price and the time in which it holds.
package struct DatedPrice: Hashable, Sendable {
    /// From then on.
    package var from: WallTime

    /// Until then, which is no longer of it; nil for as long as anybody knows.
    package var until: WallTime?

    /// For answers of this tier.
    package var tier: PriceTier

    /// What it is.
    package var price: ModelPrice

    /// A price that holds from `from` on.
    package init(from: WallTime, until: WallTime? = nil, tier: PriceTier = .standard, price: ModelPrice) {
        self.from = from
        self.until = until
        self.tier = tier
        self.price = price
    }

    /// Whether it holds at `time`.
    package func holds(at time: WallTime) -> Bool { from <= time && until.map { time < $0 } ?? true }

    /// Whether there is a time at which both hold.
    func overlaps(_ other: DatedPrice) -> Bool {
        guard tier == other.tier else { return false }
        return until.map { other.from < $0 } ?? true && other.until.map { from < $0 } ?? true
    }
}
