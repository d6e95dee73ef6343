package import MeshCore

extension Limits {
    /// Bounds on what a hub remembers of edges that were connected.
    package enum Roster {
        /// Edges that have gone and are remembered; beyond them the one that went first is forgotten.
        package static let maximumGone = 1_024

        /// Edges that are copied at a time for a list of them; further ones are copied after those who wait had a turn.
        package static let sliceLength = 256

        /// Bytes of the words why an edge has gone, which may be its own; longer ones are cut.
        package static let maximumReasonBytes = 200
    }
}
