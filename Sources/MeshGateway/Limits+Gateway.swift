package import MeshCore

extension Limits {
    /// Bounds on the gateway.
    package enum Gateway {
        /// Bytes of a request's body; a longer one is refused.
        package static let maximumBodyBytes = 16 * 1_024

        /// Commands to edges under way at a time; a further one is refused, with when to come again.
        package static let maximumCommands = 32

        /// When somebody whose command was refused for want of room may come again.
        package static let retryAfter = Duration.seconds(1)

        /// How long an edge may take to answer a ping, where nobody says how long.
        package static let pingTimeout = Duration.seconds(5)

        /// How long an edge may take to get another certificate, where nobody says how long.
        package static let renewTimeout = Duration.seconds(30)

        /// How long an edge may take to say that it goes, where nobody says how long.
        package static let drainTimeout = Duration.seconds(10)

        /// How long the doctor may look; then the question is answered with 504.
        package static let doctorPatience = Duration.seconds(60)
    }
}
