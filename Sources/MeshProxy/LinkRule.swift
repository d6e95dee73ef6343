/// What a link does to the datagrams of one direction.
///
/// Shares are out of a thousand. The default is a perfect link.
package struct LinkRule: Hashable, Sendable {
    /// Datagrams that vanish.
    package var lostPerThousand = 0

    /// Datagrams that arrive twice.
    package var duplicatedPerThousand = 0

    /// Datagrams of which one bit is flipped.
    package var corruptedPerThousand = 0

    /// Datagrams that are held for ``reorderingHold`` more, so that later ones overtake them.
    package var reorderedPerThousand = 0

    /// How much longer a reordered datagram takes.
    package var reorderingHold = Duration.milliseconds(10)

    /// How long a datagram takes.
    package var delay = Duration.zero

    /// How far from ``delay`` a datagram's own may lie, in both directions; datagrams overtake each other by it.
    package var jitter = Duration.zero

    /// How much gets through in a second; nil for as much as comes.
    package var bytesPerSecond: Int?

    /// Bytes that wait where ``bytesPerSecond`` is met; what does not fit vanishes.
    package var queueBytes = 256 * 1_024

    /// A perfect link.
    package init() {}
}

/// Which way a datagram goes.
package enum LinkDirection: String, CaseIterable, Hashable, Sendable {
    /// From a client to the server.
    case up

    /// From the server to a client.
    case down
}

/// What became of the datagrams of one direction.
package struct LinkCounts: Hashable, Sendable {
    /// Datagrams that came.
    package var arrived: UInt64 = 0
    /// Datagrams that were sent on, second copies included.
    package var delivered: UInt64 = 0
    /// Bytes that were sent on.
    package var deliveredBytes: UInt64 = 0
    /// Lost by chance.
    package var lost: UInt64 = 0
    /// Lost to a blackhole.
    package var swallowed: UInt64 = 0
    /// Lost because too many bytes or datagrams waited.
    package var overflowed: UInt64 = 0
    /// Sent on twice.
    package var duplicated: UInt64 = 0
    /// Sent on with a flipped bit.
    package var corrupted: UInt64 = 0
    /// Held so that others overtake them.
    package var reordered: UInt64 = 0
}
