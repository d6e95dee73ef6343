internal import MeshCore

extension Limits {
    /// Bounds on the maps of conversations that an edge has in memory.
    package enum Conversations {
        /// Maps in memory; then the one that was not used for longest is let go, and is read again when it is needed.
        package static let maximumOpen = 64

        /// Bytes of all originals in these; then the same.
        package static let maximumOpenBytes = 32 * 1_024 * 1_024

        /// Requests of one conversation that wait for those before them to be redacted; one more is refused as
        /// overloaded.
        package static let maximumWaiting = 32
    }
}
