package import MeshCore

extension Limits {
    /// Bounds on clusters of one machine.
    package enum Cluster {
        /// Edges that get their certificates at the same time; the others wait for their turn.
        package static let enrolmentsAtATime = 8

        /// Starts in a row after which a node that was never ready counts as failed, and is not started again.
        package static let vainStarts = 5

        /// How long after a process could not be started this is tried again; each try counts as a vain start.
        package static let roomPause = Duration.seconds(1)

        /// How long a node that was told to stop may take, unless it says otherwise; then it is killed.
        package static let stopPatience = Duration.seconds(20)

        /// A longer line of a node is cut there.
        package static let lineBytes = 16 * 1_024

        /// Lines that wait for whoever reads standard output; further ones are left out and counted.
        package static let linesWaiting = 65_536

        /// A longer request to a cluster that runs is refused.
        package static let requestBytes = 4 * 1_024

        /// A longer answer of a cluster is not read.
        package static let answerBytes = 4 * 1_024 * 1_024

        /// How long a cluster waits for the rest of a request; then nobody is answered.
        package static let requestPatience = Duration.seconds(5)

        /// What clients of a check see; when there is more, the check ends early and says so.
        package static let historyEvents = 1_000_000
    }
}
