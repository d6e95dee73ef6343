package import MeshCore

extension Limits {
    /// Bounds on loops and sockets.
    package enum IO {
        /// Events fetched by one wait; the others come with the next turn.
        package static let maximumEventsPerTurn = 256

        /// Jobs run in one turn; the others wait until descriptors and timers have had theirs.
        package static let maximumJobsPerTurn = 1_024

        /// Jobs after which the hooks run within a turn.
        package static let jobsBetweenHooks = 16

        /// Closures left by other threads that wait for a loop; ``EventLoop/execute(_:)`` refuses further ones.
        ///
        /// Jobs of tasks cannot be refused: their number is that of the tasks.
        package static let maximumClosuresWaiting = 262_144

        /// Rounds of jobs that a loop still runs once it was told to stop.
        ///
        /// What is left then runs on a thread of its own, without descriptors and timers.
        package static let maximumRoundsAfterStop = 64

        /// Loops of one group; asking for more throws `tooMany`.
        package static let maximumLoopsInGroup = 256

        /// Datagrams of one train, which is as many as every Linux with segmentation cuts.
        ///
        /// A longer train is our own mistake and traps.
        package static let maximumSegmentsPerTrain = 64

        /// Bytes of one train, or of a datagram that is sent alone; more is our own mistake and traps.
        package static let maximumTrainBytes = 65_507

        /// Bytes that wait in a socket to be sent.
        ///
        /// ``SendQueue/reserve(_:)`` answers nil where a train does not fit, until the socket is unblocked.
        package static let maximumBytesToSend = 1_024 * 1_024

        /// Trains that wait in a socket to be sent; the same answer.
        package static let maximumTrainsToSend = 1_024

        /// Bytes of one message received, which is one joined train.
        package static let receiveRoomBytes = 65_536

        /// Messages fetched by one call.
        package static let messagesPerReceive = 16

        /// Calls that fetch in one turn; then other descriptors have theirs, and the rest comes with the next turn.
        package static let maximumReceivesPerTurn = 4
    }
}
