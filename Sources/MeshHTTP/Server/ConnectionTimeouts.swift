/// How long a client may take for its part of a conversation.
package struct ConnectionTimeouts: Hashable, Sendable {
    /// From the connection to the end of the TLS handshake.
    package var handshake = Duration.seconds(10)

    /// From the first byte of a request to the last of its head; from the connection where no byte comes.
    package var head = Duration.seconds(10)

    /// From an answer to the first byte of the next request.
    package var idle = Duration.seconds(75)

    /// That a handler waits for the next bytes of a body.
    package var bodyStall = Duration.seconds(20)

    /// That a handler waits for a body in all, or a client takes of what waits for it, beside what
    /// ``minimumBytesPerSecond`` allows.
    package var grace = Duration.seconds(30)

    /// How fast a body comes while a handler waits for it, and how fast a client takes what waits.
    package var minimumBytesPerSecond = 512

    /// That bytes wait to be taken, none of which is.
    package var writeStall = Duration.seconds(20)

    /// That the rest of a body which nobody wanted may take, so that the connection can be kept.
    package var drain = Duration.seconds(5)

    /// From the last byte of the last answer to the end: so long the client has to read it before it would be told of
    /// an error.
    package var linger = Duration.seconds(2)

    /// The defaults.
    package init() {}

    /// Bytes of ``Limits`` that go with them.
    func allowance(bytes: UInt64) -> Duration {
        grace + .seconds(Int64(clamping: bytes / UInt64(max(1, minimumBytesPerSecond))))
    }
}
