package import MeshCore

extension Limits {
    /// Bounds on resumable streams.
    package enum Streams {
        /// Bytes of a name, so that a purpose holds the longest word, a slash and the name; a longer one is refused.
        package static let maximumNameBytes = 55

        /// Attempts in a row by which nothing passes; then a stream is given up.
        package static let attemptsWithoutProgress = 10

        /// The pause before the second of such attempts; it doubles up to ``longestPause``.
        package static let firstPause = Duration.milliseconds(50)

        /// The longest pause between attempts, whatever the other side asks for.
        package static let longestPause = Duration.seconds(5)

        /// Bytes that are read from a source and handed over at a time, which is what may be handed over in vain.
        package static let pieceBytes = 16 * 1_024

        /// Names under which uploads are received at a time; a further one is refused as overloaded.
        package static let maximumUploads = 1_024

        /// Bytes of an answer to `progress`; a longer one is refused.
        package static let maximumProgressBytes = 64
    }
}
