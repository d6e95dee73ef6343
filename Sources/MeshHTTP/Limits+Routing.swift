package import MeshCore

extension Limits {
    /// Bounds on what stands between the server and its handlers.
    package enum Routing {
        /// Segments of a path that is looked up; a longer one is not found.
        package static let maximumSegments = 32

        /// Bytes of a key that a client presents; a longer one is refused unread.
        package static let maximumCredentialBytes = 512

        /// Requests of one key in any ``window``; one more is refused, and costs nothing.
        package static let maximumRequests = 100

        /// Over how long requests are counted.
        package static let window = Duration.seconds(60)

        /// Keys whose requests are counted at once; while all are in use another one is refused.
        package static let maximumKeys = 10_000

        /// A stream of events that is silent for so long says that it is there.
        package static let heartbeat = Duration.seconds(15)
    }
}
