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

        /// Bytes of the address where an account is topped up; a longer one is cut.
        package static let maximumURLBytes = 1_024

        /// Bytes of a project's, a session's or an edge's name in a call's place; a longer one is cut.
        package static let maximumPlaceBytes = 256

        /// Attempts of one call, whatever is configured: more count as this many.
        package static let maximumAttempts = 16

        /// Events of an answer that wait for their reader; then the engine decodes no further.
        package static let maximumEventsAhead = 64

        /// The time in which a key's requests are counted.
        package static let requestWindow = Duration.seconds(60)

        /// Keys whose requests of the last window are in mind; a further one waits until one of them has made none.
        ///
        /// None is forgotten before: it could ask more often than it may.
        package static let maximumLimitedCallers = 4_096

        /// Requests of the last window that are in mind, of all keys together, eight bytes each; beyond them every
        /// limited key has to wait until some are over.
        package static let maximumRememberedRequests = 1_048_576

        /// How long a key waits at least where there is no room to count its requests.
        package static let limiterPause = Duration.seconds(1)

        /// Calls that a desk has under way, those among them whose account is still to be settled; a further one is
        /// `overloaded`.
        ///
        /// So it bounds the queue of settlements too, which therefore never refuses one.
        package static let maximumCalls = 4_096

        /// How long a call waits for models that are being loaded; then it is `unavailable`, with a time to wait.
        package static let modelPatience = Duration.seconds(5)

        /// Attempts to settle one call that the account itself refuses.
        ///
        /// Then it is given up, and said so: a hold ends by itself. An account that cannot be asked is asked until it
        /// can be.
        package static let maximumSettlingAttempts = 6
    }
}
