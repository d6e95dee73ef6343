package import MeshCore

extension Limits {
    /// Bounds on what a hub's operators ask of an edge.
    package enum Steward {
        /// Bytes of the words with which an edge says no; longer ones are cut before sending and refused on arrival.
        package static let maximumRefusalBytes = 500

        /// How long an edge that is stopped or drained lets take what is under way; then it ends as it is.
        package static let drainPatience = Duration.seconds(5)
    }
}
