package import MeshCore

extension Limits {
    /// Bounds on what is searched for personal data, and on what is remembered of it.
    package enum Privacy {
        /// Bytes of one text; longer text is refused, for what is not searched must not leave.
        package static let maximumTextBytes = 16 * 1_024 * 1_024

        /// Documents of JSON inside strings of others; further inside, their text is searched as it stands.
        package static let maximumDocumentDepth = 4

        /// Bytes of a key of JSON that are read to know what its value is.
        package static let maximumLabelBytes = 128

        /// Placeholders of one conversation; then what needs another is refused.
        package static let maximumPlaceholders = 10_000

        /// Bytes of all originals of one conversation; then what needs another placeholder is refused.
        package static let maximumMapBytes = 8 * 1_024 * 1_024

        /// The longest that a map outlives its last use; a longer time counts as this one.
        package static let longestMapLifetime = Duration.seconds(90 * 86_400)

        /// The most by which the last use that is kept of a map may be behind the true one; then it is written again.
        package static let lastUseGrain = Duration.seconds(3_600)

        /// Terms of a user's own; a list of more is refused.
        package static let maximumTerms = 1_000

        /// Bytes of one of them; a longer term is refused.
        package static let maximumTermBytes = 256

        /// Bytes of an answer that are held back because they may be the beginning of a placeholder; what is longer is
        /// none, and is let go.
        package static let maximumHeldBytes = 64
    }
}
