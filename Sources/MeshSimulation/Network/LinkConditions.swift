/// How one direction of a link treats what is sent over it.
package struct LinkConditions: Hashable, Sendable {
    /// The shortest way from node to node.
    package var shortestDelay = Duration.microseconds(200)

    /// The longest; each message draws between the two, so that messages overtake each other.
    package var longestDelay = Duration.milliseconds(5)

    /// Out of a thousand messages, how many are lost.
    package var lostPerThousand = 0

    /// Out of a thousand messages, how many are held up for ``clogDelay`` more.
    package var cloggedPerThousand = 0

    /// How long a clogged message is held up.
    package var clogDelay = Duration.seconds(2)

    /// A good link.
    package init() {}
}

/// What a ``SimulatedNetwork`` has carried and lost so far.
package struct NetworkCounts: Hashable, Sendable {
    /// Requests that reached a handler.
    package var requestsDelivered = 0
    /// Of these, requests whose caller had given them up, or had been told that they were lost.
    package var lateRequestsDelivered = 0
    /// Responses that reached their caller.
    package var responsesDelivered = 0
    /// Requests and responses that a link or a partition swallowed.
    package var lost = 0
    /// Requests that were refused before they were sent.
    package var unreachable = 0
    /// Messages that were held up.
    package var clogged = 0
}
