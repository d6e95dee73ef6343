package import MeshCore

extension Limits {
    /// Bounds on what operators ask a node.
    package enum Operations {
        /// Checks that `/ready` makes; more are our own mistake and trap.
        package static let maximumChecks = 32

        /// A check that has no answer after so long counts as failed and is cancelled.
        package static let checkTimeout = Duration.seconds(2)

        /// An answer about readiness is given to all who ask for so long; then the next one has the checks made again.
        package static let readinessAge = Duration.seconds(1)

        /// What metrics have to be gathered for is gathered once in so long; whoever asks before is told the same.
        package static let readingAge = Duration.seconds(1)

        /// How long metrics wait for what is being gathered; then they tell what was gathered before.
        package static let readingPatience = Duration.seconds(3)

        /// What was gathered longer ago is told no more, so that what does not come to an end can be seen.
        package static let oldestReading = Duration.seconds(30)
    }
}
