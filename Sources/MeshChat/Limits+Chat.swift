package import MeshCore

extension Limits {
    /// Bounds on requests, answers and what is remembered of providers.
    package enum Chat {
        /// Tokens of one count; more count as this many, so that no sum and no price overflows.
        package static let maximumTokens = 1_000_000_000_000

        /// Bytes of one answer's words, thoughts and arguments; an answer that has more is broken off.
        package static let maximumReplyBytes = 64 * 1_024 * 1_024

        /// Parts of one answer; an answer that has more is broken off.
        package static let maximumParts = 4_096

        /// Nano-dollars for a million tokens; a table with a higher price, ten thousand dollars, is refused.
        package static let highestRate: Int64 = 10_000_000_000_000

        /// Attempts of one call, whatever is configured: more count as this many.
        package static let maximumAttempts = 16

        /// Events of an answer that wait for their reader; then the engine decodes no further.
        package static let maximumEventsAhead = 64
    }
}
