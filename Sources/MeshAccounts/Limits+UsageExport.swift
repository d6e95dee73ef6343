package import MeshCore

extension Limits {
    /// Bounds on what carries postings into the database of usage.
    package enum UsageExport {
        /// Between two rounds: as long as a posting waits at most where all is well.
        package static let interval = Duration.seconds(1)

        /// How long the next round waits after one that failed, and an account whose journal could not be read.
        package static let retryPause = Duration.seconds(5)

        /// Between two looks at all accounts; they find what nobody has told of, as what an alarm has posted.
        package static let scanInterval = Duration.seconds(30)

        /// Accounts of which it is known that they have something new; where more are named, all are looked at.
        ///
        /// As many are kept beside them whose journals could not be read; the others wait for the look at all.
        package static let maximumNoted = 4_096
    }
}
