package import MeshCore

extension Limits {
    /// Bounds on TCP streams.
    ///
    /// How many there may be at a time is their owner's to say: it pauses the listener.
    package enum Streams {
        /// Connections accepted in one turn; then other descriptors have theirs, and the rest comes with the next turn.
        package static let maximumAcceptsPerTurn = 32

        /// Connections that wait in the kernel to be accepted; further ones try again, or the peer gives up.
        package static let maximumWaiting = 4_096

        /// How long a listener waits before it accepts again, once the machine had no descriptor or memory left.
        package static let acceptingAgainAfter = Duration.milliseconds(100)

        /// Bytes that wait unsent in the kernel; then ``StreamSocket/write(_:)`` answers `blocked`.
        ///
        /// Small, so that what is written late is not stuck behind what nobody reads.
        package static let maximumUnsentBytes = 16 * 1_024

        /// How long sent bytes may stay unacknowledged, and a window closed; then the stream has failed.
        package static let unacknowledgedTimeout = Duration.seconds(30)

        /// How long a peer may be silent before the kernel asks whether it is there.
        package static let probeAfter = Duration.seconds(30)

        /// How long the kernel waits for an answer before it asks again.
        package static let probeInterval = Duration.seconds(10)

        /// How often it asks; then the stream has failed.
        package static let probes = 3
    }
}
