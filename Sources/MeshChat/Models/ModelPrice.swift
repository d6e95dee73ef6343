package import MeshCore

/// What a model's tokens cost, in nano-dollars for a million of them; a row of the table at one time.
package struct ModelPrice: Hashable, Sendable {
    /// Names the row for good, so that a call can be priced again: `claude-sonnet-5-5@2026-10-07`.
    package var version: String

    /// Prices of a prompt of any length that has no band.
    package var base: Rates

    /// From a number of prompt tokens on, other prices for all tokens of the call; nil for none.
    package var long: LongPrompt?

    /// What a million tokens of each kind cost.
    package struct Rates: Hashable, Sendable {
        /// Read.
        package var input: Int64
        /// Said.
        package var output: Int64
        /// Read, and still ready.
        package var cacheRead: Int64
        /// Read, and to be kept ready for minutes.
        package var cacheWrite: Int64
        /// Read, and to be kept ready for an hour.
        package var longCacheWrite: Int64

        /// These rates.
        package init(input: Int64, output: Int64, cacheRead: Int64, cacheWrite: Int64, longCacheWrite: Int64) {
            self.input = input
            self.output = output
            self.cacheRead = cacheRead
            self.cacheWrite = cacheWrite
            self.longCacheWrite = longCacheWrite
        }

        /// Nothing costs anything: a model of our own.
        package static let free = Rates(input: 0, output: 0, cacheRead: 0, cacheWrite: 0, longCacheWrite: 0)
    }

    /// What changes for long prompts.
    package struct LongPrompt: Hashable, Sendable {
        /// A prompt of more tokens than this is long.
        package var aboveTokens: Int
        /// What then holds for every token of the call.
        package var rates: Rates

        /// Prices for prompts of more than `aboveTokens`.
        package init(aboveTokens: Int, rates: Rates) {
            self.aboveTokens = aboveTokens
            self.rates = rates
        }
    }

    /// A price.
    package init(version: String, base: Rates, long: LongPrompt? = nil) {
        self.version = version
        self.base = base
        self.long = long
    }

    /// What `usage` costs; all in integers, rounded once.
    package func cost(of usage: ChatUsage) -> Money {
        Money(rounding: exactCost(of: usage), over: Self.millionths)
    }

    /// By what ``exactCost(of:)`` is divided to be nano-dollars.
    package static let millionths: Int128 = 1_000_000

    /// What `usage` costs in millionths of a nano-dollar, before any rounding.
    package func exactCost(of usage: ChatUsage) -> Int128 {
        let rates = rates(ofPromptTokens: usage.promptTokens)
        let parts: [(Int, Int64)] = [
            (usage.inputTokens, rates.input), (usage.cacheReadTokens, rates.cacheRead),
            (usage.cacheWriteTokens, rates.cacheWrite), (usage.longCacheWriteTokens, rates.longCacheWrite),
            (usage.outputTokens, rates.output),
        ]
        return parts.reduce(0) { $0 + Int128($1.0) * Int128($1.1) }
    }

    /// The rates of a prompt of so many tokens.
    package func rates(ofPromptTokens tokens: Int) -> Rates {
        if let long, tokens > long.aboveTokens { long.rates } else { base }
    }
}
