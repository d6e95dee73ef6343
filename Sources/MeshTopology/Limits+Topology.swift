package import MeshCore

extension Limits {
    /// Bounds on descriptions of clusters.
    package enum Topology {
        /// A longer file is refused unread.
        package static let maximumBytes = 256 * 1_024

        /// A description with more nodes is refused.
        package static let maximumNodes = 1_000

        /// A description with more faults is refused.
        package static let maximumFaults = 1_000

        /// No moment, pause or delay of a description is longer; a longer one is refused.
        package static let longestTime = Duration.seconds(86_400)
    }
}
