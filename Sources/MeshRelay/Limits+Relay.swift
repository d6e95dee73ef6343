package import MeshCore

extension Limits {
    /// Bounds on questions that pass between an edge and its hub.
    package enum Relay {
        /// Answers that a hub gives or keeps at a time; a further question is refused with a time to come again.
        package static let maximumRuns = 4_096

        /// Those of one edge; a further question of it is refused in the same way.
        package static let maximumRunsOfOne = 1_024

        /// When an edge whose question found no room may come again.
        package static let retryAfter = Duration.milliseconds(250)

        /// Bytes by which the originals make an answer longer than the hub has said it; one that grows by more is
        /// broken off, and one that was kept is cut and says so.
        package static let maximumRestoredGrowth = 16 * 1_024 * 1_024

        /// Models of which an edge is told; further ones are left out.
        package static let maximumModels = 1_024

        /// How long an edge takes what its hub has said of its models for true.
        package static let modelsFor = Duration.seconds(5)

        /// How long an edge waits for what its hub says of its models; then what it said before counts.
        package static let modelPatience = Duration.seconds(5)

        /// Edges of which a hub keeps what they asked last, to have it ready for them; beyond them it is forgotten of
        /// the one that asked least recently.
        package static let maximumRecentEdges = 128

        /// Bytes of words of what an edge asked last; of a longer one nothing is kept.
        package static let maximumRecentBytes = 128 * 1_024

        /// Events of one answer that a hub takes down in a row, where they are there already; then others have a turn.
        package static let eventsInARow = 32

        /// How often a hub looks for answers that nobody fetches, and for those that take too long.
        package static let sweepInterval = Duration.seconds(1)

        /// Tenants whose usage is counted; what a further one uses is not.
        package static let maximumTenantsCounted = 1_024

        /// Models whose usage is counted for one tenant; further ones are counted together.
        package static let maximumModelsCounted = 64
    }
}
