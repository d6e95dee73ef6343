internal import MeshCore

/// What a simulated store service does to the nodes that use it.
package struct JournalFaults: Hashable, Sendable {
    /// The shortest time from a call to the store.
    package var shortestDelay = Duration.microseconds(100)

    /// The longest; there and back draw between the two.
    package var longestDelay = Duration.milliseconds(3)

    /// Out of a thousand appends, how many happen although the caller is told that nobody knows.
    package var lostAnswersPerThousand = 0

    /// Out of a thousand calls, how many never reach the store; the caller is told that nobody knows.
    package var lostCallsPerThousand = 0

    /// Out of a thousand appends, how many reach the store only after the caller has given them up.
    package var lateAppendsPerThousand = 0

    /// Out of a thousand appends that happen, how many reach the store once more later, as a proxy may repeat them.
    package var repeatedAppendsPerThousand = 0

    /// How late, at most, those reach the store.
    package var longestLateness = Duration.seconds(10)

    /// A good store.
    package init() {}
}

/// What a simulated store service has done to its callers so far.
package struct JournalCounts: Hashable, Sendable {
    /// Appends that happened.
    package var appends = 0
    /// Appends that happened and whose answer was lost.
    package var lostAnswers = 0
    /// Calls that never arrived.
    package var lostCalls = 0
    /// Appends that arrived after their caller had given up.
    package var lateAppends = 0
    /// Appends that arrived a second time, and were refused.
    package var repeatedAppends = 0
    /// Calls while the service was away.
    package var refusedCalls = 0
}
