/// How an edge beats.
package struct HeartbeatConfiguration: Hashable, Sendable {
    /// From one beat to the next; at least ``Limits/Heartbeat/shortestInterval``.
    package var interval = Duration.seconds(30)

    /// The first beat on a tunnel comes within it, at a drawn moment.
    package var firstBeatWithin = Duration.seconds(1)

    /// After how long an acknowledgement is overdue.
    package var acknowledgementPatience = Duration.seconds(10)

    /// After how long a beat whose acknowledgement is overdue counts as lost.
    package var lostAfter = Duration.seconds(60)

    /// How long a beat waits for the vitals; then it is sent without them.
    package var readingPatience = Duration.seconds(7)

    /// The usual one.
    package init() {}
}
