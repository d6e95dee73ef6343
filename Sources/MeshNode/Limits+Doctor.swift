package import MeshCore

extension Limits {
    /// Bounds on how far an edge's clock and its hub's may be apart.
    package enum HubClock {
        /// Beyond it a running edge warns of it: tokens and certificates are made with little more to spare.
        package static let tolerated = Duration.seconds(60)

        /// From here on an edge that starts ends in place of going on, and one that runs is not ready.
        package static let wrong = Duration.seconds(12 * 3_600)
    }
}
