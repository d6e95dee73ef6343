package import MeshCore

extension Limits {
    /// Bounds on questions for names, and on what is heard of this machine's addresses.
    package enum Names {
        /// Threads that ask at a time: all but one may wait for silent servers and others go on; further ones wait.
        package static let maximumThreads = 4

        /// Questions that wait for a thread; further ones are `unavailable` at once.
        package static let maximumWaiting = 256

        /// How long a caller waits, whatever the servers do; then its question is `unavailable`.
        package static let patience = Duration.seconds(10)

        /// How often each server is asked.
        package static let attempts = 2

        /// How many seconds the first attempt takes; the second takes twice as long.
        package static let attemptSeconds = 2

        /// Bytes of an answer, which is as long as one over TCP may be.
        package static let maximumAnswerBytes = 65_535

        /// Bytes of a name in an answer, lengths included (RFC 1035 §2.3.4); a longer one makes the answer unreadable.
        package static let maximumNameBytes = 255

        /// Pointers of one compressed name; more make the answer unreadable.
        package static let maximumPointers = 32

        /// Aliases that are followed within an answer; more make it unreadable.
        package static let maximumAliases = 8

        /// Addresses of this machine that are remembered; beyond it each message about an address is a change.
        package static let maximumLocalAddresses = 1_024

        /// How long changes of addresses are collected before they are told.
        package static let changesCollected = Duration.milliseconds(100)
    }
}
