package import MeshCore

extension Limits {
    /// Bounds on what clients and providers write.
    package enum Dialects {
        /// Bytes of one event of a stream; a stream with a longer one is broken off.
        package static let maximumEventBytes = 8 * 1_024 * 1_024

        /// Bytes of a provider's whole answer; a longer one is refused.
        package static let maximumAnswerBytes = 64 * 1_024 * 1_024

        /// Bytes of a provider's refusal that are read; what comes behind them is left.
        package static let maximumRefusalBytes = 65_536

        /// Bytes of a provider's own sentence that are kept; it is cut there.
        package static let maximumSentenceBytes = 1_024

        /// Messages of a request; one with more is refused.
        package static let maximumMessages = 16_384

        /// Parts of a message and of what a tool said; a request with more is refused.
        package static let maximumParts = 1_024

        /// Tools of a request; one with more is refused.
        package static let maximumTools = 512

        /// Texts that end an answer; a request with more is refused.
        package static let maximumStopSequences = 16

        /// Names of what a request says and nobody here understands; further ones are not named.
        package static let maximumDroppedNames = 16

        /// The longest time that a client is told to wait: one of the two SDKs sleeps for as long as it is told, the
        /// other gives up at two minutes.
        package static let longestRetryAfter = Duration.seconds(60)
    }
}
