package import MeshCore

extension Limits {
    /// Bounds on the command that signs certificates in place of an authority's folder.
    package enum IssuerCommand {
        /// How long it may take unless configured otherwise; then it is killed.
        package static let patience = Duration.seconds(30)

        /// Bytes that it may write; with more it is killed.
        package static let maximumOutputBytes = 65_536

        /// Runs of it at a time; a further certificate is not issued, and its device told to try again.
        package static let maximumConcurrent = 8
    }

    /// Bounds on a device's side of enrolment.
    package enum DeviceEnrolment {
        /// Tries of one request while the hub says that it cannot now, or does not answer.
        package static let maximumAttempts = 4

        /// No pause between two of them is longer, whatever the hub says.
        package static let longestPause = Duration.seconds(10)

        /// How long a machine may take to say that nobody has the port that is asked; then it is asked all the same.
        package static let probePatience = Duration.milliseconds(500)

        /// How often a running node looks whether somebody has put another certificate into its folder.
        package static let lookInterval = Duration.seconds(30)
    }

    /// Bounds on reading this machine's vitals.
    package enum MachineVitals {
        /// Bytes that `nvidia-smi` may write; with more it is killed, and its cards are absent.
        package static let maximumOutputBytes = 65_536

        /// How long it may take; then it is killed, and its cards are absent.
        package static let programPatience = Duration.seconds(5)

        /// How long it is left alone after it has failed.
        package static let programRest = Duration.seconds(600)
    }

    /// Bounds on edges.
    package enum Edge {
        /// Links that opened and that nobody has asked for; beyond it they are forgotten, and end by themselves.
        package static let maximumUntakenLinks = 16

        /// Answers that applications leave unread, each as much as a hub keeps of it; beyond them the whole tunnel
        /// waits until one of them reads.
        package static let unreadAnswers = 256
    }

    /// Bounds on the log.
    package enum Logging {
        /// How long a line waits for the reader of standard error; then it is dropped and counted, and no line waits
        /// again until something was read.
        package static let readerPatience = Duration.milliseconds(100)
    }

    /// Bounds on hubs.
    package enum Hub {
        /// Handshakes that a hub takes in a second unless configured otherwise; further edges are told when to come.
        ///
        /// A full one takes about 1.5 ms of the loop; docs/benchmarks.md says what those who work notice of it.
        package static let handshakesPerSecond = 150

        /// Links that have opened and whose keys are not judged yet; further ones are closed, and come again.
        package static let linkChangesWaiting = 16_384

        /// How long a link stays open whose key has ended because a newer one was proved: for what is under way on it.
        package static let endedKeyPatience = Duration.seconds(10)

        /// Nodes whose last renewal is kept in mind; those of further ones are not paced until others' pauses end.
        package static let maximumPacedNodes = 65_536

        /// How often the authority's folder is looked at.
        package static let authorityLookInterval = Duration.seconds(2)

        /// How often the store is asked whether it moves.
        package static let pulseInterval = Duration.seconds(1)

        /// How long its last answer counts; then edges that ask whether the hub lives wait for the next one.
        package static let pulsePatience = Duration.seconds(3)
    }
}
