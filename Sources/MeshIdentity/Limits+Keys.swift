package import MeshCore

extension Limits {
    /// Bounds on API keys.
    package enum Keys {
        /// Keys of a tenant that count at a time; a further one is not made.
        package static let maximumKeys = 1_024

        /// Keys of a tenant that are over and still listed; beyond them the one that ended first is forgotten.
        package static let maximumEndedKeys = 256

        /// Requests in any sliding minute where nobody says how many.
        package static let requestsPerMinute = 100

        /// Requests in any sliding minute that a key may be given; the number is refused where it is typed.
        package static let maximumRequestsPerMinute = 60_000

        /// A key that lives longer is not made; one without an end counts until it is taken back.
        package static let maximumLife = Duration.seconds(3_660 * 86_400)

        /// Keys in one answer of a ring; the asker comes back for more.
        package static let maximumPage = 256

        /// Characters of an edge's own key at least; the edge does not start with one that could be guessed.
        package static let minimumEdgeKeyBytes = 16

        /// Characters of an edge's own key at most; the edge does not start with a longer one.
        package static let maximumEdgeKeyBytes = 256

        /// Scopes of one key in a record; more are refused.
        package static let maximumScopes = 16
    }
}
