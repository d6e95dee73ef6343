package import MeshCore

extension Limits {
    /// Bounds on what is kept encrypted.
    package enum Vault {
        /// Maps in one folder; a conversation more is refused until others are forgotten or have expired.
        package static let maximumMaps = 20_000

        /// Bytes of one sealed map; a larger file is damaged, and is not read.
        package static let maximumFileBytes = 10 * 1_024 * 1_024

        /// Maps of one lane that wait for the disk; one more fails as the disk would.
        package static let maximumWaiting = 1_024

        /// Conversations whose files are read or written at once, each on a thread that ends when nothing waits.
        package static let lanes = 4

        /// How often what has expired is looked for.
        package static let sweepInterval = Duration.seconds(86_400)

        /// How long the first look waits for somebody to say that this machine's clock is right.
        package static let clockPatience = Duration.seconds(3_600)
    }
}
