package import MeshCore

extension Limits {
    /// Bounds on `synesis`.
    package enum Commands {
        /// Bytes of a file with authorities; a larger one is refused.
        package static let maximumAuthorityBytes = 1_024 * 1_024

        /// Bytes of a token that is typed or handed on; what is longer is refused.
        package static let maximumTokenBytes = 4_096

        /// Pages of nodes that are fetched for one list; of a hub that has more the rest is left out, and that is said.
        package static let maximumPages = 1_000

        /// Pings of one call; more are refused as a wrong word.
        package static let maximumPings = 1_000

        /// How long a gateway that nobody has named may take to say what it is; then the next place is looked at.
        package static let probeTimeout = Duration.seconds(2)

        /// How long a gateway may take for an answer beyond what the edge is given for its own.
        package static let answerTimeout = Duration.seconds(15)

        /// How long an edge that goes is watched beyond the patience that it has named; then it has not gone.
        package static let drainMargin = Duration.seconds(10)

        /// How often it is looked whether it has gone.
        package static let drainLookInterval = Duration.milliseconds(100)
    }
}
